import Digest
import Kernels
import MobileNet
import TestSupport
import Testing

@Suite struct `A quantized backbone` {
  private static func pixels(seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed, purpose: "test pixels")
    return (0..<32 * 32 * 3).map { _ in UInt8(random.below(256)) }
  }

  private static let flatImages = [0, 128, 255].map { [UInt8](repeating: $0, count: 32 * 32 * 3) }

  private static func object(seed: UInt64, preprocess: Preprocess? = nil) throws -> [UInt8] {
    let backbone = try Backbone(onnx: TinyModel.onnx(seed: seed), preprocess: preprocess)
    return try QuantizedBackbone.object(
      quantizing: backbone, calibratingOn: (0..<8).map { pixels(seed: $0) } + flatImages)
  }

  private static func features(_ backbone: Backbone, _ pixels: [UInt8]) -> [Float] {
    var extractor = FeatureExtractor(backbone)
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    for _ in 0..<2 {
      var span = result.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
    }
    return result
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `gives the same features with all kernels`(seed: UInt64) throws {
    let object = try Self.object(seed: seed)
    let pixels = Self.pixels(seed: 99)
    let tables = InstructionSet.allCases.compactMap { KernelTable.forced($0) }
    let expected = Self.features(
      try Backbone(object: object, kernels: tables[0]), pixels)
    for table in tables {
      let backbone = try Backbone(object: object, kernels: table)
      #expect(backbone.precision == .int8)
      #expect(
        Self.features(backbone, pixels).map(\.bitPattern) == expected.map(\.bitPattern),
        "\(table.instructionSet), seed \(seed)")
    }
  }

  @Test(
    arguments: [1, 2, 3] as [UInt64],
    [.inception, .imagenet, .unit, Preprocess(rawValue: "0.4,0.5,0.6/0.3,0.2,0.25")!])
  func `gives features near those of float32`(seed: UInt64, preprocess: Preprocess) throws {
    let onnx = TinyModel.onnx(seed: seed)
    let quantized = try Backbone(object: Self.object(seed: seed, preprocess: preprocess))
    // The borders of the input layer and its middle have biases of their own: black, grey and
    // white images would show a wrong one.
    let images =
      [Self.pixels(seed: 50)] + [0, 128, 255].map { [UInt8](repeating: $0, count: 3072) }
    for image in images {
      let exact = Self.features(try Backbone(onnx: onnx, preprocess: preprocess), image)
      let rounded = Self.features(quantized, image)
      for (a, b) in zip(exact, rounded) { #expect(abs(a - b) < 0.25, "seed \(seed)") }
    }
  }

  /// Where a depthwise layer reads a linear one, zero is some byte in the middle, and so is padding.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `pads with the byte that stands for zero`(seed: UInt64) throws {
    var model = TinyModel.model(seed: seed)
    for name in ["clip_1", "clip_6"] {
      let clip = try #require(model.nodes.firstIndex { $0.name == name })
      model.nodes[clip].opType = "Identity"
      model.nodes[clip].inputs.removeLast(2)
    }
    let backbone = try Backbone(onnx: model.encoded())
    let object = try QuantizedBackbone.object(
      quantizing: backbone, calibratingOn: (0..<8).map { Self.pixels(seed: $0) } + Self.flatImages)
    let pixels = Self.pixels(seed: 51)
    let exact = Self.features(backbone, pixels)
    for set in InstructionSet.allCases {
      guard let table = KernelTable.forced(set) else { continue }
      let rounded = Self.features(try Backbone(object: object, kernels: table), pixels)
      for (a, b) in zip(exact, rounded) { #expect(abs(a - b) < 0.3, "\(set), seed \(seed)") }
    }
  }

  @Test func `is the same object each time, and names itself by its digest`() throws {
    let object = try Self.object(seed: 4)
    #expect(try Self.object(seed: 4) == object)
    #expect(try Backbone(object: object).digest == ContentDigest.sha256(object))
    #expect(try Backbone(object: object).featureCount == TinyModel.featureCount)
  }

  @Test func `an object is told from an ONNX file by its first bytes`() throws {
    #expect(try Backbone(object: TinyModel.onnx(seed: 1)).precision == .float32)
  }

  @Test func `an object that is cut off anywhere is refused`() throws {
    let object = try Self.object(seed: 5)
    for count in 0..<object.count {
      #expect(throws: MobileNetError.self) { try Backbone(object: Array(object[..<count])) }
    }
  }

  @Test func `an object with a flipped byte is refused or runs, and never traps`() throws {
    let object = try Self.object(seed: 6)
    let pixels = Self.pixels(seed: 1)
    for place in 0..<object.count {
      var damaged = object
      damaged[place] ^= 0x55
      if let backbone = try? Backbone(object: damaged), backbone.inputSize == (32, 32) {
        _ = Self.features(backbone, pixels)
      }
    }
  }

  @Test func `an object for another preprocessing is refused`() throws {
    let object = try Self.object(seed: 7)
    #expect(throws: MobileNetError.self) { try Backbone(object: object, preprocess: .imagenet) }
  }
}
