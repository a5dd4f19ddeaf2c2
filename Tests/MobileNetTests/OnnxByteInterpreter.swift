import Glibc
import ONNX

/// Runs ONNX graphs of bytes by the letter of the operators' definitions, one picture at a time: every
/// element has its type's range and precision, unlike those of `Interpreter`.
///
/// Where a definition leaves the order of float32 additions open (Conv, Gemm, ReduceSum), it is that of
/// `tl`'s kernels: from the bias, fused, in the order of the inputs.
struct OnnxByteInterpreter {
  /// The element types that such graphs have, by ONNX's numbers.
  enum Element: Int64 {
    case float32 = 1
    case uint8 = 2
    case int8 = 3
    case int32 = 6
    case int64 = 7
    case float64 = 11

    /// The nearest that elements of this type can hold; nil beyond the range of an integer.
    ///
    /// Of sums and products of float32 numbers, float64 holds enough that rounding twice is rounding once.
    func rounded(_ number: Double) -> Double? {
      switch self {
      case .float32: Double(Float(number))
      case .float64: number
      case .uint8: UInt8(exactly: number.rounded(.towardZero)).map(Double.init)
      case .int8: Int8(exactly: number.rounded(.towardZero)).map(Double.init)
      case .int32: Int32(exactly: number.rounded(.towardZero)).map(Double.init)
      case .int64: Int64(exactly: number.rounded(.towardZero)).map(Double.init)
      }
    }
  }

  struct Value {
    let type: Element
    let content: Interpreter.Value

    var dimensions: [Int] { content.dimensions }
    var numbers: [Double] { content.numbers }
  }

  /// What is wrong with a graph.
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  private var values: [String: Value] = [:]

  /// All values of the graph, by their names.
  static func run(_ model: OnnxModel, input: Value) throws -> [String: Value] {
    var interpreter = OnnxByteInterpreter()
    for tensor in model.initializers {
      guard let type = Element(rawValue: Int64(tensor.elements.type.rawValue)),
        interpreter.values[tensor.name] == nil
      else { throw Fault(description: "constant \(tensor.name)") }
      interpreter.values[tensor.name] = Value(type: type, content: Interpreter.Value(tensor))
    }
    interpreter.values[model.inputs[0].name] = input
    for node in model.nodes {
      guard interpreter.values[node.outputs[0]] == nil else {
        throw Fault(description: "two values are called \(node.outputs[0])")
      }
      let (type, content) = try interpreter.result(of: node)
      let numbers = content.numbers.compactMap { type.rounded($0) }
      guard numbers.count == content.numbers.count else {
        throw Fault(description: "\(node.label) leaves the range of its type")
      }
      interpreter.values[node.outputs[0]] = Value(
        type: type, content: .init(dimensions: content.dimensions, numbers: numbers))
    }
    return interpreter.values
  }

  private func result(of node: OnnxNode) throws -> (Element, Interpreter.Value) {
    // Optional inputs that are left out come last.
    let inputs = try node.inputs.filter { !$0.isEmpty }.map { name in
      guard let value = values[name] else {
        throw Fault(description: "\(node.label) reads \(name), which isn't there yet")
      }
      return value
    }
    func expect(_ types: Element...) throws {
      guard inputs.map(\.type) == types else {
        throw Fault(description: "\(node.label) has inputs of \(inputs.map(\.type))")
      }
    }
    let x = inputs[0].content
    let axis = Int(try node.int("axis") ?? 0)
    switch node.opType {
    case "Add", "Sub", "Mul":
      try expect(inputs[0].type, inputs[0].type)
      let operations: [String: (Double, Double) -> Double] = ["Add": (+), "Sub": (-)]
      return (inputs[0].type, x.combined(inputs[1].content, operations[node.opType] ?? (*)))
    case "Cast":
      guard let type = try node.int("to").flatMap({ Element(rawValue: $0) }) else { break }
      return (type, x)
    case "Transpose":
      return (inputs[0].type, x.transposed(try (node.ints("perm") ?? []).map { Int($0) }))
    case "ConvInteger":
      try expect(.uint8, .uint8, .uint8, .uint8)
      let zeros = inputs[2...].map { $0.numbers[0] }
      return (
        .int32,
        try convolved(node, x.map { $0 - zeros[0] }, inputs[1].content.map { $0 - zeros[1] }) {
          _, products in products.reduce(0) { $0 + $1.0 * $1.1 }
        }
      )
    case "Conv":
      try expect(.float32, .float32, .float32)
      return (
        .float32, try convolved(node, x, inputs[1].content) { chain(inputs[2].numbers[$0], $1) }
      )
    case "QuantizeLinear":
      try expect(.float32, .float32, .uint8)
      let (scale, zero) = (inputs[1].numbers[0], inputs[2].numbers[0])
      return (
        .uint8,
        x.map { number in
          min(max(Double(Float(number / scale)).rounded(.toNearestOrEven) + zero, 0), 255)
        }
      )
    case "DequantizeLinear":
      try expect(.uint8, .float32, .uint8)
      let (scale, zero) = (inputs[1].numbers[0], inputs[2].numbers[0])
      return (.float32, x.map { ($0 - zero) * scale })
    case "Gather":
      return (inputs[0].type, try gathered(x, inputs[1].content, axis: axis))
    case "Concat": return (inputs[0].type, try joined(inputs.map(\.content), axis: axis))
    case "Flatten": return (inputs[0].type, x.reshaped([1, -1]))
    case "ReduceSum":
      try expect(.int32, .int64)
      guard x.dimensions.count == 4, inputs[1].numbers == [2, 3] else { break }
      let pixels = x.dimensions[2] * x.dimensions[3]
      let sums = stride(from: 0, to: x.numbers.count, by: pixels).map {
        x.numbers[$0..<$0 + pixels].reduce(0, +)
      }
      return (.int32, .init(dimensions: [1, sums.count, 1, 1], numbers: sums))
    case "Clip":
      let (low, high) = (bound(node, 1) ?? -.infinity, bound(node, 2) ?? .infinity)
      return (.float32, x.map { min(max($0, low), high) })
    case "HardSigmoid":
      let (alpha, beta) = (try node.float("alpha") ?? 0.2, try node.float("beta") ?? 0.5)
      return (.float32, x.map { Double(min(max(alpha * Float($0) + beta, 0), 1)) })
    case "Sigmoid": return (.float32, x.map { 1 / (1 + exp(-$0)) })
    case "Gemm":
      try expect(.float32, .float32, .float32)
      let (rows, count) = (inputs[1].dimensions[0], x.numbers.count)
      let sums = (0..<rows).map { row in
        chain(
          inputs[2].numbers[row],
          zip(x.numbers, inputs[1].numbers[row * count..<(row + 1) * count]))
      }
      return (.float32, .init(dimensions: [1, rows], numbers: sums))
    case "Softmax":
      let powers = x.map { exp($0) }
      let sum = powers.numbers.reduce(0, +)
      return (.float32, powers.map { $0 / sum })
    default: break
    }
    throw Fault(description: "\(node.label) isn't known in this form")
  }

