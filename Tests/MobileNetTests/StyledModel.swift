import Digest
import ONNX
import TestSupport

/// How one and the same small MobileNetV3 is written down: each choice is one that some exporter, or
/// some version of it, makes.
struct ExportStyle {
  enum Layout: CaseIterable { case planes, pixelsAtInput, pixelsEverywhere }
  enum Normalization: CaseIterable { case folded, node, product, steps }
  enum Bounds: CaseIterable { case inputs, attributes, minimumOfMaximum, maximumOfMinimum }
  enum HardSwish: CaseIterable {
    case node, hardSigmoid, sixth, divisionFirst, divisionLast, bounds
  }
  enum Squash: CaseIterable { case hardSigmoid, sixth, division }
  enum Padding: CaseIterable { case symmetric, atTheEnd, padNode, padNodeWithAttribute }
  enum Pool: CaseIterable { case global, meanKept, meanDropped, meanOfInput }
  enum Flattening: CaseIterable { case flatten, reshape, squeeze, computed, none }
  enum Classifier: CaseIterable { case gemm, matrix, convolution }
  enum Weights: CaseIterable { case initializers, nodes, inputs, casts }

  var layout = Layout.planes
  var normalization = Normalization.folded
  var bounds = Bounds.inputs
  var hardSwish = HardSwish.node
  var squash = Squash.hardSigmoid
  var padding = Padding.symmetric
  var pool = Pool.global
  var flattening = Flattening.flatten
  var classifier = Classifier.gemm
  var weights = Weights.initializers
  var endsInSoftmax = false
}

/// Writes the small MobileNetV3 in a style: squeeze and excitation, hard swish, ReLU6, kernels of 3
/// and 5, a residual, and a hidden layer between pooling and classifier.
struct StyledModel {
  static let inputSize = 24
  static let classCount = 7
  static let metadata = [OnnxMetadata(key: "preprocess", value: "inception")]

  private let style: ExportStyle
  private var builder: GraphBuilder

  static func model(_ style: ExportStyle, seed: UInt64) -> OnnxModel {
    var writer = StyledModel(
      style: style, builder: GraphBuilder(random: SplitMix64(seed: seed, purpose: "styled model")))
    return writer.write()
  }

  private var isPixels: Bool { style.layout == .pixelsEverywhere }

  private mutating func write() -> OnnxModel {
    var x = "input"
    if style.layout == .pixelsAtInput { x = transpose(x, [0, 3, 1, 2]) }
    x = hardSwish(convolution(x, 3, 8, kernel: 3, stride: 2))
    x = squeezeAndExcite(bounded(convolution(x, 8, 8, kernel: 3, stride: 1, groups: 8)), 8, 4)
    let block = convolution(x, 8, 12)
    x = hardSwish(convolution(block, 12, 20))
    x = hardSwish(convolution(x, 20, 20, kernel: 5, stride: 2, groups: 20))
    x = squeezeAndExcite(x, 20, 8)
    let second = convolution(x, 20, 12)
    x = bounded(convolution(second, 12, 24))
    x = convolution(bounded(convolution(x, 24, 24, kernel: 3, stride: 1, groups: 24)), 24, 12)
    x = builder.node("Add", [second, x])
    x = hardSwish(convolution(x, 12, 32))
    x = pooled(x, 32)
    x = hardSwish(linear(x, 32, 40))
    x = builder.node("Dropout", [builder.node("Identity", [x])])
    x = linear(x, 40, Self.classCount)
    if style.classifier == .convolution {
      x = builder.node("Reshape", [x, builder.list([-1, Int64(Self.classCount)])])
    }
    if style.endsInSoftmax { x = builder.node("Softmax", [x]) }
    return finished(output: x)
  }

  private func finished(output: String) -> OnnxModel {
    let side = Self.inputSize
    let input: [OnnxValueInfo.Dimension] =
      style.layout == .planes
      ? [.named("n"), .fixed(3), .fixed(side), .fixed(side)]
      : [.named("n"), .fixed(side), .fixed(side), .fixed(3)]
    var model = builder.model(input: input, output: output, metadata: Self.metadata)
    switch style.weights {
    case .initializers: break
    case .nodes:
      let constants = model.initializers.map { tensor in
        OnnxNode(
          opType: "Constant", inputs: [], outputs: [tensor.name],
          attributes: [OnnxAttribute("value", .tensor(tensor))])
      }
      model.nodes = constants + model.nodes
      model.initializers = []
    case .inputs:
      model.irVersion = 3
      model.inputs += model.initializers.map {
        OnnxValueInfo(
          name: $0.name, elementType: $0.elements.type,
          dimensions: $0.dimensions.map { .fixed($0) })
      }
    case .casts:
      let casts = model.initializers.filter { $0.floats != nil }.map { tensor in
        OnnxNode(
          opType: "Cast", inputs: ["half_" + tensor.name], outputs: [tensor.name],
          attributes: [OnnxAttribute("to", .int(1))])
      }
      model.initializers = model.initializers.map { tensor in
        guard tensor.floats != nil else { return tensor }
        return OnnxTensor(
          name: "half_" + tensor.name, dimensions: tensor.dimensions, elements: tensor.elements)
      }
      model.nodes = casts + model.nodes
    }
    return model
  }
}

