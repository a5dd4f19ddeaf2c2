import ONNX

/// Computes the nodes of which all inputs are constants: exporters leave chains of them, above all
/// to work out shapes.
struct ConstantOperators {
  /// The most elements that a graph's chains may compute altogether: several times the weights of a
  /// MobileNet. A few bytes of a file can ask for any number.
  static let elementCountMax = 1 << 25
  /// The most elements of one result.
  static let resultCountMax = 1 << 22

  private var elementCount = 0

  /// - Returns: nil for an operator that isn't computed on constants
  mutating func compute(_ node: OnnxNode, _ inputs: [Constant?]) throws(MobileNetError) -> Constant?
  {
    guard let result = try Self.result(node, inputs) else { return nil }
    elementCount += result.numbers.count
    guard elementCount <= Self.elementCountMax else {
      throw node.refused("the graph computes more constants than any classifier needs")
    }
    return result
  }

  private static func result(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant? {
    switch node.opType {
    case "Add", "Sub", "Mul", "Div", "Min", "Max": return try arithmetic(node, inputs)
    case "Ceil", "Floor", "Neg", "Reciprocal", "Sqrt": return try unary(node, inputs)
    case "Clip": return try clip(node, inputs)
    case "Cast": return try cast(node, inputs)
    case "CastLike", "Identity": return try first(node, inputs)
    case "Concat": return try concatenate(node, inputs)
    case "ConstantOfShape": return try filled(node, inputs)
    case "DequantizeLinear": return try dequantized(node, inputs)
    case "Expand": return try expand(node, inputs)
    case "Gather": return try gather(node, inputs)
    case "QuantizeLinear": return try quantized(node, inputs)
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze":
      let input = try first(node, inputs)
      let dimensions = try ShapeChange(node, inputs.dropFirst().first ?? nil).applied(
        to: input.dimensions, node)
      return Constant(dimensions: dimensions, input.numbers)
    case "Shape": return Constant(list: try node.range(of: first(node, inputs).dimensions))
    case "Slice": return try slice(node, inputs)
    case "Transpose": return try transpose(node, inputs)
    default: return nil
    }
  }
}

// MARK: - Arithmetic

extension ConstantOperators {
  static func first(
    _ node: OnnxNode, _ inputs: [Constant?], _ place: Int = 0
  ) throws(MobileNetError) -> Constant {
    guard place < inputs.count, let input = inputs[place] else {
      throw node.refused("input \(place) is missing")
    }
    return input
  }

  private static func arithmetic(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    var result = try first(node, inputs)
    for place in inputs.indices.dropFirst() {
      let other = try first(node, inputs, place)
      guard let dimensions = Places.broadcast(result.dimensions, other.dimensions) else {
        throw node.refused("shapes \(result.dimensions) and \(other.dimensions) don't fit")
      }
      try check(node, dimensions)
      let left = Places.broadcast(result.dimensions, to: dimensions)
      let right = Places.broadcast(other.dimensions, to: dimensions)
      switch (result.numbers, other.numbers) {
      case (.floats(let a), .floats(let b)):
        result.numbers = .floats(
          zip(left, right).map { combined(node.opType, a[$0], b[$1]) })
      case (.ints(let a), .ints(let b)):
        var values: [Int64] = []
        for (i, j) in zip(left, right) {
          guard let value = combined(node.opType, a[i], b[j]) else {
            throw node.refused("\(a[i]) and \(b[j]) give no 64-bit integer")
          }
          values.append(value)
        }
        result.numbers = .ints(values)
      default: throw node.refused("its inputs are of two types")
      }
      result.dimensions = dimensions
    }
    return result
  }

  private static func combined(_ operation: String, _ a: Float, _ b: Float) -> Float {
    switch operation {
    case "Add": a + b
    case "Sub": a - b
    case "Mul": a * b
    case "Div": a / b
    case "Min": min(a, b)
    default: max(a, b)
    }
  }

