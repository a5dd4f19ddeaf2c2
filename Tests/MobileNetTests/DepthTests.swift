import Digest
import Kernels
import MobileNet
import ONNX
import TestSupport
import Testing

@Suite struct `Features of several depths` {
  private static func pixels(seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed, purpose: "test pixels")
    return (0..<32 * 32 * 3).map { _ in UInt8(random.below(256)) }
  }

  private static let images = (0..<12).map { pixels(seed: $0) }

  private static func features(_ backbone: Backbone, _ pixels: [UInt8]) -> [Float] {
    var extractor = FeatureExtractor(backbone)
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    for _ in 0..<2 {
      var span = result.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
    }
    return result
  }

  /// The model up to one of its depthwise layers, counted from the last, and the average of what that
  /// gives.
  private static func model(seed: UInt64, cutAtDepthwise fromLast: Int) throws -> OnnxModel {
    var model = TinyModel.model(seed: seed)
    let depthwise = model.nodes.indices.filter { index in
      model.nodes[index].attributes.contains { attribute in
        if attribute.name == "group", case .int(let groups) = attribute.value {
          groups > 1
        } else {
          false
        }
      }
    }
    // Its activation is the next node.
    let last = depthwise[depthwise.count - fromLast] + 1
    let average = OnnxNode(
      name: "average", opType: "GlobalAveragePool", inputs: [model.nodes[last].outputs[0]],
      outputs: ["average"])
    let flat = OnnxNode(name: "flat", opType: "Flatten", inputs: ["average"], outputs: ["flat"])
    model.nodes = model.nodes[...last] + [average, flat]
    model.outputs[0].name = "flat"
    return model
  }

  @Test(arguments: 1...4)
  func `are the network's own and the averages of its last depthwise layers`(seed: Int) throws {
    let seed = UInt64(seed)
    let onnx = TinyModel.onnx(seed: seed)
    let pixels = Self.pixels(seed: 70)
    for kernels in InstructionSet.allCases.compactMap({ KernelTable.forced($0) }) {
      let deep = Self.features(try Backbone(onnx: onnx, depths: 3, kernels: kernels), pixels)
      var expected = Self.features(try Backbone(onnx: onnx, kernels: kernels), pixels)
      for fromLast in [2, 1] {
        let cut = try Self.model(seed: seed, cutAtDepthwise: fromLast)
        expected += Self.features(try Backbone(onnx: cut.encoded(), kernels: kernels), pixels)
      }
      #expect(deep.map(\.bitPattern) == expected.map(\.bitPattern), "\(kernels.instructionSet)")
    }
  }

  @Test func `are no more than the network has`() throws {
    let onnx = TinyModel.onnx(seed: 1)
    let all = try Backbone(onnx: onnx, depths: 4)
    #expect(all.featureCount == TinyModel.featureCount + 8 + 24 + 24)
    #expect(try Backbone(onnx: onnx, depths: 64).featureCount == all.featureCount)
  }

  private static func object(
    seed: UInt64, _ precision: Precision, depths: Int = 3, threads: Int = 1
  ) throws -> [UInt8] {
    let onnx = TinyModel.onnx(seed: seed)
    var (object, backbone) = (onnx, try Backbone(onnx: onnx, depths: depths))
    if precision == .int8 {
      object = try QuantizedBackbone.object(
        quantizing: backbone, calibratingOn: images, threads: threads)
      backbone = try Backbone(object: object)
    }
    return try StandardizedBackbone.object(
      of: object, backbone, depths: depths, showing: images, threads: threads)
  }

  @Test(arguments: Precision.allCases)
  func `are the same with all kernels`(precision: Precision) throws {
    let object = try Self.object(seed: 2, precision)
    #expect(try Self.object(seed: 2, precision, threads: 3) == object)
    let pixels = Self.pixels(seed: 71)
    let tables = InstructionSet.allCases.compactMap { KernelTable.forced($0) }
    let expected = Self.features(try Backbone(object: object, kernels: tables[0]), pixels)
    for table in tables {
      let backbone = try Backbone(object: object, kernels: table)
      #expect(backbone.precision == precision && backbone.digest == .sha256(object))
      #expect(
        Self.features(backbone, pixels).map(\.bitPattern) == expected.map(\.bitPattern),
        "\(table.instructionSet)")
    }
  }

  @Test func `in int8 are near those of float32`() throws {
    let onnx = TinyModel.onnx(seed: 3)
    let float32 = try Backbone(onnx: onnx, depths: 4)
    let int8 = try Backbone(
      object: QuantizedBackbone.object(quantizing: float32, calibratingOn: Self.images))
    #expect(int8.featureCount == float32.featureCount)
    for image in Self.images {
      for (a, b) in zip(Self.features(float32, image), Self.features(int8, image)) {
        #expect(abs(a - b) < 0.25)
      }
    }
  }

  @Test(arguments: Precision.allCases)
  func `come from an object that is refused where it is cut off`(precision: Precision) throws {
    let object = try Self.object(seed: 4, precision)
    for count in 0..<min(object.count, 700) {
      #expect(throws: MobileNetError.self) { try Backbone(object: Array(object[..<count])) }
    }
  }

  @Test(arguments: Precision.allCases)
  func `come from an object with a flipped byte or don't, and never trap`(
    precision: Precision
  ) throws {
    let object = try Self.object(seed: 5, precision)
    let pixels = Self.pixels(seed: 1)
    for place in 0..<min(object.count, 900) {
      var damaged = object
      damaged[place] ^= 0x55
      if let backbone = try? Backbone(object: damaged), backbone.inputSize == (32, 32) {
        _ = Self.features(backbone, pixels)
      }
    }
  }

  @Test func `come from an object of the first version as well, and from none of a later one`()
    throws
  {
    var object = try Self.object(seed: 7, .float32)
    // The version follows the magic number.
    #expect(object[8] == UInt8(StandardizedBackbone.version))
    object[8] = 1
    let features = Self.features(try Backbone(object: object), Self.pixels(seed: 3))
    #expect(features.allSatisfy { $0.isFinite })
    object[8] = UInt8(StandardizedBackbone.version) + 1
    #expect(throws: MobileNetError.self) { try Backbone(object: object) }
  }

  @Test func `that never change stay finite`() throws {
    let onnx = TinyModel.onnx(seed: 6)
    let backbone = try Backbone(onnx: onnx, depths: 3)
    let same = [[UInt8]](repeating: Self.pixels(seed: 9), count: 4)
    let object = try StandardizedBackbone.object(of: onnx, backbone, depths: 3, showing: same)
    let features = Self.features(try Backbone(object: object), Self.pixels(seed: 10))
    #expect(features.allSatisfy { $0.isFinite })
  }
}
