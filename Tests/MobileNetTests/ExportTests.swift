import Digest
import Kernels
import MobileNet
import ONNX
import TestSupport
import Testing

/// Exported classifiers, read back as what they are: ONNX files. Other programs are asked by the process
/// tests and `Tests/Exports`.
@Suite struct `An exported classifier` {
  private static let classCount = 3

  private static func pixels(seed: UInt64) -> [UInt8] { noisePixels(32 * 32 * 3, seed: seed) }

  private static func weights(_ count: Int) -> [Float] {
    var random = SplitMix64(seed: 5, purpose: "test head")
    return (0..<count).map { _ in Float(random.unit() - 0.5) }
  }

  private static func onnx(_ activation: String, seed: UInt64) -> [UInt8] {
    TinyModel.model(seed: seed, activation: activation).encoded()
  }

  /// Holds the exported file's logits against the head's on the object's own features.
  private static func check(
    _ object: [UInt8], _ input: ExportedInput, within tolerance: Float, _ label: Comment
  ) throws {
    let backbone = try Backbone(object: object, preprocess: .imagenet)
    let weight = weights(classCount * backbone.featureCount)
    let bias = weights(classCount)
    let exported = try ExportedClassifier(
      object: object, preprocess: .imagenet, weight: weight, bias: bias)
    let read = try Backbone(
      onnx: exported.onnx(input: input), keepClassifier: true,
      preprocess: input == .normalized ? .imagenet : nil)
    for seed in 1...3 as ClosedRange<UInt64> {
      let picture = pixels(seed: seed)
      let features = backbone.features(ofPixels: picture)
      let logits = read.features(ofPixels: picture)
      try #require(logits.count == classCount)
      for (index, logit) in logits.enumerated() {
        let row = weight[index * features.count..<(index + 1) * features.count]
        let expected = zip(row, features).reduce(bias[index]) { $0 + $1.0 * $1.1 }
        #expect(abs(logit - expected) < tolerance, label)
      }
    }
  }

  @Test(arguments: ["Clip", "HardSwish", "HardSigmoid"], ExportedInput.allCases)
  func `gives in float32 what the head gives`(activation: String, input: ExportedInput) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      try Self.check(
        Self.onnx(activation, seed: seed), input, within: 1e-4, "\(activation), seed \(seed)")
    }
  }

  private static func int8(_ activation: String, seed: UInt64) throws -> [UInt8] {
    try QuantizedBackbone.object(
      quantizing: try Backbone(onnx: onnx(activation, seed: seed), preprocess: .imagenet),
      calibratingOn: (0..<8).map { pixels(seed: $0) })
  }

  @Test(arguments: ExportedInput.allCases)
  func `gives in int8 nearly what the head gives`(input: ExportedInput) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      // Reading drops the rounding to bytes.
      try Self.check(Self.int8("Clip", seed: seed), input, within: 0.6, "seed \(seed)")
    }
  }

  @Test func `has the tables of activations on bytes`() throws {
    let object = try Self.int8("HardSwish", seed: 1)
    let backbone = try Backbone(object: object)
    let exported = try ExportedClassifier(
      object: object, preprocess: nil,
      weight: Self.weights(Self.classCount * backbone.featureCount),
      bias: Self.weights(Self.classCount))
    let model = try OnnxModel(decoding: exported.onnx(input: .pixels))
    let activations = TinyModel.model(seed: 1).nodes.count { $0.opType == "Clip" }
    let tables = model.initializers.filter { $0.name.hasSuffix("_table") }
    #expect(model.nodes.count { $0.opType == "Gather" } == activations)
    #expect(tables.count == activations && tables.allSatisfy { $0.dimensions == [256] })
  }

  @Test func `says what goes in and what comes out`() throws {
    let object = TinyModel.onnx(seed: 1)
    var exported = try ExportedClassifier(
      object: object, preprocess: nil,
      weight: Self.weights(Self.classCount * TinyModel.featureCount),
      bias: Self.weights(Self.classCount))
    exported.metadata = [("labels", "a\nb\nc\n")]
    let pixels = try OnnxModel(decoding: exported.onnx(input: .pixels))
    #expect(pixels.metadata("labels") == "a\nb\nc\n")
    #expect(pixels.inputs.map(\.name) == ["pixels"])
    #expect(pixels.inputs[0].elementType == .uint8)
    #expect(
      pixels.inputs[0].dimensions == [.named("N"), .fixed(32), .fixed(32), .fixed(3)])
    #expect(pixels.outputs.map(\.name) == [ExportedClassifier.outputName])
    #expect(pixels.outputs[0].dimensions == [.named("N"), .fixed(3)])
    let normalized = try OnnxModel(decoding: exported.onnx(input: .normalized))
    #expect(
      normalized.inputs[0].dimensions == [.named("N"), .fixed(3), .fixed(32), .fixed(32)])
    for model in [pixels, normalized] {
      let read = Set(model.nodes.flatMap(\.inputs))
      #expect(model.initializers.allSatisfy { read.contains($0.name) }, "a constant is of no use")
    }
  }

  @Test func `has a head that fits its backbone`() {
    #expect(throws: MobileNetError.self) {
      try ExportedClassifier(
        object: TinyModel.onnx(seed: 1), preprocess: nil, weight: [1, 2, 3], bias: [1])
    }
  }
}
