import Glibc
import ONNX

/// Runs ONNX graphs by the letter of the operators' definitions, in double precision and as plainly
/// as possible: what `Backbone` is compared with.
struct Interpreter {
  struct Value {
    var dimensions: [Int]
    var numbers: [Double]
  }

  private var values: [String: Value] = [:]

  /// The graph's first output for one input.
  static func run(_ model: OnnxModel, input: [Double], dimensions: [Int]) throws -> [Double] {
    var interpreter = Interpreter()
    for tensor in model.initializers { interpreter.values[tensor.name] = Value(tensor) }
    let name = model.inputs[0].name
    interpreter.values[name] = Value(dimensions: dimensions, numbers: input)
    for node in model.nodes {
      interpreter.values[node.outputs[0]] = try interpreter.result(of: node)
    }
    return interpreter.values[model.outputs[0].name]?.numbers ?? []
  }

  private func result(of node: OnnxNode) throws -> Value {
    let inputs = node.inputs.map { values[$0] ?? Value(dimensions: [0], numbers: []) }
    func x(_ place: Int = 0) -> Value { inputs[place] }
    func list(_ place: Int) -> [Int]? {
      place < inputs.count ? inputs[place].numbers.map { Int($0) } : nil
    }
    switch node.opType {
    case "Conv": return try convolution(node, inputs)
    case "Add": return x().combined(x(1), +)
    case "Sub": return x().combined(x(1), -)
    case "Mul": return x().combined(x(1), *)
    case "Div": return x().combined(x(1), /)
    case "Min": return x().combined(x(1), min)
    case "Max": return x().combined(x(1), max)
    case "Sqrt": return x().map { $0.squareRoot() }
    case "Reciprocal": return x().map { 1 / $0 }
    case "Relu": return x().map { max($0, 0) }
    case "Clip":
      let low = try node.float("min").map(Double.init) ?? inputs.dropFirst().first?.numbers.first
      let high = try node.float("max").map(Double.init) ?? inputs.dropFirst(2).first?.numbers.first
      return x().map { min(max($0, low ?? -.infinity), high ?? .infinity) }
    case "HardSwish": return x().map { $0 * min(max($0 / 6 + 0.5, 0), 1) }
    case "HardSigmoid":
      let (alpha, beta) = (
        Double(try node.float("alpha") ?? 0.2), Double(try node.float("beta") ?? 0.5)
      )
      return x().map { min(max(alpha * $0 + beta, 0), 1) }
    case "BatchNormalization":
      let epsilon = Double(try node.float("epsilon") ?? 1e-5)
      let perChannel = [x(1), x(2), x(3), x(4)].map { value in
        Value(dimensions: [value.numbers.count, 1, 1], numbers: value.numbers)
      }
      return x().combined(perChannel[2], -)
        .combined(perChannel[3].map { 1 / ($0 + epsilon).squareRoot() }, *)
        .combined(perChannel[0], *).combined(perChannel[1], +)
    case "AveragePool": return try averagePool(node, x())
    case "GlobalAveragePool": return x().mean(over: [2, 3], keeping: true)
    case "ReduceMean":
      let axes = try node.ints("axes").map { $0.map { Int($0) } } ?? list(1) ?? []
      let rank = x().dimensions.count
      return x().mean(
        over: axes.map { $0 < 0 ? $0 + rank : $0 }, keeping: try node.int("keepdims") ?? 1 != 0)
    case "Identity", "Dropout", "Softmax", "Cast": return x()
    case "Constant": return try node.tensor("value").map(Value.init) ?? x()
    case "Shape":
      return Value(
        dimensions: [x().dimensions.count], numbers: x().dimensions.map { Double($0) })
    case "Gather":
      return Value(dimensions: x(1).dimensions, numbers: x(1).numbers.map { x().numbers[Int($0)] })
    case "Sigmoid": return x().map { 1 / (1 + exp(-$0)) }
    case "Concat":
      // Of lists, or of the channels of one image: both lie one after the other.
      let joined = inputs.flatMap(\.numbers)
      var dimensions = x().dimensions
      dimensions[x().dimensions.count > 1 ? 1 : 0] = inputs.reduce(0) {
        $0 + $1.dimensions[x().dimensions.count > 1 ? 1 : 0]
      }
      return Value(dimensions: dimensions, numbers: joined)
    case "Flatten":
      return Value(
        dimensions: [x().dimensions[0], x().dimensions[1...].reduce(1, *)], numbers: x().numbers)
    case "Reshape": return x().reshaped(list(1) ?? [])
    case "Squeeze", "Unsqueeze":
      let axes = try node.ints("axes").map { $0.map { Int($0) } } ?? list(1) ?? []
      var dimensions = x().dimensions
      if node.opType == "Squeeze" {
        dimensions = dimensions.indices.filter { !axes.contains($0) }.map { dimensions[$0] }
      } else {
        for axis in axes.sorted() { dimensions.insert(1, at: axis) }
      }
      return Value(dimensions: dimensions, numbers: x().numbers)
    case "Transpose": return x().transposed(try (node.ints("perm") ?? []).map { Int($0) })
    case "Pad":
      return x().padded(try node.ints("pads").map { $0.map { Int($0) } } ?? list(1) ?? [])
    case "Gemm", "MatMul": return try product(node, inputs)
    default: preconditionFailure("the interpreter has no \(node.opType)")
    }
  }

