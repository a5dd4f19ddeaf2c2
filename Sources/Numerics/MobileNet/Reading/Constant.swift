import ONNX

/// A constant of a graph, stored or computed: numbers of whatever width are float32 or int64 here.
struct Constant: Sendable {
  enum Numbers: Sendable {
    case floats([Float])
    case ints([Int64])

    var count: Int {
      switch self {
      case .floats(let values): values.count
      case .ints(let values): values.count
      }
    }
  }

  /// Outermost first; empty for a single number.
  var dimensions: [Int]
  /// As many as the product of the dimensions, row-major.
  var numbers: Numbers
  /// Of a stored constant, what the file keeps it as.
  var storedType: OnnxElementType?

  init(_ tensor: OnnxTensor) {
    dimensions = tensor.dimensions
    storedType = tensor.elements.type
    numbers =
      switch tensor.elements {
      case .float32(let values): .floats(values)
      case .int64(let values): .ints(values)
      case .int32(let values): .ints(values.map(Int64.init))
      case .uint8(let values): .ints(values.map(Int64.init))
      case .int8(let values): .ints(values.map(Int64.init))
      case .bool(let values): .ints(values.map { $0 ? 1 : 0 })
      }
  }

  init(dimensions: [Int], _ numbers: Numbers) {
    self.dimensions = dimensions
    self.numbers = numbers
  }

  /// A list of integers, such as a shape.
  init(list: [Int64]) { self.init(dimensions: [list.count], .ints(list)) }

  var floats: [Float]? {
    if case .floats(let values) = numbers { values } else { nil }
  }

  var ints: [Int64]? {
    if case .ints(let values) = numbers { values } else { nil }
  }

  /// The numbers as Double; integers beyond 2⁵³ are rounded.
  var doubles: [Double] {
    switch numbers {
    case .floats(let values): values.map(Double.init)
    case .ints(let values): values.map(Double.init)
    }
  }

  /// The same numbers at other places: element i of the result is element `places[i]` of this.
  func gathering(_ places: [Int], dimensions: [Int]) -> Constant {
    switch numbers {
    case .floats(let values):
      Constant(dimensions: dimensions, .floats(places.map { values[$0] }))
    case .ints(let values): Constant(dimensions: dimensions, .ints(places.map { values[$0] }))
    }
  }
}

/// Places of elements in row-major tensors.
enum Places {
  /// For each element of a tensor of `dimensions`, the place that the strides lead to.
  static func walk(_ dimensions: [Int], strides: [Int], from start: Int = 0) -> [Int] {
    var places = [start]
    for (extent, stride) in zip(dimensions, strides) {
      places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
    }
    return places
  }

  static func strides(_ dimensions: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: dimensions.count)
    for axis in dimensions.indices.dropLast().reversed() {
      // A tensor without elements may have any other extent.
      strides[axis] = strides[axis + 1] &* dimensions[axis + 1]
    }
    return strides
  }

  /// The shape that two shapes broadcast to; nil where they don't fit.
  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    let (a, b) = (aligned(a, rank), aligned(b, rank))
    var result: [Int] = []
    for (x, y) in zip(a, b) {
      guard x == y || x == 1 || y == 1 else { return nil }
      result.append(x == 1 ? y : x)
    }
    return result
  }

  /// The places of a tensor's elements when it is broadcast to `target`.
  static func broadcast(_ dimensions: [Int], to target: [Int]) -> [Int] {
    let own = aligned(dimensions, target.count)
    let steps = zip(own, strides(own)).map { $0 == 1 ? 0 : $1 }
    return walk(target, strides: steps)
  }

  private static func aligned(_ dimensions: [Int], _ rank: Int) -> [Int] {
    [Int](repeating: 1, count: rank - dimensions.count) + dimensions
  }
}
