import MobileNet
import ONNX
import TestSupport
import Testing

@Suite struct `A backbone refuses` {
  /// What loading the tiny model says after a change.
  private func refusal(of change: (inout OnnxModel) -> Void) -> String {
    var model = TinyModel.model(seed: 1)
    change(&model)
    do {
      _ = try Backbone(onnx: model.encoded())
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test func `an unknown operator, by its node's name and with what is supported`() {
    let text = refusal { model in model.nodes[0].opType = "Einsum" }
    #expect(text.contains("Einsum node 'conv_0'"))
    #expect(text.contains("GlobalAveragePool"))
  }

  @Test func `operators of another domain`() {
    #expect(refusal { $0.nodes[0].domain = "com.example" }.contains("com.example"))
  }

  @Test func `dilated, grouped and oversized kernels`() {
    #expect(
      refusal { $0.nodes[0].attributes.append(OnnxAttribute("dilations", .ints([2, 2]))) }
        .contains("dilations [2, 2]"))
    #expect(
      refusal { $0.nodes[0].attributes[0] = OnnxAttribute("group", .int(2)) }.contains("groups"))
    #expect(
      refusal { $0.nodes[0].attributes[2] = OnnxAttribute("strides", .ints([1, 2])) }
        .contains("strides [1, 2]"))
    #expect(
      refusal { $0.nodes[0].attributes[1] = OnnxAttribute("pads", .ints([0, 0, -1, 1])) }
        .contains("pads"))
  }

  @Test func `an attribute of the wrong type`() {
    #expect(
      refusal { $0.nodes[0].attributes[2] = OnnxAttribute("strides", .float(2)) }
        .contains("strides"))
  }

  @Test func `weights that aren't finite`() {
    let text = refusal { model in
      let old = model.initializers[2]
      var values = old.floats ?? []
      values[5] = .nan
      model.initializers[2] = OnnxTensor(
        name: old.name, dimensions: old.dimensions, elements: .float32(values))
    }
    #expect(text.contains("isn't finite"))
  }

  @Test func `weights that nothing defines`() {
    #expect(refusal { $0.initializers.removeAll() }.contains("conv_0"))
  }

  @Test func `an output that nothing computes, and a graph without nodes`() {
    #expect(refusal { $0.outputs[0].name = "elsewhere" }.contains("elsewhere"))
    #expect(refusal { $0.nodes = [] }.contains("isn't an image classifier"))
    #expect(refusal { $0.outputs = [] }.contains("no output"))
  }

  @Test func `an input of unknown or absurd size`() {
    let shapes: [[OnnxValueInfo.Dimension]] = [
      [.named("n"), .fixed(1), .fixed(32), .fixed(32)],
      [.named("n"), .fixed(3), .fixed(100_000), .fixed(32)],
      [.fixed(1), .fixed(3)],
    ]
    for shape in shapes {
      #expect(
        refusal { $0.inputs[0].dimensions = shape }.contains("isn't an image classifier"))
    }
  }

  @Test func `layers that no memory holds`() {
    // Two branches of 1024 x 1024 pixels and 8,192 channels each: 64 GiB from 200 KB of weights.
    let channels = 8192
    func weight(_ name: String) -> OnnxTensor {
      OnnxTensor(
        name: name, dimensions: [channels, 3, 1, 1],
        elements: .float32(Array(repeating: 1, count: channels * 3)))
    }
    let model = OnnxModel(
      nodes: [
        OnnxNode(opType: "Conv", inputs: ["input", "stem"], outputs: ["image"]),
        OnnxNode(opType: "Conv", inputs: ["image", "a"], outputs: ["left"]),
        OnnxNode(opType: "Conv", inputs: ["image", "b"], outputs: ["right"]),
        OnnxNode(opType: "Add", inputs: ["left", "right"], outputs: ["sum"]),
        OnnxNode(opType: "GlobalAveragePool", inputs: ["sum"], outputs: ["pooled"]),
        OnnxNode(opType: "Flatten", inputs: ["pooled"], outputs: ["features"]),
        OnnxNode(opType: "Gemm", inputs: ["features", "c"], outputs: ["logits"]),
      ],
      initializers: [
        weight("a"), weight("b"),
        OnnxTensor(
          name: "stem", dimensions: [3, 3, 1, 1], elements: .float32(Array(repeating: 1, count: 9))),
        OnnxTensor(
          name: "c", dimensions: [channels, 2],
          elements: .float32(Array(repeating: 1, count: channels * 2))),
      ],
      inputs: [
        OnnxValueInfo(
          name: "input", elementType: .float32,
          dimensions: [.named("n"), .fixed(3), .fixed(1024), .fixed(1024)])
      ],
      outputs: [OnnxValueInfo(name: "logits", elementType: .float32, dimensions: nil)])
    do {
      let backbone = try Backbone(onnx: model.encoded(), preprocess: .inception)
      Issue.record("accepted with \(backbone.arenaByteCount) bytes of working memory")
    } catch {
      #expect("\(error)".contains("working memory"))
    }
  }

  @Test func `a file that doesn't say how photographs become its input`() {
    #expect(refusal { $0.metadata = [] }.contains("--preprocess"))
    #expect(throws: Never.self) {
      var model = TinyModel.model(seed: 1)
      model.metadata = []
      _ = try Backbone(onnx: model.encoded(), preprocess: .imagenet)
    }
  }

  @Test func `a file that is cut off anywhere`() {
    let bytes = TinyModel.onnx(seed: 1)
    for count in stride(from: 0, to: bytes.count, by: 97) {
      #expect(throws: MobileNetError.self) { try Backbone(onnx: Array(bytes[..<count])) }
    }
  }
}