// MARK: - Layers

extension StyledModel {
  private mutating func transpose(_ x: String, _ order: [Int64]) -> String {
    builder.node("Transpose", [x], [OnnxAttribute("perm", .ints(order))])
  }

  /// The shape of a constant with a number for each channel.
  private func perChannel(_ channels: Int) -> [Int] {
    isPixels ? [channels] : [1, channels, 1, 1]
  }

  private mutating func convolution(
    _ input: String, _ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1,
    groups: Int = 1
  ) -> String {
    var x = input
    let inner = Int64(kernel / 2)
    var pads = [inner, inner, inner, inner]
    if stride > 1, style.padding != .symmetric {
      pads = [inner - 1, inner - 1, inner, inner]
      if style.padding != .atTheEnd {
        x = padded(x, pads)
        pads = [0, 0, 0, 0]
      }
    }
    if isPixels { x = transpose(x, [0, 3, 1, 2]) }
    let taps = inputs / groups * kernel * kernel
    var arguments = [
      x,
      builder.constant(
        [outputs, inputs / groups, kernel, kernel], deviation: (2 / Double(taps)).squareRoot()),
    ]
    if style.normalization == .folded {
      arguments.append(builder.constant([outputs], deviation: 0.3))
    }
    x = builder.node(
      "Conv", arguments,
      [
        OnnxAttribute("group", .int(Int64(groups))), OnnxAttribute("pads", .ints(pads)),
        OnnxAttribute("strides", .ints([Int64(stride), Int64(stride)])),
      ])
    if style.normalization == .node { x = batchNormalization(x, outputs) }
    if isPixels { x = transpose(x, [0, 2, 3, 1]) }
    switch style.normalization {
    case .folded, .node: return x
    case .product:
      x = builder.node(
        "Mul", [x, builder.constant(perChannel(outputs), deviation: 0.2, mean: 1)])
      return builder.node("Add", [builder.constant(perChannel(outputs), deviation: 0.3), x])
    case .steps:
      // (x − mean) · (1 / √variance · scale) + offset, the constants computed by the graph.
      let shape = perChannel(outputs)
      let root = builder.node("Sqrt", [builder.constant(shape, deviation: 0.2, mean: 1)])
      let factor = builder.node(
        "Mul",
        [
          builder.node("Reciprocal", [root]), builder.constant(shape, deviation: 0.2, mean: 1),
        ])
      x = builder.node("Sub", [x, builder.constant(shape, deviation: 0.2)])
      x = builder.node("Mul", [factor, x])
      return builder.node("Add", [x, builder.constant(shape, deviation: 0.3)])
    }
  }

  private mutating func batchNormalization(_ x: String, _ channels: Int) -> String {
    builder.node(
      "BatchNormalization",
      [
        x, builder.constant([channels], deviation: 0.2, mean: 1),
        builder.constant([channels], deviation: 0.3), builder.constant([channels], deviation: 0.2),
        builder.constant([channels], deviation: 0.2, mean: 1),
      ], [OnnxAttribute("epsilon", .float(0.001))])
  }

  private mutating func padded(_ x: String, _ pads: [Int64]) -> String {
    let (before, after) = (Array(pads[..<2]), Array(pads[2...]))
    let all: [Int64] =
      isPixels ? [0] + before + [0, 0] + after + [0] : [0, 0] + before + [0, 0] + after
    if style.padding == .padNodeWithAttribute {
      return builder.node("Pad", [x], [OnnxAttribute("pads", .ints(all))])
    }
    return builder.node("Pad", [x, builder.list(all)])
  }

  /// clip(x, 0, 6)
  private mutating func bounded(_ x: String) -> String {
    switch style.bounds {
    case .inputs: return builder.node("Clip", [x, builder.number(0), builder.number(6)])
    case .attributes:
      return builder.node(
        "Clip", [x], [OnnxAttribute("min", .float(0)), OnnxAttribute("max", .float(6))])
    case .minimumOfMaximum:
      return builder.node("Min", [builder.node("Max", [x, builder.number(0)]), builder.number(6)])
    case .maximumOfMinimum:
      return builder.node("Max", [builder.number(0), builder.node("Min", [builder.number(6), x])])
    }
  }