  private func convolution(_ node: OnnxNode, _ inputs: [Value]) throws -> Value {
    let pads = try (node.ints("pads") ?? [0, 0, 0, 0]).map { Int($0) }
    let stride = Int(try (node.ints("strides") ?? [1, 1])[0])
    let groups = Int(try node.int("group") ?? 1)
    let x = inputs[0].padded([0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]])
    let w = inputs[1]
    let (outputs, perGroup) = (w.dimensions[0], w.dimensions[1])
    let (height, width) = (
      (x.dimensions[2] - w.dimensions[2]) / stride + 1,
      (x.dimensions[3] - w.dimensions[3]) / stride + 1
    )
    var numbers: [Double] = []
    for n in 0..<outputs {
      for row in 0..<height {
        for column in 0..<width {
          var sum = inputs.count > 2 ? inputs[2].numbers[n] : 0
          for k in 0..<perGroup {
            let channel = n / (outputs / groups) * perGroup + k
            for ky in 0..<w.dimensions[2] {
              for kx in 0..<w.dimensions[3] {
                sum +=
                  x.numbers[
                    (channel * x.dimensions[2] + row * stride + ky) * x.dimensions[3]
                      + column * stride + kx]
                  * w.numbers[((n * perGroup + k) * w.dimensions[2] + ky) * w.dimensions[3] + kx]
              }
            }
          }
          numbers.append(sum)
        }
      }
    }
    return Value(dimensions: [1, outputs, height, width], numbers: numbers)
  }

  /// Windows of the definition, padding counted; SAME_UPPER gives what doesn't halve to the end.
  private func averagePool(_ node: OnnxNode, _ x: Value) throws -> Value {
    let kernel = try (node.ints("kernel_shape") ?? []).map { Int($0) }
    let stride = Int(try (node.ints("strides") ?? [1, 1])[0])
    var pads = try (node.ints("pads") ?? [0, 0, 0, 0]).map { Int($0) }
    if try node.string("auto_pad") == "SAME_UPPER" {
      let sums = [0, 1].map { axis in
        let extent = x.dimensions[axis + 2]
        return max(((extent + stride - 1) / stride - 1) * stride + kernel[axis] - extent, 0)
      }
      pads = sums.map { $0 / 2 } + sums.map { $0 - $0 / 2 }
    }
    let channels = x.dimensions[1]
    let weight = OnnxTensor(
      name: "mean", dimensions: [channels, 1, kernel[0], kernel[1]],
      elements: .float32(
        Array(
          repeating: 1 / Float(kernel[0] * kernel[1]), count: channels * kernel[0] * kernel[1])))
    return try convolution(
      OnnxNode(
        opType: "Conv", inputs: [], outputs: [],
        attributes: [
          OnnxAttribute("group", .int(Int64(channels))),
          OnnxAttribute("pads", .ints(pads.map { Int64($0) })),
          OnnxAttribute("strides", .ints([Int64(stride), Int64(stride)])),
        ]), [x, Value(weight)])
  }

  private func product(_ node: OnnxNode, _ inputs: [Value]) throws -> Value {
    let isTransposed = try node.int("transB") ?? 0 != 0
    let matrix = isTransposed ? inputs[1].transposed([1, 0]) : inputs[1]
    let (inner, outputs) = (matrix.dimensions[0], matrix.dimensions[1])
    let rows = inputs[0].numbers.count / inner
    var numbers: [Double] = []
    for row in 0..<rows {
      for n in 0..<outputs {
        numbers.append(
          (0..<inner).reduce(0) {
            $0 + inputs[0].numbers[row * inner + $1] * matrix.numbers[$1 * outputs + n]
          })
      }
    }
    let result = Value(dimensions: inputs[0].dimensions.dropLast() + [outputs], numbers: numbers)
    return inputs.count > 2 ? result.combined(inputs[2], +) : result
  }
}

