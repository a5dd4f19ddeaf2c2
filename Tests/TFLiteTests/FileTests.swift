import TFLite
import TestSupport
import Testing

@Suite struct `A TensorFlow Lite file` {
  /// pixels → number → sums of a convolution → probabilities
  private static func model() -> TFLiteModel {
    var model = TFLiteModel()
    let pixels = model.add(
      TFLiteTensor(name: "pixels", shape: [4, 4, 3], .uint8, .init(scale: 1, zero: 0)))
    let bytes = model.add(
      .quantize, [pixels],
      giving: TFLiteTensor(name: "bytes", shape: [4, 4, 3], .int8, .init(scale: 1, zero: -128)))
    let weight = model.add(
      TFLiteTensor(
        name: "weight", dimensions: [2, 1, 1, 3], .int8([1, -2, 3, 4, 5, -127]),
        .init(scales: [0.5, 0.25], along: 0)))
    let bias = model.add(
      TFLiteTensor(
        name: "bias", dimensions: [2], .int32([70_000, -2]), .init(scales: [0.5, 0.25], along: 0)))
    let sums = model.add(
      .convolution(.init(isPadded: true, stride: 2, fused: .relu6)), [bytes, weight, bias],
      giving: TFLiteTensor(name: "sums", shape: [2, 2, 2], .int8, .init(scale: 0.1, zero: -3)))
    let number = model.add(
      .dequantize, [sums], giving: TFLiteTensor(name: "number", shape: [2, 2, 2], .float32))
    let axes = model.add(TFLiteTensor(name: "axes", dimensions: [2], .int32([1, 2])))
    let mean = model.add(
      .mean(keepsDimensions: true), [number, axes],
      giving: TFLiteTensor(name: "mean", shape: [1, 1, 2], .float32))
    model.inputs = [pixels]
    model.outputs = [
      model.add(
        .softmax, [mean], giving: TFLiteTensor(name: "probabilities", shape: [1, 1, 2], .float32))
    ]
    model.metadata = [("labels", "daisy\ntülip\n"), ("run", "")]
    return model
  }

  @Test func `is read as what was written`() throws {
    let written = Self.model()
    let bytes = written.encoded()
    #expect(written.encoded() == bytes)
    let file = try TFLiteFile(bytes)
    #expect(file.tensors.map(\.name) == written.tensors.map(\.name))
    #expect(file.tensors.map(\.dimensions) == written.tensors.map(\.dimensions))
    #expect(file.tensors.map(\.type) == written.tensors.map(\.type.rawValue))
    for (read, tensor) in zip(file.tensors, written.tensors) {
      #expect(read.scales == tensor.quantization?.scales ?? [])
      #expect(read.zeros == tensor.quantization?.zeros ?? [])
      #expect((read.data == nil) == (tensor.elements == nil))
      #expect(read.signature.first == (tensor.elements == nil ? -1 : nil))
    }
    #expect(file.tensors[2].stored == [1, -2, 3, 4, 5, -127])
    #expect(file.tensors[3].stored == [70_000, -2])
    #expect(file.nodes.map(\.code) == [114, 3, 6, 40, 25])
    // int8 came with the third version of convolutions.
    #expect(file.nodes.map(\.version) == [1, 3, 2, 1, 1])
    #expect(file.nodes.map(\.inputs) == written.nodes.map(\.inputs))
    #expect(file.nodes.map(\.outputs) == written.nodes.map(\.outputs))
    #expect(file.metadata == ["labels": "daisy\ntülip\n", "run": ""])
    #expect(file.signature == ["pixels": 0, "probabilities": file.outputs[0]])
  }

  @Test func `has the options of its operators`() throws {
    let file = try TFLiteFile(Self.model().encoded())
    let window = try #require(file.nodes[1].options)
    #expect(try window.number(0, Int8.self) == 0)
    #expect(try window.number(1, Int32.self) == 2)
    #expect(try window.number(2, Int32.self) == 2)
    #expect(try window.number(3, Int8.self) == 3)
    #expect(try file.nodes[3].options?.number(0, UInt8.self) == 1)
    #expect(try file.nodes[4].options?.number(0, UInt32.self) == Float(1).bitPattern)
    #expect(file.nodes[0].options == nil)
  }

  @Test func `that is cut off is no whole one`() throws {
    let bytes = Self.model().encoded()
    #expect(throws: FlatBufferDamage.self) { try TFLiteFile(Array(bytes.prefix(bytes.count / 2))) }
    #expect(throws: FlatBufferDamage.self) { try TFLiteFile([]) }
  }

  @Test(arguments: [TFLiteOperator.Fused.none, .relu, .reluN1To1, .relu6])
  func `names what is built into an operator`(fused: TFLiteOperator.Fused) throws {
    var model = TFLiteModel()
    let tensor = TFLiteTensor(name: "x", shape: [3], .float32)
    let x = model.add(tensor)
    model.inputs = [x]
    model.outputs = [model.add(.add(fused), [x, x], giving: tensor)]
    let file = try TFLiteFile(model.encoded())
    #expect(try file.nodes[0].options?.number(0, Int8.self) == fused.rawValue)
  }
}