  private mutating func hardSwish(_ x: String) -> String {
    if style.hardSwish == .node { return builder.node("HardSwish", [x]) }
    if style.hardSwish == .hardSigmoid {
      let factor = builder.node("HardSigmoid", [x], [OnnxAttribute("alpha", .float(1.0 / 6))])
      return builder.node("Mul", [x, factor])
    }
    let shifted = builder.node("Add", [x, builder.number(3)])
    switch style.hardSwish {
    case .sixth:
      let factor = builder.node("Mul", [bounded(shifted), builder.number(1.0 / 6)])
      return builder.node("Mul", [factor, x])
    case .divisionFirst:
      return builder.node("Mul", [x, builder.node("Div", [bounded(shifted), builder.number(6)])])
    case .divisionLast:
      return builder.node("Div", [builder.node("Mul", [x, bounded(shifted)]), builder.number(6)])
    default:
      // clip(x, −3, 3) has the same shape: x · (clip(x, −3, 3) + 3) / 6.
      let clipped = builder.node("Clip", [x, builder.number(-3), builder.number(3)])
      let factor = builder.node("Add", [clipped, builder.number(3)])
      return builder.node(
        "Mul", [builder.node("Mul", [factor, builder.number(1.0 / 6)]), x])
    }
  }

  private mutating func squashed(_ x: String) -> String {
    if style.squash == .hardSigmoid {
      return builder.node("HardSigmoid", [x], [OnnxAttribute("alpha", .float(1.0 / 6))])
    }
    let clipped = bounded(builder.node("Add", [x, builder.number(3)]))
    return style.squash == .sixth
      ? builder.node("Mul", [clipped, builder.number(1.0 / 6)])
      : builder.node("Div", [clipped, builder.number(6)])
  }

  private mutating func mean(_ x: String, isKept: Bool) -> String {
    let axes: [Int64] = isPixels ? [1, 2] : style.pool == .meanDropped ? [3, 2] : [-2, -1]
    let keepsDimensions = OnnxAttribute("keepdims", .int(isKept ? 1 : 0))
    if style.pool == .meanOfInput {
      return builder.node("ReduceMean", [x, builder.list(axes)], [keepsDimensions])
    }
    return builder.node(
      "ReduceMean", [x], [keepsDimensions, OnnxAttribute("axes", .ints(axes))])
  }

  private mutating func squeezeAndExcite(
    _ x: String, _ channels: Int, _ squeezed: Int
  ) -> String {
    var y = x
    if style.pool == .global, !isPixels {
      y = builder.node("GlobalAveragePool", [y])
    } else {
      y = mean(y, isKept: true)
    }
    y = convolution(y, channels, squeezed)
    y = convolution(builder.node("Relu", [y]), squeezed, channels)
    return builder.node("Mul", [squashed(y), x])
  }

  /// The features as a row, or with dimensions of 1 before a convolution.
  private mutating func pooled(_ x: String, _ channels: Int) -> String {
    let isRow = style.classifier != .convolution
    if style.pool == .meanDropped {
      let row = mean(x, isKept: false)
      return isRow
        ? row : builder.node("Reshape", [row, builder.list([-1, Int64(channels), 1, 1])])
    }
    var y = x
    if style.pool == .global, !isPixels {
      y = builder.node("GlobalAveragePool", [y])
    } else {
      y = mean(y, isKept: true)
      if isPixels { y = transpose(y, [0, 3, 1, 2]) }
    }
    guard isRow else { return y }
    switch style.flattening {
    case .flatten: return builder.node("Flatten", [y])
    case .reshape: return builder.node("Reshape", [y, builder.list([0, -1])])
    case .squeeze: return builder.node("Squeeze", [y, builder.list([2, 3])])
    case .none: return transpose(y, [0, 2, 3, 1])
    case .computed:
      let count = builder.node(
        "Gather", [builder.node("Shape", [y]), builder.tensor([], .int64([0]))])
      let first = builder.node("Unsqueeze", [count], [OnnxAttribute("axes", .ints([0]))])
      let shape = builder.node(
        "Concat", [first, builder.list([-1])], [OnnxAttribute("axis", .int(0))])
      return builder.node("Reshape", [y, shape])
    }
  }

  private mutating func linear(_ x: String, _ inputs: Int, _ outputs: Int) -> String {
    let deviation = (1 / Double(inputs)).squareRoot()
    let bias = builder.constant([outputs], deviation: 0.3)
    switch style.classifier {
    case .gemm where style.flattening != .none:
      return builder.node(
        "Gemm", [x, builder.constant([outputs, inputs], deviation: deviation), bias],
        [OnnxAttribute("transB", .int(1))])
    case .gemm, .matrix:
      let weights = builder.constant([inputs, outputs], deviation: deviation)
      return builder.node("Add", [builder.node("MatMul", [x, weights]), bias])
    case .convolution:
      return builder.node(
        "Conv", [x, builder.constant([outputs, inputs, 1, 1], deviation: deviation), bias])
    }
  }
}
