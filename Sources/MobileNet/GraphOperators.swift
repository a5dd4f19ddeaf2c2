import Kernels
import ONNX

// MARK: - Sums

extension GraphReader {
  mutating func readConvolution(_ node: OnnxNode) throws(MobileNetError) {
    let input = try tensor(node, 0)
    let shape = network.tensors[input]
    guard let kernel = constant(node, 1), kernel.dimensions.count == 4,
      let weights = try floats(node, 1)
    else { throw node.refused("its weights aren't a constant of four dimensions") }
    let window = try Window(node, kernel: kernel.dimensions, input: shape)
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
      node, isDepthwise ? .depthwise(convolution) : .convolution(convolution), reading: [input],
      giving: Shape(height: window.outputHeight, width: window.outputWidth, channels: outputs))
  }

  /// Folds into the convolution before it: w · s and (b − mean) · s + offset with
  /// s = scale / √(variance + ε), each computed in Double and rounded once.
  mutating func readBatchNormalization(_ node: OnnxNode) throws(MobileNetError) {
    guard let index = try foldable(node) else {
      throw node.refused("it has to follow a convolution that nothing else reads")
    }
    let channels = network.tensors[network.layers[index].output].channels
    var parameters: [[Float]] = []
    for place in 1...4 {
      guard let numbers = try floats(node, place), numbers.count == channels else {
        throw node.refused("parameter \(place) hasn't \(channels) numbers")
      }
      parameters.append(numbers)
    }
    let epsilon = try node.checked { node throws(OnnxError) in try node.float("epsilon") ?? 1e-5 }
    let factors = (0..<channels).map { c in
      Double(parameters[0][c]) / (Double(parameters[3][c]) + Double(epsilon)).squareRoot()
    }
    guard factors.allSatisfy({ $0.isFinite && abs($0) < 1e30 }) else {
      throw node.refused("a variance is negative or 0")
    }
    let isFolded = update(index) { convolution, _ in
      let perOutput = convolution.weights.count / convolution.outputs
      for place in convolution.weights.indices {
        convolution.weights[place] = Float(
          Double(convolution.weights[place]) * factors[place / perOutput])
      }
      for c in 0..<channels {
        convolution.bias[c] = Float(
          (Double(convolution.bias[c]) - Double(parameters[2][c])) * factors[c]
            + Double(parameters[1][c]))
      }
    }
    guard isFolded else { throw node.refused("it follows something else than a convolution") }
    alias(node, network.layers[index].output)
  }

  /// Gemm or MatMul on a vector: a dense 1x1 convolution of one pixel.
  mutating func readFullyConnected(_ node: OnnxNode) throws(MobileNetError) {
    let input = try tensor(node, 0)
    let shape = network.tensors[input]
    guard shape.height == 1, shape.width == 1 else {
      throw node.refused("its input has \(shape.height)x\(shape.width) pixels instead of one")
    }
    guard let matrix = constant(node, 1), matrix.dimensions.count == 2,
      var weights = try floats(node, 1)
    else { throw node.refused("its weights aren't a constant matrix") }
    let isTransposed = try node.checked { node throws(OnnxError) in
      guard node.opType == "Gemm" else { return false }
      guard try node.float("alpha") ?? 1 == 1, try node.float("beta") ?? 1 == 1,
        try node.int("transA") ?? 0 == 0
      else {
        throw .attributeType(
          node: node.label, attribute: "alpha, beta or transA", expected: "plain")
      }
      return try node.int("transB") ?? 0 != 0
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
    let bias =
      node.opType == "Gemm"
      ? try floats(node, 2) ?? [Float](repeating: 0, count: outputs)
      : [Float](repeating: 0, count: outputs)
    guard bias.count == outputs else { throw node.refused("its bias has the wrong length") }
    append(
      node,
      .convolution(
        Convolution(
          inputs: inputs, outputs: outputs, kernelHeight: 1, kernelWidth: 1, stride: 1, padTop: 0,
          padLeft: 0, weights: weights, bias: bias)),
      reading: [input], giving: Shape(height: 1, width: 1, channels: outputs))
  }

  /// A sum or product of two tensors, or a bias added to a fully connected layer.
  mutating func readCombination(
    _ node: OnnxNode, _ operation: KernelTable.Binary
  ) throws(MobileNetError) {
    guard node.inputs.count == 2 else { throw node.refused("two inputs are expected") }
    if operation == .add, constant(node, 0) != nil || constant(node, 1) != nil {
      return try readBias(node)
    }
    var (a, b) = (try tensor(node, 0), try tensor(node, 1))
    if network.tensors[a].height == 1, network.tensors[a].width == 1 { swap(&a, &b) }
    let (left, right) = (network.tensors[a], network.tensors[b])
    let isBroadcast = right.height == 1 && right.width == 1 && operation == .multiply
    guard left == right || isBroadcast && left.channels == right.channels else {
      throw node.refused("shapes \(left.text) and \(right.text) don't fit")
    }
    append(node, .combine(operation, .none), reading: [a, b], giving: left)
  }

  private mutating func readBias(_ node: OnnxNode) throws(MobileNetError) {
    var node = node
    if constant(node, 0) != nil { node.inputs.swapAt(0, 1) }
    guard let index = try foldable(node), let numbers = try floats(node, 1),
      numbers.count == network.tensors[network.layers[index].output].channels,
      update(
        index,
        { convolution, _ in
          for c in numbers.indices { convolution.bias[c] += numbers[c] }
        })
    else { throw node.refused("a constant can only be added as the bias of a layer before it") }
    alias(node, network.layers[index].output)
  }
}

// MARK: - Everything else

extension GraphReader {
  func clip(_ node: OnnxNode) throws(MobileNetError) -> Activation {
    let (low, high) = try node.checked { node throws(OnnxError) in
      (try node.float("min"), try node.float("max"))
    }
    let bounds = (
      low: try floats(node, 1)?.first ?? low ?? -.infinity,
      high: try floats(node, 2)?.first ?? high ?? .infinity
    )
    guard bounds.low <= bounds.high else { throw node.refused("its bounds are \(bounds)") }
    return .clip(low: bounds.low, high: bounds.high)
  }

  mutating func readPool(_ node: OnnxNode) throws(MobileNetError) {
    let input = try tensor(node, 0)
    let channels = network.tensors[input].channels
    append(
      node, .averagePool, reading: [input], giving: Shape(height: 1, width: 1, channels: channels))
  }

  mutating func readReduceMean(_ node: OnnxNode) throws(MobileNetError) {
    let listed = try node.checked { node throws(OnnxError) in try node.ints("axes") }
    let axes = (listed ?? constant(node, 1)?.ints ?? []).map { $0 < 0 ? $0 + 4 : $0 }.sorted()
    guard axes == [2, 3] else {
      throw node.refused("the mean is taken over axes \(axes), supported is over 2 and 3")
    }
    try readPool(node)
  }

  mutating func readConstant(_ node: OnnxNode) throws(MobileNetError) {
    let value = try node.checked { node throws(OnnxError) in try node.tensor("value") }
    guard let value else { throw node.refused("only tensor constants are supported") }
    define(node, value)
  }

  mutating func readReshape(_ node: OnnxNode) throws(MobileNetError) {
    let input = try tensor(node, 0)
    let shape = network.tensors[input]
    guard shape.height == 1, shape.width == 1 else {
      throw node.refused(
        "\(shape.text) changes its shape; only pooled features, of one pixel, may do so")
    }
    alias(node, input)
  }
}

extension Shape {
  var text: String { "\(channels)x\(height)x\(width)" }
}
