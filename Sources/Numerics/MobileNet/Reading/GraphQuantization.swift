import ONNX

// Files that were quantized for other engines keep their weights as bytes and mark where values
// become bytes (QuantizeLinear) and numbers again (DequantizeLinear). Here they are read as float32.
extension ConstantOperators {
  /// (x − zero point) · scale, for the whole tensor or along one axis.
  static func dequantized(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    guard let values = input.ints else { throw node.refused("its input isn't whole numbers") }
    let steps = try Steps(node, inputs)
    return Constant(
      dimensions: input.dimensions,
      .floats(
        values.indices.map { place in
          let (scale, zero) = steps[place]
          return Float(Double(values[place]) - Double(zero)) * scale
        }))
  }

  /// x / scale + zero point, rounded to even and within the range of the zero point's type.
  static func quantized(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    guard let values = input.floats, values.allSatisfy(\.isFinite) else {
      throw node.refused("its input isn't finite float32")
    }
    let steps = try Steps(node, inputs)
    let type = inputs.count > 2 ? inputs[2]?.storedType : nil
    let range: ClosedRange<Float> = type == .int8 ? -128...127 : 0...255
    let bytes = values.indices.map { place -> Int64 in
      let (scale, zero) = steps[place]
      let number = (values[place] / scale).rounded(.toNearestOrEven) + Float(zero)
      return Int64(min(max(number, range.lowerBound), range.upperBound))
    }
    return Constant(dimensions: input.dimensions, .ints(bytes))
  }

  /// The scale and zero point of every element.
  private struct Steps {
    private let scales: [Float]
    private let zeros: [Int64]
    /// Elements that follow each other with the same scale.
    private let inner: Int

    init(_ node: OnnxNode, _ inputs: [Constant?]) throws(MobileNetError) {
      let dimensions = try ConstantOperators.first(node, inputs).dimensions
      let scale = try ConstantOperators.first(node, inputs, 1)
      let zero = inputs.count > 2 ? inputs[2] : nil
      guard let scales = scale.floats, scale.dimensions.count <= 1,
        scales.allSatisfy({ $0.isFinite && $0 > 0 }),
        zero?.ints?.count ?? scales.count == scales.count
      else { throw node.refused("its scales and zero points aren't lists of one length") }
      let axis = try node.checked { node throws(OnnxError) in try node.int("axis") ?? 1 }
      let place = Int(clamping: axis < 0 ? axis + Int64(dimensions.count) : axis)
      guard
        scales.count == 1 || dimensions.indices.contains(place) && dimensions[place] == scales.count
      else { throw node.refused("\(scales.count) scales along axis \(axis) of \(dimensions)") }
      self.scales = scales
      zeros = zero?.ints ?? Array(repeating: 0, count: scales.count)
      inner = scales.count == 1 ? 1 : Places.strides(dimensions)[place]
    }

    subscript(_ element: Int) -> (scale: Float, zero: Int64) {
      let channel = element / inner % scales.count
      return (scales[channel], zeros[channel])
    }
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
    let least: Int64
    switch zero?.storedType {
    case nil, .uint8?: least = 0
    case .int8?: least = -128
    default: throw node.refused("values become bytes only")
    }
    guard zero?.ints?.first ?? 0 == least, draft.isSum(operand.tensor), operand.function.low < 0
    else { return define(node, operand) }
    let high = 255 * Double(scale[0])
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
    case .averagePool, .concatenate, .activation: false
    }
  }
}