  private static func combined(_ operation: String, _ a: Int64, _ b: Int64) -> Int64? {
    let (value, overflow) =
      switch operation {
      case "Add": a.addingReportingOverflow(b)
      case "Sub": a.subtractingReportingOverflow(b)
      case "Mul": a.multipliedReportingOverflow(by: b)
      case "Div": a.dividedReportingOverflow(by: b)
      case "Min": (min(a, b), false)
      default: (max(a, b), false)
      }
    return overflow ? nil : value
  }

  private static func unary(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    guard let values = input.floats else { throw node.refused("its input isn't float32") }
    let results = values.map { value -> Float in
      switch node.opType {
      case "Ceil": value.rounded(.up)
      case "Floor": value.rounded(.down)
      case "Neg": -value
      case "Reciprocal": 1 / value
      default: value.squareRoot()
      }
    }
    return Constant(dimensions: input.dimensions, .floats(results))
  }

  private static func clip(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    guard let values = input.floats else { throw node.refused("its input isn't float32") }
    let bounds = try node.clipBounds { place in
      place < inputs.count ? inputs[place]?.floats?.first : nil
    }
    return Constant(
      dimensions: input.dimensions, .floats(values.map { min(max($0, bounds.low), bounds.high) }))
  }

  private static func cast(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    let target = try node.checked { node throws(OnnxError) in try node.int("to") }
    switch (
      target.flatMap { OnnxElementType(rawValue: Int32(truncatingIfNeeded: $0)) }, input.numbers
    )
    {
    case (.float32?, .ints(let values)), (.float16?, .ints(let values)):
      return Constant(dimensions: input.dimensions, .floats(values.map { Float($0) }))
    case (.float32?, .floats), (.float16?, .floats): return input
    case (.int64?, .ints), (.int32?, .ints): return input
    case (.int64?, .floats(let values)), (.int32?, .floats(let values)):
      // Casting cuts off what lies behind the point.
      let whole = values.compactMap { Int64(exactly: $0.rounded(.towardZero)) }
      guard whole.count == values.count else { throw node.refused("a number fits no integer") }
      return Constant(dimensions: input.dimensions, .ints(whole))
    default: throw node.refused("constants become float32, float16, int32 or int64 only")
    }
  }
}

// MARK: - Moving numbers

extension ConstantOperators {
  private static func check(_ node: OnnxNode, _ dimensions: [Int]) throws(MobileNetError) {
    var count = 1
    for extent in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, extent >= 0, product <= resultCountMax else {
        throw node.refused("a constant of shape \(dimensions) is larger than any classifier's")
      }
      count = product
    }
  }

  private static func shape(
    _ node: OnnxNode, _ inputs: [Constant?], _ place: Int
  ) throws(MobileNetError) -> [Int] {
    guard let list = try first(node, inputs, place).ints else {
      throw node.refused("input \(place) isn't a list of integers")
    }
    return list.map { Int($0) }
  }

  private static func concatenate(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    var parts: [Constant] = []
    for place in inputs.indices { parts.append(try first(node, inputs, place)) }
    guard !parts.isEmpty, parts.allSatisfy({ $0.dimensions.count == 1 }) else {
      throw node.refused("constants are joined only as lists")
    }
    let lists = parts.compactMap(\.ints)
    if lists.count == parts.count { return Constant(list: lists.flatMap { $0 }) }
    let floats = parts.compactMap(\.floats)
    guard floats.count == parts.count else { throw node.refused("its inputs are of two types") }
    let values = floats.flatMap { $0 }
    return Constant(dimensions: [values.count], .floats(values))
  }

  private static func filled(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let dimensions = try shape(node, inputs, 0)
    try check(node, dimensions)
    let value = try node.checked { node throws(OnnxError) in try node.tensor("value") }
    let number = value.map { Constant($0) } ?? Constant(dimensions: [1], .floats([0]))
    guard number.numbers.count == 1 else { throw node.refused("its value isn't one number") }
    let places = [Int](repeating: 0, count: dimensions.reduce(1, *))
    return number.gathering(places, dimensions: dimensions)
  }

