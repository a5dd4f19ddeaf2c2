import ONNX

/// A model that has one of everything that is read and written.
let sampleModel = OnnxModel(
  irVersion: 7, producerName: "tests", operatorSets: ["": 13, "ai.example": 2],
  metadata: [.init(key: "preprocess", value: "x / 127.5 − 1"), .init(key: "empty", value: "")],
  graphName: "sample",
  nodes: [
    OnnxNode(
      name: "first", opType: "Conv", inputs: ["input", "weight", ""], outputs: ["hidden"],
      attributes: [
        .init("group", .int(-3)), .init("alpha", .float(0)), .init("mode", .string("größe")),
        .init("pads", .ints([0, 0, 1, .max, .min])), .init("scales", .floats([1.5, -0.0])),
        .init("names", .strings(["a", "", "b"])),
        .init("value", .tensor(OnnxTensor(name: "", dimensions: [], elements: .int64([7])))),
      ]),
    OnnxNode(opType: "Relu", domain: "ai.example", inputs: ["hidden"], outputs: ["output"]),
  ],
  initializers: [
    OnnxTensor(
      name: "weight", dimensions: [2, 1, 2],
      elements: .float32([1, -2, .infinity, .leastNonzeroMagnitude])),
    OnnxTensor(name: "bytes", dimensions: [3], elements: .uint8([0, 127, 255])),
    OnnxTensor(name: "signed", dimensions: [2], elements: .int8([-128, 127])),
    OnnxTensor(name: "words", dimensions: [2, 1], elements: .int32([.min, .max])),
    OnnxTensor(name: "shape", dimensions: [2], elements: .int64([-1, .max])),
    OnnxTensor(name: "nothing", dimensions: [0, 4], elements: .float32([])),
  ],
  inputs: [
    OnnxValueInfo(
      name: "input", elementType: .float32,
      dimensions: [.named("n"), .fixed(3), .fixed(0), .unknown])
  ],
  outputs: [
    OnnxValueInfo(name: "output", elementType: .float32, dimensions: nil),
    OnnxValueInfo(name: "untyped", elementType: nil, dimensions: nil),
  ])
