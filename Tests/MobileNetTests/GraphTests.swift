import Kernels
import MobileNet
import ONNX
import TestSupport
import Testing

@Suite struct `Lowering a graph` {
  private func features(_ model: OnnxModel) throws -> [Float] {
    let backbone = try Backbone(onnx: model.encoded())
    var extractor = FeatureExtractor(backbone)
    let size = TinyModel.inputSize
    let input = (0..<size * size * 3).map { Float($0 * 37 % 255) / 127.5 - 1 }
    var result = [Float](repeating: 0, count: backbone.featureCount)
    var span = result.mutableSpan
    extractor.features(input: input.span, into: &span)
    return result
  }

  private func tensor(_ name: String, _ values: [Float]) -> OnnxTensor {
    OnnxTensor(name: name, dimensions: [values.count], elements: .float32(values))
  }

  @Test func `folds a batch normalization into the convolution before it`() throws {
    let plain = TinyModel.model(seed: 3)
    var normalized = plain
    // Scale 2, offset 0.5, mean 0.25, variance 4 − ε: y = x − 0.25 + 0.5 = x + 0.25.
    normalized.initializers += [
      tensor("scale", .init(repeating: 2, count: 8)),
      tensor("offset", .init(repeating: 0.5, count: 8)),
      tensor("mean", .init(repeating: 0.25, count: 8)),
      tensor("variance", .init(repeating: 3.5, count: 8)),
    ]
    normalized.nodes[0].outputs = ["before"]
    normalized.nodes.insert(
      OnnxNode(
        opType: "BatchNormalization", inputs: ["before", "scale", "offset", "mean", "variance"],
        outputs: plain.nodes[0].outputs, attributes: [OnnxAttribute("epsilon", .float(0.5))]),
      at: 1)
    var shifted = plain
    let bias = try #require(
      shifted.initializers.firstIndex { $0.name == plain.nodes[0].inputs[2] })
    shifted.initializers[bias] = tensor(
      plain.nodes[0].inputs[2],
      try #require(plain.initializers[bias].floats).map { Float(Double($0) + 0.25) })
    #expect(try features(normalized) == features(shifted))
  }

  @Test func `takes Relu, Identity, Dropout, ReduceMean and Reshape for what they are`() throws {
    let plain = TinyModel.model(seed: 4)
    var other = plain
    other.initializers.append(
      OnnxTensor(name: "shape", dimensions: [2], elements: .int64([0, -1])))
    for index in other.nodes.indices {
      switch other.nodes[index].opType {
      case "GlobalAveragePool":
        other.nodes[index].opType = "ReduceMean"
        other.nodes[index].attributes = [OnnxAttribute("axes", .ints([-2, -1]))]
      case "Flatten":
        other.nodes[index].opType = "Reshape"
        other.nodes[index].inputs.append("shape")
      case "Gemm":
        other.nodes[index].inputs[0] = "dropped"
        let input = plain.nodes[index].inputs[0]
        other.nodes.insert(
          contentsOf: [
            OnnxNode(opType: "Identity", inputs: [input], outputs: ["same"]),
            OnnxNode(opType: "Dropout", inputs: ["same"], outputs: ["dropped"]),
          ], at: index)
      default: break
      }
    }
    #expect(try features(other) == features(plain))
  }

  @Test func `reads a bound left out as none, and Relu as a bound of 0`() throws {
    var clipped = TinyModel.model(seed: 5)
    clipped.nodes[1].inputs = [clipped.nodes[1].inputs[0], "zero"]
    var relu = TinyModel.model(seed: 5)
    relu.nodes[1].opType = "Relu"
    relu.nodes[1].inputs = [relu.nodes[1].inputs[0]]
    #expect(try features(clipped) == features(relu))
  }

  @Test func `applies hard swish, squeeze and excitation`() throws {
    // A product with a pooled, squashed copy of itself after the first depthwise convolution.
    var model = TinyModel.model(seed: 6)
    let place = try #require(model.nodes.firstIndex { $0.opType == "Clip" && $0.name > "clip_2" })
    let output = model.nodes[place].outputs[0]
    model.nodes[place].opType = "HardSwish"
    model.nodes[place].inputs = [model.nodes[place].inputs[0]]
    model.initializers += [
      OnnxTensor(
        name: "excite", dimensions: [8, 8, 1, 1],
        elements: .float32((0..<64).map { Float($0 % 7) - 3 }))
    ]
    for index in model.nodes.indices where model.nodes[index].inputs.contains(output) {
      model.nodes[index].inputs = model.nodes[index].inputs.map { $0 == output ? "scaled" : $0 }
    }
    model.nodes.insert(
      contentsOf: [
        OnnxNode(opType: "GlobalAveragePool", inputs: [output], outputs: ["mean"]),
        OnnxNode(opType: "Conv", inputs: ["mean", "excite"], outputs: ["excited"]),
        OnnxNode(opType: "HardSigmoid", inputs: ["excited"], outputs: ["weights"]),
        OnnxNode(opType: "Mul", inputs: ["weights", output], outputs: ["scaled"]),
      ], at: place + 1)
    let expected = try features(model)
    #expect(expected.allSatisfy { $0.isFinite })
    let plain = try features(TinyModel.model(seed: 6))
    #expect(expected != plain)
  }
}
