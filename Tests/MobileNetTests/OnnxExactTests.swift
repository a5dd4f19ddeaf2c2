import Digest
import MobileNet
import ONNX
import TestSupport
import Testing

/// Exports with the arithmetic of `tl` itself, computed by the letter of ONNX's definitions. onnxruntime is
/// asked by the process tests.
@Suite struct `The exact ONNX form of an int8 classifier` {
  private static let classCount = 3

  private static func random(_ count: Int, _ seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed, purpose: "test numbers")
    return (0..<count).map { _ in Float(random.unit() - 0.5) }
  }

  /// An int8 object of the network, and as many depths of it on a common scale if there are several.
  private static func object(
    _ onnx: OnnxModel, _ preprocess: Preprocess, depths: Int
  ) throws -> [UInt8] {
    let float32 = try Backbone(onnx: onnx.encoded(), preprocess: preprocess, depths: depths)
    let (height, width) = float32.inputSize
    let images = (0..<8).map { noisePixels(height * width * 3, seed: 10 + $0) }
    let object = try QuantizedBackbone.object(quantizing: float32, calibratingOn: images)
    guard depths > 1 else { return object }
    return try StandardizedBackbone.object(
      of: object, try Backbone(object: object), depths: depths, showing: images)
  }

  private static func exported(_ object: [UInt8]) throws -> ExportedClassifier {
    let count = try Backbone(object: object).featureCount
    return try ExportedClassifier(
      object: object, preprocess: nil, weight: random(classCount * count, 1),
      bias: random(classCount, 2))
  }

  /// Expects the graph to give the features of the object to the last bit; where layers follow the pool,
  /// the first of them nearly.
  private static func check(
    _ onnx: OnnxModel, _ preprocess: Preprocess, depths: Int, hasLayersBehindPool: Bool = false,
    _ label: Comment
  ) throws {
    let object = try object(onnx, preprocess, depths: depths)
    let backbone = try Backbone(object: object)
    let exported = try exported(object)
    let (height, width) = exported.inputSize
    for input in ExportedInput.allCases {
      let model = try OnnxModel(decoding: exported.exactOnnx(input: input))
      for seed in 1...2 as ClosedRange<UInt64> {
        let picture = noisePixels(height * width * 3, seed: seed)
        let values = try OnnxByteInterpreter.run(
          model, input: given(picture, height, width, input, preprocess))
        let own = backbone.features(ofPixels: picture)
        let name = depths > 1 ? "features_standardized" : "features1"
        let found = try #require(values[name]?.numbers, label).map { Float($0) }
        let nearCount = hasLayersBehindPool ? backbone.ownFeatureCount : 0
        #expect(found.count == own.count && Set(own).count > 2, label)
        #expect(Array(found[nearCount...]) == Array(own[nearCount...]), label)
        for (a, b) in zip(found, own) { #expect(abs(a - b) <= 1e-3, label) }
        let sum = try #require(values[ExportedClassifier.outputName]).numbers.reduce(0, +)
        #expect(abs(sum - 1) < 1e-5, label)
      }
    }
  }

  /// The model's input for a picture.
  private static func given(
    _ picture: [UInt8], _ height: Int, _ width: Int, _ input: ExportedInput,
    _ preprocess: Preprocess
  ) -> OnnxByteInterpreter.Value {
    let pixels = Interpreter.Value(
      dimensions: [1, height, width, 3], numbers: picture.map(Double.init))
    guard input == .normalized else { return .init(type: .uint8, content: pixels) }
    let normalized = picture.enumerated().map { place, byte in
      let (mean, deviation) = (
        preprocess.meanOfBytes[place % 3], preprocess.deviationOfBytes[place % 3]
      )
      return Double((Float(byte) - Float(mean)) / Float(deviation))
    }
    return .init(
      type: .float32,
      content: Interpreter.Value(dimensions: pixels.dimensions, numbers: normalized)
        .transposed([0, 3, 1, 2]))
  }

  @Test(arguments: ["Clip", "HardSwish", "HardSigmoid", "Sigmoid"], [1, 3])
  func `gives the features of tl bit for bit, whatever the activations`(
    activation: String, depths: Int
  ) throws {
    for (seed, preprocess) in zip(
      [1, 2, 3] as [UInt64], [Preprocess.inception, .imagenet, .unit])
    {
      try Self.check(
        TinyModel.model(seed: seed, activation: activation), preprocess, depths: depths,
        "\(activation), seed \(seed)")
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `gives them with channels side by side, sums on their own and gates`(seed: UInt64) throws {
    let label: Comment = "seed \(seed)"
    try Self.check(try BranchTests.model(seed: seed), .imagenet, depths: 2, label)
    try Self.check(TinyModel.chain(seed: seed), .inception, depths: 1, label)
    try Self.check(`An int8 pass`.summed(seed: seed), .inception, depths: 1, label)
    try Self.check(try `An int8 pass`.excited(seed: seed), .imagenet, depths: 2, label)
  }

  @Test(arguments: ExportStyle.Padding.allCases)
  func `gives them with kernels of 5 and any padding`(padding: ExportStyle.Padding) throws {
    var style = ExportStyle()
    style.padding = padding
    for seed in 1...2 as ClosedRange<UInt64> {
      try Self.check(
        StyledModel.model(style, seed: seed), .inception, depths: 3, hasLayersBehindPool: true,
        "\(padding), seed \(seed)")
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `gives them with more padding than kernels cover`(seed: UInt64) throws {
    try Self.check(
      `Padding as wide as the kernel`.model(seed: seed), .imagenet, depths: 2, "seed \(seed)")
  }

  /// float32 has no place for whole numbers above 2²⁴.
  @Test func `rounds sums that are too large as tl does`() throws {
    var builder = GraphBuilder(random: SplitMix64(seed: 4, purpose: "large sums"))
    let first = builder.node(
      "Conv",
      [
        "input", builder.constant([224, 3, 3, 3], deviation: 0.3),
        builder.constant([224], deviation: 0.2, mean: 2.5),
      ],
      [OnnxAttribute("strides", .ints([2, 2])), OnnxAttribute("pads", .ints([0, 0, 1, 1]))])
    let weights = Self.random(8 * 224 * 25, 9).map {
      $0 < -0.48 ? Float(-0.001) : 0.00095 + 0.0001 * $0
    }
    let second = builder.node(
      "Conv",
      [
        first, builder.tensor([8, 224, 5, 5], .float32(weights)),
        builder.constant([8], deviation: 1),
      ],
      [OnnxAttribute("pads", .ints([2, 2, 2, 2]))])
    let output = builder.node("Flatten", [builder.node("GlobalAveragePool", [second])])
    let model = builder.model(
      input: [.named("n"), .fixed(3), .fixed(16), .fixed(16)], output: output)
    try Self.check(model, .inception, depths: 1, "224 inputs of 5x5")
    let exact = try OnnxModel(
      decoding: Self.exported(try Self.object(model, .inception, depths: 1)).exactOnnx(
        input: .pixels))
    let picture = noisePixels(16 * 16 * 3, seed: 1)
    let values = try OnnxByteInterpreter.run(
      exact, input: Self.given(picture, 16, 16, .pixels, .inception))
    let sums = try #require(values["layer2_sums_of_bytes"]).numbers
    #expect(sums.contains { $0 > 0x1p24 && Double(Float($0)) != $0 })
  }

  @Test func `has whole-number sums for all convolutions on bytes, and nothing of no use`() throws {
    let object = try Self.object(
      TinyModel.model(seed: 1, activation: "HardSwish"), .inception, depths: 1)
    let exported = try Self.exported(object)
    let plain = try OnnxModel(decoding: exported.onnx(input: .pixels))
    let bytes = try exported.exactOnnx(input: .pixels)
    #expect(try exported.exactOnnx(input: .pixels) == bytes)
    let model = try OnnxModel(decoding: bytes)
    let convolutions = plain.nodes.count { $0.opType == "Conv" }
    #expect(convolutions == 10)
    #expect(model.nodes.count { $0.opType == "ConvInteger" } == convolutions)
    #expect(!model.nodes.contains { $0.opType == "Conv" })
    #expect(model.inputs == plain.inputs && model.outputs == plain.outputs)
    let read = Set(model.nodes.flatMap(\.inputs))
    #expect(model.initializers.allSatisfy { read.contains($0.name) }, "a constant is of no use")
  }

  @Test func `of a float32 network is the usual form`() throws {
    let exported = try Self.exported(TinyModel.onnx(seed: 1))
    #expect(try exported.exactOnnx(input: .pixels) == exported.onnx(input: .pixels))
  }
}
