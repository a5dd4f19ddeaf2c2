import ONNX

/// The arithmetic of the int8 kernels in ONNX's operators, as `OnnxExactWriter` needs it.
extension OnnxGraphWriter {
  /// The numbers by which ONNX names types.
  enum Element: Int64 {
    case float32 = 1
    case uint8 = 2
    case int32 = 6
    case float64 = 11
  }

  /// What weights are shifted by to become bytes without a sign.
  private static let weightZero = 128

  /// Writes what nodes of the other functions share.
  mutating func writeExactConstants() {
    _ = constant("weight_zero", [], .uint8([UInt8(Self.weightZero)]))
    _ = constant("byte_scale", [], .float32([1]))
    _ = constant("byte_zero", [], .uint8([0]))
  }

  /// The sums of products of bytes less their zero with weights, int32.
  ///
  /// Weights are written as uint8 with a zero, the only kind that older versions of onnxruntime take here.
  mutating func integerConvolution(
    _ index: Int, _ c: Convolution, _ groups: Int, _ input: String, _ zero: UInt8,
    _ weights: QuantizedWeights
  ) -> String {
    let name = "layer\(index + 1)"
    let weight = constant(
      "\(name)_weight", [c.outputs, c.inputs / groups, c.kernelHeight, c.kernelWidth],
      .uint8(weights.values.map { UInt8(Int($0) + Self.weightZero) }))
    let inputZero = zero == 0 ? "byte_zero" : constant("\(name)_input_zero", [], .uint8([zero]))
    return add(
      "ConvInteger", [input, weight, inputZero, "weight_zero"], named: "\(name)_sums",
      window(index, c, groups))
  }

  /// x · factor + offset of float32 numbers that are given as float64, rounded to float32 as if once.
  ///
  /// The product is exact in float64, and the sum is rounded to 53 bits before it is rounded to 24. That
  /// gives another byte than a fused operation only if the sum lies within 10⁻¹² of where float32 rounds
  /// the other way, and that border at the one between two bytes.
  mutating func multiplied(
    _ x: String, _ factor: String, adding offset: String, _ name: String
  ) -> String {
    let product = add("Mul", [x, factor], named: "\(name)_product64")
    let sum = add("Add", [product, offset], named: "\(name)_sum64")
    return cast(sum, .float32, "\(name)_fused")
  }

  /// The nearest bytes of float32 numbers, halves to even.
  mutating func nearestBytes(_ numbers: String, _ name: String) -> String {
    add("QuantizeLinear", [numbers, "byte_scale", "byte_zero"], named: "\(name)_bytes")
  }

  /// (byte − zero) · scale as float32.
  mutating func number(of bytes: String, zero: UInt8, scale: Float, _ name: String) -> String {
    let parameters = [
      constant("\(name)_scale", [], .float32([scale])),
      constant("\(name)_zero", [], .uint8([zero])),
    ]
    return add("DequantizeLinear", [bytes] + parameters, named: name)
  }

  /// What a table has for each byte.
  mutating func lookedUp(_ bytes: String, _ table: [UInt8], _ name: String) -> String {
    let place = cast(bytes, .int32, "\(name)_place")
    let list = constant("\(name)_table", [256], .uint8(table))
    return add("Gather", [list, place], named: "\(name)_found", [.init("axis", .int(0))])
  }

  mutating func cast(_ value: String, _ type: Element, _ name: String) -> String {
    add("Cast", [value], named: name, [.init("to", .int(type.rawValue))])
  }

  /// The same numbers as float64.
  mutating func wide(_ value: String) -> String { cast(value, .float64, "\(value)_float64") }

  /// A single float32 number.
  mutating func number(_ name: String, _ value: Float) -> String {
    constant(name, [], .float32([value]))
  }
}