extension Interpreter.Value {
  init(_ tensor: OnnxTensor) {
    let numbers: [Double] =
      switch tensor.elements {
      case .float32(let values): values.map(Double.init)
      case .int64(let values): values.map(Double.init)
      case .int32(let values): values.map(Double.init)
      case .uint8(let values): values.map(Double.init)
      case .int8(let values): values.map(Double.init)
      case .bool(let values): values.map { $0 ? 1 : 0 }
      }
    self.init(dimensions: tensor.dimensions, numbers: numbers)
  }

  func map(_ change: (Double) -> Double) -> Self {
    Self(dimensions: dimensions, numbers: numbers.map(change))
  }

  /// Every element by its indices.
  private static func build(
    _ dimensions: [Int], _ number: (_ indices: [Int]) -> Double
  ) -> Self {
    let count = dimensions.reduce(1, *)
    let numbers = (0..<count).map { place -> Double in
      var (rest, indices) = (place, [Int](repeating: 0, count: dimensions.count))
      for axis in dimensions.indices.reversed() {
        (rest, indices[axis]) = rest.quotientAndRemainder(dividingBy: dimensions[axis])
      }
      return number(indices)
    }
    return Self(dimensions: dimensions, numbers: numbers)
  }

  /// The element at indices counted from the last dimension; dimensions of 1 hold for all.
  private func element(_ indices: some Collection<Int>) -> Double {
    var place = 0
    for (extent, index) in zip(dimensions, indices.suffix(dimensions.count)) {
      place = place * extent + (extent == 1 ? 0 : index)
    }
    return numbers[place]
  }

  func combined(_ other: Self, _ operation: (Double, Double) -> Double) -> Self {
    let rank = max(dimensions.count, other.dimensions.count)
    let shapes = [self, other].map {
      [Int](repeating: 1, count: rank - $0.dimensions.count) + $0.dimensions
    }
    return Self.build(zip(shapes[0], shapes[1]).map(max)) {
      operation(element($0), other.element($0))
    }
  }

  func transposed(_ order: [Int]) -> Self {
    Self.build(order.map { dimensions[$0] }) { indices in
      var source = indices
      for (place, axis) in order.enumerated() { source[axis] = indices[place] }
      return element(source)
    }
  }

  func reshaped(_ target: [Int]) -> Self {
    var result = target.enumerated().map { $1 == 0 ? dimensions[$0] : $1 }
    if let place = result.firstIndex(of: -1) {
      result[place] = -numbers.count / result.reduce(1, *)
    }
    return Self(dimensions: result, numbers: numbers)
  }

  func padded(_ pads: [Int]) -> Self {
    let rank = dimensions.count
    let extents = dimensions.indices.map { dimensions[$0] + pads[$0] + pads[$0 + rank] }
    return Self.build(extents) { indices in
      let source = indices.indices.map { indices[$0] - pads[$0] }
      let isInside = source.indices.allSatisfy { (0..<dimensions[$0]).contains(source[$0]) }
      return isInside ? element(source) : 0
    }
  }

  func mean(over axes: [Int], keeping isKept: Bool) -> Self {
    var kept = dimensions
    for axis in axes { kept[axis] = 1 }
    var sums = [Double](repeating: 0, count: kept.reduce(1, *))
    let all = Self.build(dimensions) { indices in
      var place = 0
      for axis in kept.indices {
        place = place * kept[axis] + (kept[axis] == 1 ? 0 : indices[axis])
      }
      sums[place] += element(indices)
      return 0
    }
    let count = Double(all.numbers.count / sums.count)
    let rest = dimensions.indices.filter { isKept || !axes.contains($0) }.map { kept[$0] }
    return Self(dimensions: rest, numbers: sums.map { $0 / count })
  }
}
