import MobileNet
import ONNX
import TestSupport

let networkTargets = [
  FuzzTarget(
    name: "onnx",
    seeds: { [TinyModel.onnx(seed: 1), everyKind.encoded()] },
    test: { input in
      guard let model = try? OnnxModel(decoding: input), isWritable(model) else { return }
      // As bytes: a NaN weight equals itself there.
      let again = model.encoded()
      precondition(try! OnnxModel(decoding: again).encoded() == again)
    }),
  FuzzTarget(
    name: "backbone",
    seeds: { [TinyModel.onnx(seed: 1)] },
    test: { input in
      if let backbone = try? Backbone(onnx: input, preprocess: .inception) { extract(backbone) }
    }),
  FuzzTarget(
    name: "int8-backbone",
    seeds: {
      let backbone = try! Backbone(onnx: TinyModel.onnx(seed: 1), preprocess: .inception)
      let side = TinyModel.inputSize
      let image = (0..<side * side * 3).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      return [try! QuantizedBackbone.object(quantizing: backbone, calibratingOn: [image])]
    },
    test: { input in
      if let backbone = try? Backbone(object: input) { extract(backbone) }
    }),
]

/// Runs a backbone if it is small: a plan with a wrong size in it would show in the kernels, which
/// AddressSanitizer watches.
private func extract(_ backbone: Backbone) {
  let (height, width) = backbone.inputSize
  guard backbone.multiplyAddCount < 1 << 22, backbone.arenaByteCount < 1 << 24, height < 256,
    width < 256
  else { return }
  var extractor = FeatureExtractor(backbone)
  let pixels = [UInt8](repeating: 77, count: height * width * 3)
  var features = [Float](repeating: 0, count: backbone.featureCount)
  var span = features.mutableSpan
  extractor.features(pixels: pixels.span, into: &span)
}

private func isWritable(_ model: OnnxModel) -> Bool {
  !model.nodes.contains { node in
    node.attributes.contains { attribute in
      if case .unsupported = attribute.value { true } else { false }
    }
  }
}

private let everyKind = OnnxModel(
  metadata: [.init(key: "preprocess", value: "inception")],
  nodes: [
    OnnxNode(
      name: "n", opType: "Op", inputs: ["input", "w"], outputs: ["output"],
      attributes: [
        .init("i", .int(-3)), .init("f", .float(0.5)), .init("s", .string("text")),
        .init("is", .ints([0, 1])), .init("fs", .floats([1.5])), .init("ss", .strings(["a", ""])),
        .init("t", .tensor(OnnxTensor(name: "", dimensions: [], elements: .int64([7])))),
      ])
  ],
  initializers: [
    OnnxTensor(name: "w", dimensions: [2, 1], elements: .float32([1, -2])),
    OnnxTensor(name: "u", dimensions: [3], elements: .uint8([0, 127, 255])),
    OnnxTensor(name: "b", dimensions: [2], elements: .int8([-128, 127])),
    OnnxTensor(name: "l", dimensions: [1], elements: .int32([7])),
  ],
  inputs: [
    OnnxValueInfo(
      name: "input", elementType: .float32, dimensions: [.named("n"), .fixed(3), .unknown])
  ],
  outputs: [OnnxValueInfo(name: "output", elementType: .float32, dimensions: nil)])
