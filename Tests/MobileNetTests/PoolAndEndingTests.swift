import Digest
import MobileNet
import ONNX
import TestSupport
import Testing

/// The tiny model with other nodes between its last convolution and its output.
@Suite struct `Between the last convolution and the output` {
  /// The pixels that the last convolution gives, each way.
  private static let side = 8

  private func logits(_ model: OnnxModel, _ input: [Float]) throws -> [Float] {
    let backbone = try Backbone(onnx: model.encoded(), keepClassifier: true)
    var extractor = FeatureExtractor(backbone)
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    var span = result.mutableSpan
    extractor.features(input: input.span, into: &span)
    return result
  }

  private let input: [Float] = {
    var random = SplitMix64(seed: 11, purpose: "test pixels")
    return (0..<3 * TinyModel.inputSize * TinyModel.inputSize).map { _ in
      Float(random.unit() * 2 - 1)
    }
  }()

  /// Puts an AveragePool before the global one.
  private func pooling(_ attributes: [OnnxAttribute]) throws -> OnnxModel {
    var model = TinyModel.model(seed: 8)
    let place = try #require(model.nodes.firstIndex { $0.opType == "GlobalAveragePool" })
    model.nodes.insert(
      OnnxNode(
        opType: "AveragePool", inputs: model.nodes[place].inputs, outputs: ["means"],
        attributes: attributes), at: place)
    model.nodes[place + 1].inputs = ["means"]
    return model
  }

  private static func window(
    _ kernel: Int64, stride: Int64 = 1, _ more: OnnxAttribute...
  ) -> [OnnxAttribute] {
    [
      OnnxAttribute("kernel_shape", .ints([kernel, kernel])),
      OnnxAttribute("strides", .ints([stride, stride])),
    ] + more
  }

  private static let readable: [[OnnxAttribute]] = [
    window(2, stride: 2),
    window(2, stride: 2, OnnxAttribute("ceil_mode", .int(1))),
    window(3, OnnxAttribute("auto_pad", .string("VALID"))),
    window(
      3, stride: 2, OnnxAttribute("auto_pad", .string("SAME_UPPER")),
      OnnxAttribute("count_include_pad", .int(1))),
    window(Int64(side)),
  ]

  @Test func `an average pool gives what its definition says`() throws {
    for attributes in Self.readable {
      let model = try pooling(attributes)
      let side = TinyModel.inputSize
      let expected = try Interpreter.run(
        model, input: input.map(Double.init), dimensions: [1, 3, side, side])
      for (a, b) in zip(try logits(model, input), expected) {
        #expect(abs(Double(a) - b) < 1e-4 * max(1, abs(b)), "\(attributes)")
      }
    }
  }

  private static let refused: [[OnnxAttribute]] = [
    window(Int64(side), OnnxAttribute("auto_pad", .string("SAME_UPPER"))),
    window(7, OnnxAttribute("auto_pad", .string("SAME_UPPER"))),
    window(3, stride: 2, OnnxAttribute("ceil_mode", .int(1))),
    window(3, OnnxAttribute("pads", .ints([1, 1, 1, 1]))),
  ]

  @Test func `an average pool whose borders count fewer pixels is refused`() throws {
    for attributes in Self.refused {
      let model = try pooling(attributes)
      #expect(throws: MobileNetError.self, "\(attributes)") {
        try Backbone(onnx: model.encoded())
      }
    }
  }

  @Test func `endings of every kind leave the logits as they are`() throws {
    let plain = TinyModel.model(seed: 8)
    let output = plain.outputs[0].name
    let endings: [[OnnxNode]] = [
      [OnnxNode(opType: "Softmax", inputs: [output], outputs: ["end"])],
      [OnnxNode(opType: "LogSoftmax", inputs: [output], outputs: ["end"])],
      [OnnxNode(opType: "Sigmoid", inputs: [output], outputs: ["end"])],
      [
        OnnxNode(opType: "Softmax", inputs: [output], outputs: ["p"]),
        OnnxNode(opType: "ArgMax", inputs: ["p"], outputs: ["end"]),
      ],
      [OnnxNode(opType: "TopK", inputs: [output, "five"], outputs: ["values", "end"])],
      [
        OnnxNode(opType: "ReduceL2", inputs: [output], outputs: ["length"]),
        OnnxNode(opType: "Clip", inputs: ["length", "zero"], outputs: ["bounded"]),
        OnnxNode(opType: "Div", inputs: [output, "bounded"], outputs: ["end"]),
      ],
    ]
    let expected = try logits(plain, input)
    for nodes in endings {
      var model = plain
      model.nodes += nodes
      model.initializers.append(
        OnnxTensor(name: "five", dimensions: [1], elements: .int64([5])))
      model.outputs[0].name = "end"
      #expect(try logits(model, input) == expected, "\(nodes.map(\.opType))")
    }
  }

  @Test func `a Softmax in the middle is refused`() throws {
    var model = TinyModel.model(seed: 8)
    let place = try #require(model.nodes.firstIndex { $0.opType == "Gemm" })
    model.nodes.insert(
      OnnxNode(opType: "Softmax", inputs: [model.nodes[place].inputs[0]], outputs: ["middle"]),
      at: place)
    model.nodes[place + 1].inputs[0] = "middle"
    #expect {
      try Backbone(onnx: model.encoded())
    } throws: { "\($0)".contains("should end the graph") }
  }

  @Test func `nodes may come in any order, and rings are refused`() throws {
    let plain = TinyModel.model(seed: 9)
    var shuffled = plain
    shuffled.nodes.reverse()
    #expect(try logits(shuffled, input) == logits(plain, input))
    shuffled.nodes[3].inputs[0] = shuffled.nodes[1].outputs[0]
    #expect {
      try Backbone(onnx: shuffled.encoded())
    } throws: { "\($0)".contains("depends on itself") }
  }

  @Test func `an export in training mode is refused by that name`() throws {
    let plain = TinyModel.model(seed: 9)
    var dropping = plain
    dropping.initializers += [
      OnnxTensor(name: "ratio", dimensions: [], elements: .float32([0.2])),
      OnnxTensor(name: "training", dimensions: [], elements: .bool([true])),
    ]
    let place = try #require(plain.nodes.firstIndex { $0.opType == "Gemm" })
    dropping.nodes.insert(
      OnnxNode(
        opType: "Dropout", inputs: [plain.nodes[place].inputs[0], "ratio", "training"],
        outputs: ["dropped", "mask"]), at: place)
    dropping.nodes[place + 1].inputs[0] = "dropped"
    #expect {
      try Backbone(onnx: dropping.encoded())
    } throws: { "\($0)".contains("in training mode") && "\($0)".contains("model.eval()") }
  }
}