  /// The bound that an input gives; nil where it is left out.
  private func bound(_ node: OnnxNode, _ place: Int) -> Double? {
    place < node.inputs.count ? values[node.inputs[place]]?.numbers[0] : nil
  }

  /// start + a · b + a · b …, every step a fused float32 operation.
  private func chain(_ start: Double, _ products: some Sequence<(Double, Double)>) -> Double {
    Double(
      products.reduce(Float(start)) { sum, pair in
        sum.addingProduct(Float(pair.0), Float(pair.1))
      })
  }

  /// Parts of a value along an axis, in the places that the indices have; of a list anywhere.
  private func gathered(
    _ x: Interpreter.Value, _ indices: Interpreter.Value, axis: Int
  ) throws -> Interpreter.Value {
    guard x.dimensions.count == 1 || indices.dimensions.count == 1 else {
      throw Fault(description: "indices of \(indices.dimensions.count) dimensions")
    }
    let inner = x.dimensions[(axis + 1)...].reduce(1, *)
    let outer = x.dimensions[..<axis].reduce(1, *)
    let extent = x.dimensions[axis]
    let numbers = (0..<outer).flatMap { place in
      indices.numbers.flatMap { index -> ArraySlice<Double> in
        let first = (place * extent + Int(index)) * inner
        return x.numbers[first..<first + inner]
      }
    }
    return .init(
      dimensions: x.dimensions[..<axis] + indices.dimensions + x.dimensions[(axis + 1)...],
      numbers: numbers)
  }

  private func joined(
    _ parts: [Interpreter.Value], axis: Int
  ) throws -> Interpreter.Value {
    var dimensions = parts[0].dimensions
    // What lies before the axis is one picture, so that the parts lie one after the other.
    guard axis == 1, dimensions[0] == 1 else { throw Fault(description: "Concat on axis \(axis)") }
    dimensions[1] = parts.reduce(0) { $0 + $1.dimensions[1] }
    return .init(dimensions: dimensions, numbers: parts.flatMap(\.numbers))
  }

  /// A convolution whose sums a function makes of an output channel and its factors, padded with 0.
  private func convolved(
    _ node: OnnxNode, _ image: Interpreter.Value, _ w: Interpreter.Value,
    _ sum: (_ output: Int, _ products: [(Double, Double)]) -> Double
  ) throws -> Interpreter.Value {
    let pads = try (node.ints("pads") ?? [0, 0, 0, 0]).map { Int($0) }
    let steps = try (node.ints("strides") ?? [1, 1]).map { Int($0) }
    let groups = Int(try node.int("group") ?? 1)
    let x = image.padded([0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]])
    let (outputs, inputs, rows, columns) = (
      w.dimensions[0], w.dimensions[1], w.dimensions[2], w.dimensions[3]
    )
    guard inputs * groups == x.dimensions[1], steps[0] == steps[1] else {
      throw Fault(description: "\(node.label) has \(inputs) inputs in \(groups) groups")
    }
    let height = (x.dimensions[2] - rows) / steps[0] + 1
    let width = (x.dimensions[3] - columns) / steps[1] + 1
    var numbers: [Double] = []
    for output in 0..<outputs {
      let first = output / (outputs / groups) * inputs
      for place in 0..<height * width {
        var products: [(Double, Double)] = []
        for tap in 0..<inputs * rows * columns {
          let row = place / width * steps[0] + tap / columns % rows
          let column = place % width * steps[1] + tap % columns
          let channel = first + tap / (rows * columns)
          products.append(
            (
              x.numbers[(channel * x.dimensions[2] + row) * x.dimensions[3] + column],
              w.numbers[output * inputs * rows * columns + tap]
            ))
        }
        numbers.append(sum(output, products))
      }
    }
    return .init(dimensions: [1, outputs, height, width], numbers: numbers)
  }
}
