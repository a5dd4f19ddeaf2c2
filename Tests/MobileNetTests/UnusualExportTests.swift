import Digest
import MobileNet
import ONNX
import TestSupport
import Testing

/// Files that say the same as the tiny model in another way.
@Suite struct `A file is read as what it means, though` {
  private func features(_ model: OnnxModel) throws -> [Float] {
    let backbone = try Backbone(onnx: model.encoded())
    var extractor = FeatureExtractor(backbone)
    var random = SplitMix64(seed: 12, purpose: "test pixels")
    let input = (0..<3 * TinyModel.inputSize * TinyModel.inputSize).map { _ in
      Float(random.unit() * 2 - 1)
    }
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    var span = result.mutableSpan
    extractor.features(input: input.span, into: &span)
    return result
  }

  /// The model up to the node of an operator; what that gives is the output.
  private func cut(_ model: OnnxModel, after operation: String) throws -> OnnxModel {
    let place = try #require(model.nodes.firstIndex { $0.opType == operation })
    var model = model
    model.nodes.removeSubrange((place + 1)...)
    model.outputs[0].name = model.nodes[place].outputs[0]
    return model
  }

  @Test func `it has no classifier and ends with its pool`() throws {
    let plain = TinyModel.model(seed: 21)
    let headless = try cut(plain, after: "GlobalAveragePool")
    #expect(try features(headless) == features(plain))
    #expect {
      try Backbone(onnx: headless.encoded(), keepClassifier: true)
    } throws: { "\($0)".contains("no classifier of its own") }
  }

  @Test func `it ends with an image of features, of which the mean is taken`() throws {
    let plain = TinyModel.model(seed: 21)
    var headless = try cut(plain, after: "GlobalAveragePool")
    let pool = headless.nodes.removeLast()
    headless.outputs[0].name = pool.inputs[0]
    #expect(try features(headless) == features(plain))
  }

  @Test func `its head has a hidden layer`() throws {
    var model = TinyModel.model(seed: 22)
    let place = try #require(model.nodes.firstIndex { $0.opType == "Gemm" })
    let (hidden, width) = (model.nodes[place].outputs[0], TinyModel.classCount)
    model.nodes += [
      OnnxNode(opType: "Relu", inputs: [hidden], outputs: ["bent"]),
      OnnxNode(opType: "MatMul", inputs: ["bent", "last"], outputs: ["logits"]),
    ]
    model.initializers.append(
      OnnxTensor(
        name: "last", dimensions: [width, 2],
        elements: .float32((0..<2 * width).map { Float($0) - 9 })))
    model.outputs[0].name = "logits"
    let result = try features(model)
    #expect(result.count == width && result.allSatisfy { $0 >= 0 } && result.contains { $0 > 0 })
  }

  @Test(arguments: ["Gather", "Slice"])
  func `it turns the channels of its input round`(operation: String) throws {
    let plain = TinyModel.model(seed: 23)
    var flipped = plain
    let weight = plain.nodes[0].inputs[1]
    let index = try #require(plain.initializers.firstIndex { $0.name == weight })
    let old = plain.initializers[index]
    let values = try #require(old.floats)
    let taps = old.dimensions[2] * old.dimensions[3]
    let turned = values.indices.map { values[$0 + (2 - 2 * ($0 / taps % 3)) * taps] }
    flipped.initializers[index] = OnnxTensor(
      name: weight, dimensions: old.dimensions, elements: .float32(turned))
    func list(_ name: String, _ numbers: [Int64]) -> OnnxTensor {
      OnnxTensor(name: name, dimensions: [numbers.count], elements: .int64(numbers))
    }
    flipped.initializers += [
      list("order", [2, 1, 0]), list("start", [-1]), list("end", [Int64.min + 1]),
      list("axis", [1]),
      list("step", [-1]),
    ]
    flipped.nodes.insert(
      OnnxNode(
        opType: operation,
        inputs: operation == "Gather"
          ? ["input", "order"] : ["input", "start", "end", "axis", "step"],
        outputs: ["turned"],
        attributes: operation == "Gather" ? [OnnxAttribute("axis", .int(1))] : []), at: 0)
    flipped.nodes[1].inputs[0] = "turned"
    #expect(try features(flipped) == features(plain))
  }

  @Test func `a Resize keeps its size, and one that doesn't is refused`() throws {
    let plain = TinyModel.model(seed: 24)
    var resizing = plain
    let side = Int64(TinyModel.inputSize)
    resizing.nodes.insert(
      OnnxNode(opType: "Resize", inputs: ["input", "", "", "sizes"], outputs: ["resized"]), at: 0)
    resizing.nodes[1].inputs[0] = "resized"
    func sizes(_ side: Int64) -> OnnxTensor {
      OnnxTensor(name: "sizes", dimensions: [4], elements: .int64([1, 3, side, side]))
    }
    resizing.initializers.append(sizes(side))
    #expect(try features(resizing) == features(plain))
    resizing.initializers[resizing.initializers.count - 1] = sizes(side + 1)
    #expect {
      try Backbone(onnx: resizing.encoded())
    } throws: { "\($0)".contains("changes the size") }
  }

  @Test func `its weights are bytes and its values pass through bytes`() throws {
    var bytes = TinyModel.model(seed: 25)
    var plain = bytes
    let names = Set(bytes.nodes.filter { $0.opType == "Conv" }.map { $0.inputs[1] })
    for index in bytes.initializers.indices where names.contains(bytes.initializers[index].name) {
      let old = bytes.initializers[index]
      let values = try #require(old.floats)
      let perOutput = values.count / old.dimensions[0]
      let scales = (0..<old.dimensions[0]).map { output in
        (values[output * perOutput..<(output + 1) * perOutput].map(abs).max() ?? 1) / 127
      }
      let rounded = values.indices.map { Int8((values[$0] / scales[$0 / perOutput]).rounded()) }
      bytes.initializers[index] = OnnxTensor(
        name: old.name + "_bytes", dimensions: old.dimensions, elements: .int8(rounded))
      bytes.initializers.append(
        OnnxTensor(
          name: old.name + "_scale", dimensions: [scales.count], elements: .float32(scales)))
      bytes.nodes.append(
        OnnxNode(
          opType: "DequantizeLinear", inputs: [old.name + "_bytes", old.name + "_scale"],
          outputs: [old.name], attributes: [OnnxAttribute("axis", .int(0))]))
      plain.initializers[index] = OnnxTensor(
        name: old.name, dimensions: old.dimensions,
        elements: .float32(rounded.indices.map { Float(rounded[$0]) * scales[$0 / perOutput] }))
    }
    // The first ReLU6 becomes what its bytes can hold, as quantizers do it.
    let clip = try #require(bytes.nodes.firstIndex { $0.opType == "Clip" })
    let (input, output) = (bytes.nodes[clip].inputs[0], bytes.nodes[clip].outputs[0])
    bytes.nodes[clip] = OnnxNode(
      opType: "QuantizeLinear", inputs: [input, "scale", "zero_point"], outputs: ["byte"])
    bytes.nodes.append(
      OnnxNode(
        opType: "DequantizeLinear", inputs: ["byte", "scale", "zero_point"], outputs: [output]))
    bytes.initializers += [
      OnnxTensor(name: "scale", dimensions: [], elements: .float32([6.0 / 255])),
      OnnxTensor(name: "zero_point", dimensions: [], elements: .uint8([0])),
    ]
    for (a, b) in zip(try features(bytes), try features(plain)) {
      #expect(abs(a - b) < 1e-5 * max(1, abs(b)))
    }
  }
}
