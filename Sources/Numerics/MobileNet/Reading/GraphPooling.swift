import ONNX

// The operators that take means over pixels.
extension GraphReader {
  mutating func readAveragePool(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try operand(node, 0)
    guard has(operand, Self.planes) else {
      throw node.refused("it reads \(text(operand)) instead of [n, channels, height, width]")
    }
    let listed = try node.checked { node throws(OnnxError) in try node.ints("kernel_shape") ?? [] }
    let kernel = listed.map { Int(clamping: $0) }
    let (height, width) = (extent(.height, of: operand), extent(.width, of: operand))
    if kernel == [height, width], try isWhole(node, height, width) {
      pool(node, operand, [2, 3], isKept: true)
    } else {
      try readMovingPool(node, operand, kernel: kernel)
    }
  }

  /// Whether a window as large as the input stands on it just once, so that strides and rounding
  /// don't matter.
  private func isWhole(_ node: OnnxNode, _ height: Int, _ width: Int) throws(MobileNetError) -> Bool
  {
    let (dilations, strides) = try node.checked { node throws(OnnxError) in
      (try node.ints("dilations") ?? [1, 1], try node.ints("strides") ?? [1, 1])
    }
    guard strides.count == 2, strides.allSatisfy({ (1...Int64(Int32.max)).contains($0) }) else {
      throw node.refused("strides \(strides)")
    }
    let pads = try Padding(
      node, kernel: [height, width], strides: strides.map { Int($0) }, height, width)
    return dilations == [1, 1] && pads == Padding()
  }

  /// Means over windows: a depthwise convolution whose weights are all 1 / (height · width).
  private mutating func readMovingPool(
    _ node: OnnxNode, _ operand: Operand, kernel: [Int]
  ) throws(MobileNetError) {
    let tensor = tensor(operand, for: node.title)
    let shape = draft.tensors[tensor]
    let window = try Window(node, kernel: kernel, input: shape, padding: Padding())
    let (countsPads, roundsUp) = try node.checked { node throws(OnnxError) in
      (try node.int("count_include_pad") ?? 0 != 0, try node.int("ceil_mode") ?? 0 != 0)
    }
    guard window.padCount == 0 || countsPads else {
      throw node.refused("at the borders its means leave the padding out of their count")
    }
    guard !roundsUp || window.remainder == (0, 0) else {
      throw node.refused("with ceil_mode, its last windows reach beyond the input")
    }
    let area = kernel[0] * kernel[1]
    let convolution = Convolution(
      inputs: shape.channels, outputs: shape.channels, kernelHeight: kernel[0],
      kernelWidth: kernel[1], stride: window.stride, padTop: window.padTop,
      padLeft: window.padLeft,
      weights: Array(repeating: 1 / Float(area), count: shape.channels * area),
      bias: Array(repeating: 0, count: shape.channels))
    append(
      node, .convolution(convolution, isDepthwise: true), reading: [tensor],
      giving: Shape(
        height: window.outputHeight, width: window.outputWidth, channels: shape.channels),
      axes: Self.planes)
  }

  mutating func readGlobalAveragePool(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try operand(node, 0)
    guard has(operand, Self.planes) else {
      throw node.refused("it reads \(text(operand)) instead of [n, channels, height, width]")
    }
    pool(node, operand, [2, 3], isKept: true)
  }

  mutating func readReduceMean(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try operand(node, 0)
    let isKept = try node.checked { node throws(OnnxError) in try node.int("keepdims") ?? 1 != 0 }
    let axes =
      try node.axes(constant(node, 1), rank: operand.axes.count) ?? Array(operand.axes.indices)
    // Beside height and width, dimensions of 1 may be named: their mean is themselves.
    let averaged = Set(axes.map { operand.axes[$0] })
    // A batch normalization in training takes the mean over the batch, in step-by-step exports.
    if averaged.contains(.sample), averaged.contains(.height) || averaged.contains(.width) {
      throw .trainingMode(node: node.label)
    }
    guard
      operand.axes.allSatisfy({
        extent($0, of: operand) == 1 || averaged.contains($0) == ($0 == .height || $0 == .width)
      })
    else {
      throw node.refused(
        "it takes the mean over dimensions \(axes) of \(text(operand)); supported is the mean over "
          + "height and width")
    }
    pool(node, operand, axes, isKept: isKept)
  }

  /// The mean over all pixels.
  private mutating func pool(_ node: OnnxNode, _ operand: Operand, _ axes: [Int], isKept: Bool) {
    let tensor = tensor(operand, for: node.title)
    let channels = draft.tensors[tensor].channels
    var remaining = operand.axes
    for place in axes.sorted(by: >) {
      if isKept { remaining[place] = .one } else { remaining.remove(at: place) }
    }
    append(
      node, .averagePool, reading: [tensor],
      giving: Shape(height: 1, width: 1, channels: channels), axes: remaining)
  }
}