  private static func expand(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    let wanted = try shape(node, inputs, 1)
    guard wanted.allSatisfy({ $0 >= 0 }), let target = Places.broadcast(input.dimensions, wanted)
    else { throw node.refused("\(input.dimensions) doesn't expand to \(wanted)") }
    try check(node, target)
    return input.gathering(Places.broadcast(input.dimensions, to: target), dimensions: target)
  }

  private static func gather(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    let indices = try first(node, inputs, 1)
    guard input.dimensions.count == 1, indices.dimensions.count <= 1, let chosen = indices.ints
    else { throw node.refused("elements are taken only from lists") }
    var places: [Int] = []
    for index in chosen {
      let place = index < 0 ? Int(index) + input.dimensions[0] : Int(index)
      guard (0..<input.dimensions[0]).contains(place) else {
        throw node.refused("index \(index) lies outside \(input.dimensions)")
      }
      places.append(place)
    }
    return input.gathering(places, dimensions: indices.dimensions)
  }

  private static func slice(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    let listed = try node.checked { node throws(OnnxError) in
      (try node.ints("starts"), try node.ints("ends"), try node.ints("axes"))
    }
    // Operator sets up to 9 have attributes, later ones inputs.
    func list(_ place: Int) -> [Int64]? { place < inputs.count ? inputs[place]?.ints : nil }
    guard let starts = listed.0 ?? list(1), let ends = listed.1 ?? list(2),
      starts.count == ends.count
    else { throw node.refused("its starts and ends aren't constant lists of one length") }
    let axes = listed.2 ?? list(3) ?? starts.indices.map { Int64($0) }
    let steps = list(4) ?? starts.map { _ in 1 }
    guard axes.count == starts.count, steps.count == starts.count else {
      throw node.refused("its lists differ in length")
    }
    var seen: Set<Int> = []
    var (dimensions, begin) = (input.dimensions, 0)
    var strides = Places.strides(input.dimensions)
    for place in starts.indices {
      let axis = Int(axes[place]) + (axes[place] < 0 ? dimensions.count : 0)
      let step = Int(steps[place])
      // −1 and the last axis are the same one.
      guard dimensions.indices.contains(axis), step == 1 || step == -1, seen.insert(axis).inserted
      else {
        throw node.refused("axis \(axes[place]) in steps of \(step)")
      }
      let extent = Int64(input.dimensions[axis])
      func bounded(_ index: Int64, _ range: ClosedRange<Int64>) -> Int {
        let shifted = index < 0 ? max(index, -extent - 1) + extent : index
        return Int(min(max(shifted, range.lowerBound), range.upperBound))
      }
      if step == 1 {
        let (from, to) = (bounded(starts[place], 0...extent), bounded(ends[place], 0...extent))
        dimensions[axis] = max(to - from, 0)
        begin += from * strides[axis]
      } else {
        let (from, to) = (
          bounded(starts[place], -1...extent - 1), bounded(ends[place], -1...extent - 1)
        )
        dimensions[axis] = max(from - to, 0)
        begin += max(from, 0) * strides[axis]
        strides[axis] = -strides[axis]
      }
    }
    return input.gathering(
      Places.walk(dimensions, strides: strides, from: begin), dimensions: dimensions)
  }

  private static func transpose(
    _ node: OnnxNode, _ inputs: [Constant?]
  ) throws(MobileNetError) -> Constant {
    let input = try first(node, inputs)
    let order = try node.permutation(rank: input.dimensions.count)
    let strides = Places.strides(input.dimensions)
    let dimensions = order.map { input.dimensions[$0] }
    return input.gathering(
      Places.walk(dimensions, strides: order.map { strides[$0] }), dimensions: dimensions)
  }
}
