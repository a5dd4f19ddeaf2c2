import ONNX

// Files that were quantized for other engines keep their weights as bytes and mark where values
// become bytes (QuantizeLinear) and numbers again (DequantizeLinear). Here they are read as float32.
extension ConstantOperators {
  /// (x − zero point) · scale, for the whole tensor or along one axis.
  static func dequantized(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    let scale = try first(node, inputs, 1)
    let zero = inputs.count > 2 ? inputs[2] : nil
    guard let values = input.ints, let scales = scale.floats,
      scale.dimensions.count <= 1, zero?.ints?.count ?? scales.count == scales.count
    else { throw node.refused("its scales and zero points aren't numbers or lists of one length") }
    let listed = try node.checked { node throws(OnnxError) in try node.int("axis") ?? 1 }
    let rank = input.dimensions.count
    let axis = Int(clamping: listed < 0 ? listed + Int64(rank) : listed)
    guard scales.count == 1 || axis >= 0 && axis < rank && input.dimensions[axis] == scales.count
    else { throw node.refused("\(scales.count) scales along axis \(listed)") }
    let inner = scales.count == 1 ? 1 : Places.strides(input.dimensions)[axis]
    let zeros = zero?.ints ?? Array(repeating: 0, count: scales.count)
    let numbers = values.indices.map { place in
      let channel = place / inner % scales.count
      return Float(Double(values[place]) - Double(zeros[channel])) * scales[channel]
    }
    return Constant(dimensions: input.dimensions, .floats(numbers))
  }
}

extension GraphReader {
  /// Rounding is left out, but not the range: quantizers drop a ReLU whose bounds are those of the
  /// bytes.
  mutating func readQuantize(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try operand(node, 0)
    guard let scale = try floats(node, 1), scale.count == 1, scale[0] > 0 else {
      throw node.refused("its scale isn't one constant number above 0")
    }
    let zero = constant(node, 2)
    let (least, most): (Int64, Int64)
    switch zero?.storedType {
    case nil, .uint8?: (least, most) = (0, 255)
    case .int8?: (least, most) = (-128, 127)
    default: throw node.refused("values become bytes only")
    }
    guard zero?.ints?.first ?? 0 == least, draft.isSum(operand.tensor), operand.function.low < 0
    else { return define(node, operand) }
    let high = Double(most - least) * Double(scale[0])
    define(node, try applied(node) { $0.clipped(low: 0, high: high) })
  }

  /// What a QuantizeLinear before it gave, as the number that it was.
  mutating func readDequantize(_ node: OnnxNode) throws(MobileNetError) {
    define(node, try anyOperand(node, 0))
  }
}

extension Draft {
  /// Whether a tensor is what a convolution or a sum gives, before any activation.
  fileprivate func isSum(_ tensor: TensorIndex) -> Bool {
    guard let step = steps.first(where: { $0.output == tensor }) else { return false }
    return switch step.operation {
    case .convolution, .combine, .map: true
    case .averagePool, .activation: false
    }
  }
}
