import Digest
import Kernels
import MobileNet
import ONNX
import TestSupport
import Testing

/// Networks with convolutions that are padded by as much as their kernels or more, so that some of their
/// outputs see nothing of the input.
@Suite struct `Padding as wide as the kernel` {
  /// Of the input, of depthwise and of dense layers, with strides, and of what isn't clipped.
  static func model(seed: UInt64) -> OnnxModel {
    var builder = GraphBuilder(random: SplitMix64(seed: seed, purpose: "wide padding"))
    var x = builder.relu(
      builder.convolution("input", 3, 8, kernel: 3, pads: [5, 4, 6, 3], groups: 1))
    x = builder.relu(builder.convolution(x, 8, 8, kernel: 3, pads: [4, 4, 4, 4], groups: 8))
    x = builder.convolution(x, 8, 16, kernel: 1, stride: 2, pads: [1, 2, 1, 1], groups: 1)
    x = builder.relu(builder.convolution(x, 16, 16, kernel: 3, pads: [3, 6, 5, 4], groups: 16))
    // What kernels compute together with the layer after it, were that padded by less.
    x = builder.relu(builder.convolution(x, 16, 32, kernel: 1, groups: 1))
    x = builder.relu(
      builder.convolution(x, 32, 32, kernel: 3, stride: 2, pads: [3, 3, 3, 3], groups: 32))
    x = builder.convolution(x, 32, 12, kernel: 1, pads: [1, 1, 1, 1], groups: 1)
    return builder.pooled(x, height: 32, width: 32)
  }

  /// Rows of so many channels that few are computed at a time, the first of which are padding alone.
  static func inTiles(kernel: Int) -> OnnxModel {
    var builder = GraphBuilder(random: SplitMix64(seed: 3, purpose: "wide padding"))
    let channels = 2_560
    var x = builder.relu(builder.convolution("input", 3, channels, kernel: 1, groups: 1))
    x = builder.relu(
      builder.convolution(
        x, channels, channels, kernel: kernel, pads: [6, 3, 5, 4], groups: channels))
    return builder.pooled(x, height: 12, width: 32)
  }

  private static let networks = ["1", "2", "3", "in tiles, 1x1", "in tiles, 3x3"]

  private static func model(_ name: String) -> OnnxModel {
    switch name {
    case "in tiles, 1x1": inTiles(kernel: 1)
    case "in tiles, 3x3": inTiles(kernel: 3)
    default: model(seed: UInt64(name) ?? 0)
    }
  }

  @Test(arguments: networks)
  func `gives in float32 what ONNX defines, with all kernels`(name: String) throws {
    let model = Self.model(name)
    let (height, width) = try Backbone(onnx: model.encoded()).inputSize
    var random = SplitMix64(seed: 1, purpose: "test pixels")
    let planes = (0..<3 * height * width).map { _ in Float(random.unit() * 2 - 1) }
    let expected = try Interpreter.run(
      model, input: planes.map(Double.init), dimensions: [1, 3, height, width])
    for table in InstructionSet.allCases.compactMap({ KernelTable.forced($0) }) {
      var extractor = FeatureExtractor(try Backbone(onnx: model.encoded(), kernels: table))
      var features = [Float](repeating: .nan, count: expected.count)
      var span = features.mutableSpan
      extractor.features(input: planes.span, into: &span)
      for (a, b) in zip(features, expected) {
        #expect(abs(Double(a) - b) < 1e-4 * max(1, abs(b)), "\(table.instructionSet), \(name)")
      }
    }
  }

  @Test(arguments: networks)
  func `gives in int8 nearly the same, with all kernels the same bits`(name: String) throws {
    let float32 = try Backbone(onnx: Self.model(name).encoded())
    let (height, width) = float32.inputSize
    let plain = [0, 128, 255].map { [UInt8](repeating: $0, count: height * width * 3) }
    let images = (0..<8).map { noisePixels(height * width * 3, seed: $0) }
    let object = try QuantizedBackbone.object(
      quantizing: float32, calibratingOn: images + plain)
    let scalar = try #require(KernelTable.forced(.scalar))
    // A plain picture shows what borders add: they are much of these networks' outputs.
    for picture in [noisePixels(height * width * 3, seed: 60)] + plain {
      let exact = float32.features(ofPixels: picture)
      let expected = try Backbone(object: object, kernels: scalar).features(ofPixels: picture)
      #expect(Set(expected).count > 2)
      for (a, b) in zip(exact, expected) { #expect(abs(a - b) < 0.15, "\(name): \(a), \(b)") }
      for table in InstructionSet.allCases.compactMap({ KernelTable.forced($0) }) {
        let found = try Backbone(object: object, kernels: table).features(ofPixels: picture)
        #expect(
          found.map(\.bitPattern) == expected.map(\.bitPattern), "\(table.instructionSet), \(name)")
      }
    }
  }
}

extension GraphBuilder {
  fileprivate mutating func convolution(
    _ input: String, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1,
    pads: [Int64] = [0, 0, 0, 0], groups: Int
  ) -> String {
    let taps = inputs / groups * kernel * kernel
    return node(
      "Conv",
      [
        input,
        constant(
          [outputs, inputs / groups, kernel, kernel], deviation: (2 / Double(taps)).squareRoot()),
        constant([outputs], deviation: 0.3),
      ],
      [
        OnnxAttribute("group", .int(Int64(groups))), OnnxAttribute("pads", .ints(pads)),
        OnnxAttribute("strides", .ints([Int64(stride), Int64(stride)])),
      ])
  }

  fileprivate mutating func relu(_ x: String) -> String { node("Relu", [x]) }

  /// The model of which an image's averages are the features.
  fileprivate mutating func pooled(_ x: String, height: Int, width: Int) -> OnnxModel {
    let output = node("Flatten", [node("GlobalAveragePool", [x])])
    return model(
      input: [.named("n"), .fixed(3), .fixed(height), .fixed(width)], output: output,
      metadata: [OnnxMetadata(key: "preprocess", value: "inception")])
  }
}
