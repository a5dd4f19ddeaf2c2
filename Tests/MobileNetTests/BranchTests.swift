import Digest
import Kernels
import MobileNet
import ONNX
import TestSupport
import Testing

/// SiLU, channels put side by side, and branches of convolutions that are added up.
@Suite struct `A network with branches` {
  typealias Build = BranchTests

  private static func features(_ backbone: Backbone, _ input: [Float]) -> [Float] {
    var extractor = FeatureExtractor(backbone)
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    var span = result.mutableSpan
    extractor.features(input: input.span, into: &span)
    return result
  }

  private static func input(seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed, purpose: "branch input")
    return (0..<3 * 32 * 32).map { _ in Float(random.unit() * 2 - 1) }
  }

  private static func expectInterpreted(_ model: OnnxModel, seed: UInt64) throws {
    let input = input(seed: seed)
    let expected = try Interpreter.run(
      model, input: input.map(Double.init), dimensions: [1, 3, 32, 32])
    #expect(Set(expected).count > 2)
    for kernels in InstructionSet.allCases.compactMap({ KernelTable.forced($0) }) {
      let given = features(try Backbone(onnx: model.encoded(), kernels: kernels), input)
      #expect(given.count == expected.count)
      for (a, b) in zip(given, expected) {
        #expect(abs(Double(a) - b) < 1e-4, "\(kernels.instructionSet), seed \(seed)")
      }
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `gives what its graph says, with SiLU and channels side by side`(seed: UInt64) throws {
    try Self.expectInterpreted(Build.model(seed: seed), seed: seed)
  }

  @Test(arguments: [1, 2, 3] as [UInt64], [1, 2])
  func `adds convolutions of one tensor to a single one`(seed: UInt64, stride: Int) throws {
    let model = Build.parallel(seed: seed, stride: stride)
    try Self.expectInterpreted(model, seed: seed)
    // The multiply-adds are those of one 3x3 each: dense on the input, dense, and depthwise.
    let side = 32 / stride
    let perPixel = 9 * (3 * 16 + 16 * 16 + 16)
    #expect(try Backbone(onnx: model.encoded()).multiplyAddCount == side * side * perPixel)
  }

  @Test func `refuses what puts pixels side by side`() throws {
    var model = try Build.model(seed: 1)
    let place = try #require(model.nodes.firstIndex { $0.opType == "Concat" })
    model.nodes[place].attributes = [OnnxAttribute("axis", .int(2))]
    let error = #expect(throws: MobileNetError.self) { try Backbone(onnx: model.encoded()) }
    #expect("\(error!)".contains("other things than channels"))
  }

  @Test func `takes a Sigmoid at its end for an ending`() throws {
    var model = TinyModel.model(seed: 1)
    let logits = model.outputs[0].name
    let plain = try Backbone(onnx: model.encoded(), keepClassifier: true)
    model.nodes.append(OnnxNode(opType: "Sigmoid", inputs: [logits], outputs: ["likely"]))
    model.nodes.append(OnnxNode(opType: "ArgMax", inputs: ["likely"], outputs: ["best"]))
    for output in ["likely", "best"] {
      model.outputs[0].name = output
      let ended = try Backbone(onnx: model.encoded(), keepClassifier: true)
      let input = Self.input(seed: 1)
      #expect(Self.features(ended, input) == Self.features(plain, input))
    }
  }
}

/// The graphs of these tests.
enum BranchTests {
  /// The tiny model with SiLU, and the channels of an early image beside those of a later one.
  static func model(seed: UInt64) throws -> OnnxModel {
    var model = TinyModel.model(seed: seed)
    for index in model.nodes.indices.reversed() where model.nodes[index].opType == "Clip" {
      let (x, y) = (model.nodes[index].inputs[0], model.nodes[index].outputs[0])
      model.nodes.replaceSubrange(
        index...index,
        with: [
          OnnxNode(opType: "Sigmoid", inputs: [x], outputs: ["sigmoid of \(x)"]),
          OnnxNode(opType: "Mul", inputs: [x, "sigmoid of \(x)"], outputs: [y]),
        ])
    }
    let pool = try #require(model.nodes.firstIndex { $0.opType == "GlobalAveragePool" })
    let add = try #require(model.nodes.firstIndex { $0.opType == "Add" })
    let (last, block) = (model.nodes[pool].inputs[0], model.nodes[add].outputs[0])
    model.nodes.insert(
      OnnxNode(
        opType: "Concat", inputs: [block, last, block], outputs: ["both"],
        attributes: [OnnxAttribute("axis", .int(1))]), at: pool)
    model.nodes[pool + 1].inputs = ["both"]
    // What the pool gives is the features: the classifier wouldn't fit.
    model.outputs[0].name = model.nodes[pool + 1].outputs[0]
    return model
  }

  /// Branches as MobileOne has them in training: 3x3, 1x1 and a normalization alone, from the input, on
  /// all channels together, and on each.
  static func parallel(seed: UInt64, stride: Int) -> OnnxModel {
    var builder = GraphBuilder(random: SplitMix64(seed: seed, purpose: "parallel branches"))
    func convolution(
      _ x: String, _ inputs: Int, kernel: Int, stride: Int, groups: Int = 1
    ) -> String {
      let weight = builder.constant(
        [16, inputs / groups, kernel, kernel], deviation: 1 / Double(kernel * kernel))
      let pad = Int64(kernel / 2)
      return builder.node(
        "Conv", [x, weight, builder.constant([16], deviation: 0.3)],
        [
          OnnxAttribute("group", .int(Int64(groups))),
          OnnxAttribute("pads", .ints([pad, pad, pad, pad])),
          OnnxAttribute("strides", .ints([Int64(stride), Int64(stride)])),
        ])
    }
    func normalization(_ x: String) -> String {
      builder.node(
        "BatchNormalization",
        [x] + [0.5, 0.2, 0.2].map { builder.constant([16], deviation: $0) }
          + [builder.tensor([16], .float32(Array(repeating: 0.7, count: 16)))], [])
    }
    func sum(_ terms: [String]) -> String {
      builder.node("Relu", [terms.dropFirst().reduce(terms[0]) { builder.node("Add", [$0, $1]) }])
    }
    var x = sum([
      convolution("input", 3, kernel: 1, stride: stride),
      convolution("input", 3, kernel: 3, stride: stride),
    ])
    x = sum([
      normalization(x), convolution(x, 16, kernel: 1, stride: 1),
      convolution(x, 16, kernel: 3, stride: 1), convolution(x, 16, kernel: 3, stride: 1),
    ])
    x = sum([
      normalization(x), convolution(x, 16, kernel: 1, stride: 1, groups: 16),
      convolution(x, 16, kernel: 3, stride: 1, groups: 16),
    ])
    x = builder.node("GlobalAveragePool", [x])
    return builder.model(
      input: [.named("n"), .fixed(3), .fixed(32), .fixed(32)], output: x,
      metadata: [OnnxMetadata(key: "preprocess", value: "inception")])
  }
}
