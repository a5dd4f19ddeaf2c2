import Kernels
import ONNX

// The operators that sum over channels or pixels.
extension GraphReader {
  mutating func readConvolution(_ node: OnnxNode) throws(MobileNetError) {
    var input = try anyOperand(node, 0)
    guard input.ending == nil else { throw endingRefusal(node, input) }
    guard has(input, Self.planes) else {
      throw node.refused("it reads \(text(input)) instead of [n, channels, height, width]")
    }
    let padding = input.padding
    input.padding = Padding()
    let tensor = tensor(input, for: node.title)
    let shape = draft.tensors[tensor]
    guard let kernel = constant(node, 1), kernel.dimensions.count == 4,
      var weights = try floats(node, 1)
    else { throw node.refused("its weights aren't a constant of four dimensions") }
    if input.isFlipped { weights = weights.reversingInputs(kernel.dimensions) }
    let window = try Window(
      node, kernel: Array(kernel.dimensions[2...]), input: shape, padding: padding)
    let outputs = kernel.dimensions[0]
    let bias = try floats(node, 2) ?? [Float](repeating: 0, count: outputs)
    guard bias.count == outputs else { throw node.refused("its bias has the wrong length") }
    let isDepthwise = window.groups == shape.channels && window.groups > 1
    guard isDepthwise ? outputs == window.groups : window.groups == 1,
      kernel.dimensions[1] * window.groups == shape.channels, outputs > 0
    else {
      throw node.refused(
        "\(window.groups) groups of weights \(kernel.dimensions) on \(shape.channels) channels; "
          + "one group is supported, or one for every channel with one output each")
    }
    let convolution = Convolution(
      inputs: shape.channels, outputs: outputs, kernelHeight: kernel.dimensions[2],
      kernelWidth: kernel.dimensions[3], stride: window.stride, padTop: window.padTop,
      padLeft: window.padLeft, weights: weights, bias: bias)
    append(
      node, .convolution(convolution, isDepthwise: isDepthwise), reading: [tensor],
      giving: Shape(height: window.outputHeight, width: window.outputWidth, channels: outputs),
      axes: Self.planes)
  }

  /// x · s + (offset − mean · s) with s = scale / √(variance + ε).
  mutating func readBatchNormalization(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try operand(node, 0)
    guard operand.axes.count > 1, operand.axes[1] == .channel else {
      throw node.refused("it reads \(text(operand)) instead of [n, channels, …]")
    }
    let channels = draft.tensors[operand.tensor].channels
    var parameters: [[Double]] = []
    for place in 1...4 {
      guard let numbers = try floats(node, place), numbers.count == channels else {
        throw node.refused("parameter \(place) hasn't \(channels) numbers")
      }
      parameters.append(numbers.map(Double.init))
    }
    let (epsilon, isTraining) = try node.checked { node throws(OnnxError) in
      (Double(try node.float("epsilon") ?? 1e-5), try node.int("training_mode") ?? 0)
    }
    guard isTraining == 0 else { throw .trainingMode(node: node.label) }
    let factors = (0..<channels).map { c in
      parameters[0][c] / (parameters[3][c] + epsilon).squareRoot()
    }
    guard factors.allSatisfy({ $0.isFinite && abs($0) < 1e30 }) else {
      throw node.refused("a variance is negative or 0")
    }
    let terms = (0..<channels).map { c in parameters[1][c] - parameters[2][c] * factors[c] }
    apply(node, ChannelMap(factors: factors, terms: terms), to: operand)
  }

  /// Gemm or MatMul: a dense 1x1 convolution.
  mutating func readFullyConnected(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try operand(node, 0)
    let isGemm = node.opType == "Gemm"
    guard let last = operand.axes.last, operand.axes.count > 1, last == .channel,
      operand.axes.count == 2 || !isGemm
    else { throw node.refused("it reads \(text(operand)), of which channels aren't the last") }
    let tensor = tensor(operand, for: node.title)
    let shape = draft.tensors[tensor]
    guard let matrix = constant(node, 1), matrix.dimensions.count == 2,
      var weights = try floats(node, 1)
    else { throw node.refused("its weights aren't a constant matrix") }
    let (alpha, beta, isTransposed) = try node.checked { node throws(OnnxError) in
      guard isGemm else { return (Float(1), Float(1), false) }
      guard try node.int("transA") ?? 0 == 0 else {
        throw .attributeType(node: node.label, attribute: "transA", expected: "0")
      }
      return (
        try node.float("alpha") ?? 1, try node.float("beta") ?? 1,
        try node.int("transB") ?? 0 != 0
      )
    }
    let (inputs, outputs) =
      isTransposed
      ? (matrix.dimensions[1], matrix.dimensions[0]) : (matrix.dimensions[0], matrix.dimensions[1])
    guard inputs == shape.channels, outputs > 0 else {
      throw node.refused("a matrix of \(matrix.dimensions) on \(shape.channels) values")
    }
    if !isTransposed {
      let rows = weights
      for n in 0..<outputs {
        for k in 0..<inputs { weights[n * inputs + k] = rows[k * outputs + n] }
      }
    }
    var bias = isGemm ? try floats(node, 2) ?? [] : []
    // A single number holds for all.
    if bias.count < 2 { bias = Array(repeating: bias.first ?? 0, count: outputs) }
    guard bias.count == outputs else { throw node.refused("its bias has the wrong length") }
    if alpha != 1 { weights = weights.map { $0 * alpha } }
    if beta != 1 { bias = bias.map { $0 * beta } }
    append(
      node,
      .convolution(
        Convolution(
          inputs: inputs, outputs: outputs, kernelHeight: 1, kernelWidth: 1, stride: 1, padTop: 0,
          padLeft: 0, weights: weights, bias: bias), isDepthwise: false),
      reading: [tensor],
      giving: Shape(height: shape.height, width: shape.width, channels: outputs),
      axes: operand.axes)
  }
}
