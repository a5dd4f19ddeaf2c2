import Digest
import ONNX

/// A MobileNetV2 in small, with random weights: every kind of layer that the real one has, and a
/// forward pass of some microseconds.
public enum TinyModel {
  /// The input image is 32x32 pixels.
  public static let inputSize = 32
  /// The values that its classifier reads.
  public static let featureCount = 16
  /// The logits of its classifier.
  public static let classCount = 10

  /// A MobileNetV1 in small: depthwise and 1x1 convolutions in turn, on images of the full 32x32.
  public static func chain(seed: UInt64) -> OnnxModel {
    var builder = GraphBuilder(random: SplitMix64(seed: seed, purpose: "tiny chain"))
    _ = builder.tensor([], .float32([0]), name: "zero")
    _ = builder.tensor([], .float32([6]), name: "six")
    var x = builder.convolution("input", 3, 8, kernel: 3, pads: [1, 1, 1, 1])
    for (inputs, outputs, stride) in [(8, 24, 1), (24, 24, 2), (24, featureCount, 1)] {
      let pads: [Int64] = stride == 1 ? [1, 1, 1, 1] : [0, 0, 1, 1]
      x = builder.depthwise(x, inputs, stride: stride, pads: pads)
      x = builder.convolution(x, inputs, outputs)
    }
    x = builder.node("GlobalAveragePool", [x])
    x = builder.node("Flatten", [x])
    return builder.model(
      input: [.named("n"), .fixed(3), .fixed(inputSize), .fixed(inputSize)], output: x,
      metadata: [OnnxMetadata(key: "preprocess", value: "inception")])
  }

  /// The bytes of an ONNX file; the same seed gives the same bytes.
  public static func onnx(seed: UInt64) -> [UInt8] { model(seed: seed).encoded() }

  /// The model with other activations than clips from 0 to 6, such as `HardSwish`.
  public static func model(seed: UInt64, activation: String) -> OnnxModel {
    var model = model(seed: seed)
    guard activation != "Clip" else { return model }
    for index in model.nodes.indices where model.nodes[index].opType == "Clip" {
      model.nodes[index].opType = activation
      model.nodes[index].inputs.removeLast(2)
    }
    return model
  }

  /// The model as a value, for tests that break it.
  ///
  /// - Parameter squeezes: whether its last image is multiplied by a gate for each channel.
  public static func model(seed: UInt64, squeezes: Bool = false) -> OnnxModel {
    var builder = GraphBuilder(random: SplitMix64(seed: seed, purpose: "tiny model"))
    _ = builder.tensor([], .float32([0]), name: "zero")
    _ = builder.tensor([], .float32([6]), name: "six")
    var x = builder.convolution("input", 3, 8, kernel: 3, stride: 2, pads: [0, 0, 1, 1])
    x = builder.depthwise(x, 8, stride: 1, pads: [1, 1, 1, 1])
    x = builder.convolution(x, 8, 8, isLinear: true)
    x = builder.convolution(x, 8, 24)
    x = builder.depthwise(x, 24, stride: 2, pads: [0, 0, 1, 1])
    let block = builder.convolution(x, 24, 8, isLinear: true)
    x = builder.convolution(block, 8, 24)
    x = builder.depthwise(x, 24, stride: 1, pads: [1, 1, 1, 1])
    x = builder.convolution(x, 24, 8, isLinear: true)
    x = builder.node("Add", [block, x])
    x = builder.convolution(x, 8, featureCount)
    if squeezes {
      let pooled = builder.node("GlobalAveragePool", [x])
      let sums = builder.convolution(pooled, featureCount, featureCount, isLinear: true)
      x = builder.node("Mul", [x, builder.node("Sigmoid", [sums])])
    }
    x = builder.node("GlobalAveragePool", [x])
    x = builder.node("Flatten", [x])
    let weight = builder.constant([classCount, featureCount], deviation: 0.5)
    let bias = builder.constant([classCount], deviation: 0.1)
    let logits = builder.node("Gemm", [x, weight, bias], [OnnxAttribute("transB", .int(1))])
    return builder.model(
      input: [.named("n"), .fixed(3), .fixed(inputSize), .fixed(inputSize)], output: logits,
      metadata: [OnnxMetadata(key: "preprocess", value: "inception")])
  }
}

extension GraphBuilder {
  fileprivate mutating func convolution(
    _ input: String, _ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1,
    pads: [Int64] = [0, 0, 0, 0], groups: Int = 1, isLinear: Bool = false
  ) -> String {
    let taps = inputs / groups * kernel * kernel
    let weight = constant(
      [outputs, inputs / groups, kernel, kernel], deviation: (2 / Double(taps)).squareRoot())
    let bias = constant([outputs], deviation: 0.3)
    let output = node(
      "Conv", [input, weight, bias],
      [
        OnnxAttribute("group", .int(Int64(groups))), OnnxAttribute("pads", .ints(pads)),
        OnnxAttribute("strides", .ints([Int64(stride), Int64(stride)])),
        OnnxAttribute("kernel_shape", .ints([Int64(kernel), Int64(kernel)])),
      ])
    return isLinear ? output : node("Clip", [output, "zero", "six"])
  }

  fileprivate mutating func depthwise(
    _ input: String, _ channels: Int, stride: Int, pads: [Int64]
  ) -> String {
    convolution(
      input, channels, channels, kernel: 3, stride: stride, pads: pads, groups: channels)
  }
}
