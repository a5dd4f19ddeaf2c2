import Digest
import MobileNet
import TestSupport
import Testing

/// Classifiers exported for TensorFlow Lite, computed plainly from the files' bytes. LiteRT itself is
/// asked by the process tests.
@Suite struct `A classifier exported for TensorFlow Lite` {
  private static let classCount = 3

  private static func random(_ count: Int, _ seed: UInt64, _ range: ClosedRange<Double>) -> [Float]
  {
    var random = SplitMix64(seed: seed, purpose: "test numbers")
    let width = range.upperBound - range.lowerBound
    return (0..<count).map { _ in Float(range.lowerBound + width * random.unit()) }
  }

  private static func pixels(_ count: Int, seed: UInt64) -> [UInt8] {
    random(count, seed, 0...255.99).map { UInt8($0) }
  }

  /// Softmax of the head's logits.
  private static func probabilities(
    _ features: [Float], _ weight: [Float], _ bias: [Float]
  ) -> [Double] {
    let logits = bias.indices.map { row in
      zip(weight[row * features.count..<(row + 1) * features.count], features)
        .reduce(Double(bias[row])) { $0 + Double($1.0) * Double($1.1) }
    }
    // e^x by its series, halved until it converges.
    let powers = logits.map { logit -> Double in
      var (term, sum) = (1.0, 1.0)
      for n in 1...12 {
        term *= logit / 1024 / Double(n)
        sum += term
      }
      for _ in 0..<10 { sum *= sum }
      return sum
    }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }

  /// Holds the file's outputs against the head and the directions on the object's own features.
  private static func check(
    _ object: [UInt8], _ preprocess: Preprocess, _ input: ExportedInput, within tolerance: Double,
    _ label: Comment
  ) throws {
    let backbone = try Backbone(object: object, preprocess: preprocess)
    let weight = random(classCount * backbone.featureCount, 1, -0.3...0.3)
    let bias = random(classCount, 2, -0.5...0.5)
    let own = backbone.ownFeatureCount
    let direction = random(own, 3, 0...1)
    let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let exported = try ExportedClassifier(
      object: object, preprocess: preprocess, weight: weight, bias: bias,
      directions: [direction.map { $0 / length }, Array(repeating: 0, count: own)])
    let bytes = try exported.tflite(input: input)
    #expect(try exported.tflite(input: input) == bytes, label)
    let (height, width) = exported.inputSize
    for seed in 1...2 as ClosedRange<UInt64> {
      let picture = pixels(height * width * 3, seed: seed)
      let given = picture.enumerated().map { place, byte in
        let (mean, deviation) = (
          preprocess.meanOfBytes[place % 3], preprocess.deviationOfBytes[place % 3]
        )
        return input == .pixels ? Double(byte) : (Double(byte) - mean) / deviation
      }
      let outputs = try TFLiteInterpreter.run(bytes, input: given)
      let features = backbone.features(ofPixels: picture)
      let found = try #require(outputs[ExportedClassifier.outputName])
      let expected = probabilities(features, weight, bias)
      #expect(found.count == classCount, label)
      for (a, b) in zip(found, expected) { #expect(abs(a - b) < tolerance, label) }
      let plain = backbone.ownFeatures(features)
      let size = plain.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let likeness = zip(plain, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      let answer = try #require(outputs[ExportedClassifier.likenessName]?.first)
      #expect(abs(answer - likeness / size / Double(length)) < tolerance, label)
    }
  }

  private static func onnx(_ name: String, seed: UInt64) -> [UInt8] {
    switch name {
    case "squeeze, symmetric": StyledModel.model(ExportStyle(), seed: seed).encoded()
    case "squeeze, at the end":
      StyledModel.model(styled { $0.padding = .atTheEnd }, seed: seed).encoded()
    case "padded widely": `Padding as wide as the kernel`.model(seed: seed).encoded()
    default: TinyModel.model(seed: seed, activation: name).encoded()
    }
  }

  private static func styled(_ change: (inout ExportStyle) -> Void) -> ExportStyle {
    var style = ExportStyle()
    change(&style)
    return style
  }

  private static let networks = [
    "Clip", "HardSwish", "HardSigmoid", "Sigmoid", "squeeze, symmetric", "squeeze, at the end",
    "padded widely",
  ]

  private static func int8(_ onnx: [UInt8], _ preprocess: Preprocess, depths: Int) throws -> [UInt8]
  {
    let backbone = try Backbone(onnx: onnx, preprocess: preprocess, depths: depths)
    return try QuantizedBackbone.object(
      quantizing: backbone, calibratingOn: images(backbone))
  }

  private static func images(_ backbone: Backbone) -> [[UInt8]] {
    let (height, width) = backbone.inputSize
    return (0..<8).map { pixels(height * width * 3, seed: 10 + $0) }
  }

  @Test(arguments: networks, ExportedInput.allCases)
  func `gives in float32 what the head gives`(network: String, input: ExportedInput) throws {
    for seed in 1...2 as ClosedRange<UInt64> {
      try Self.check(
        Self.onnx(network, seed: seed), .inception, input, within: 1e-4, "\(network), seed \(seed)")
    }
  }

  @Test(arguments: networks, ["inception", "imagenet", "unit"])
  func `gives in int8 what the head gives, but for rounding`(
    network: String, preprocess: String
  ) throws {
    let preprocess = try #require(Preprocess(rawValue: preprocess))
    for seed in 1...2 as ClosedRange<UInt64> {
      let object = try Self.int8(Self.onnx(network, seed: seed), preprocess, depths: 1)
      for input in ExportedInput.allCases {
        try Self.check(object, preprocess, input, within: 0.02, "\(network), seed \(seed)")
      }
    }
  }

  @Test(arguments: [false, true])
  func `has the averages of several layers on their common scale`(isInt8: Bool) throws {
    let onnx = Self.onnx("Clip", seed: 3)
    let backbone = try Backbone(onnx: onnx, preprocess: .imagenet, depths: 3)
    let images = Self.images(backbone)
    let inner = isInt8 ? try Self.int8(onnx, .imagenet, depths: 3) : onnx
    let object = try StandardizedBackbone.object(
      of: inner, isInt8 ? try Backbone(object: inner) : backbone, depths: 3, showing: images)
    try Self.check(
      object, .imagenet, .pixels, within: isInt8 ? 0.08 : 1e-3, isInt8 ? "int8" : "float32")
  }

  @Test func `computes in int8 with a scale for each output channel`() throws {
    let object = try Self.int8(Self.onnx("Clip", seed: 1), .inception, depths: 1)
    let backbone = try Backbone(object: object)
    let exported = try ExportedClassifier(
      object: object, preprocess: nil,
      weight: Self.random(Self.classCount * backbone.featureCount, 1, -1...1),
      bias: Self.random(Self.classCount, 2, -1...1))
    let file = try TFLiteFile(try exported.tflite(input: .pixels))
    #expect(file.signature.keys.sorted() == ["pixels", "probabilities"])
    let convolutions = file.nodes.filter { $0.code == 3 || $0.code == 4 }
    #expect(convolutions.count == 10)
    for node in convolutions {
      let tensors = node.inputs.map { file.tensors[$0] }
      #expect(tensors.map(\.type) == [9, 9, 2])
      #expect(file.tensors[node.outputs[0]].type == 9)
      let (weight, bias) = (tensors[1], tensors[2])
      #expect(weight.quantizedDimension == (node.code == 3 ? 0 : 3))
      #expect(weight.scales.count == weight.dimensions[weight.quantizedDimension])
      #expect(weight.zeros.allSatisfy { $0 == 0 })
      #expect(weight.stored.allSatisfy { (-127...127).contains($0) })
      #expect(zip(bias.scales, weight.scales).allSatisfy { $0 == $1 * tensors[0].scales[0] })
    }
    // Every constant is of use.
    let read = Set(file.nodes.flatMap(\.inputs))
    #expect(file.tensors.indices.allSatisfy { file.tensors[$0].data == nil || read.contains($0) })
  }
}
