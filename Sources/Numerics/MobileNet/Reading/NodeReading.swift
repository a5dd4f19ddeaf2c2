import ONNX

// What several operators say in the same way.
extension OnnxNode {
  /// The node's name, or else its first output's.
  var title: String { name.isEmpty ? outputs.first ?? opType : name }

  func refused(_ reason: String) -> MobileNetError { .unsupported(node: label, reason: reason) }

  /// Reads attributes, turning their errors into this module's.
  func checked<Result>(
    _ read: (OnnxNode) throws(OnnxError) -> Result
  ) throws(MobileNetError) -> Result {
    do { return try read(self) } catch { throw refused("\(error)") }
  }

  /// The bounds of a Clip: attributes up to operator set 10, inputs 1 and 2 since; a bound left out
  /// is infinite.
  func clipBounds(
    input: (Int) throws(MobileNetError) -> Float?
  ) throws(MobileNetError) -> (low: Float, high: Float) {
    let (low, high) = try checked { node throws(OnnxError) in
      (try node.float("min"), try node.float("max"))
    }
    let bounds = (
      low: try input(1) ?? low ?? -.infinity, high: try input(2) ?? high ?? .infinity
    )
    guard bounds.low <= bounds.high else { throw refused("its bounds are \(bounds)") }
    return bounds
  }

  /// The order of axes of a Transpose.
  func permutation(rank: Int) throws(MobileNetError) -> [Int] {
    let listed = try checked { node throws(OnnxError) in try node.ints("perm") }
    let order = listed.map { $0.map { Int($0) } } ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank) else {
      throw refused("the order \(order) of \(rank) axes")
    }
    return order
  }

  /// The part of a shape that a Shape node gives.
  func range(of dimensions: [Int]) throws(MobileNetError) -> [Int64] {
    let (start, end) = try checked { node throws(OnnxError) in
      (try node.int("start") ?? 0, try node.int("end") ?? Int64(dimensions.count))
    }
    let rank = Int64(dimensions.count)
    func bounded(_ place: Int64) -> Int {
      Int(min(max(place < 0 ? max(place, -rank) + rank : place, 0), rank))
    }
    let (from, to) = (bounded(start), bounded(end))
    return from < to ? dimensions[from..<to].map { Int64($0) } : []
  }

  /// Axes as places, from an attribute or, in later operator sets, from an input.
  func axes(_ input: Constant?, rank: Int) throws(MobileNetError) -> [Int]? {
    let listed = try checked { node throws(OnnxError) in try node.ints("axes") }
    guard let axes = listed ?? input?.ints else { return nil }
    let places = axes.map { $0 < 0 ? Int($0) + rank : Int($0) }
    guard places.allSatisfy({ (0..<rank).contains($0) }), Set(places).count == places.count else {
      throw refused("axes \(axes) of \(rank)")
    }
    return places
  }
}

/// What Reshape, Flatten, Squeeze and Unsqueeze do: other dimensions for the same numbers.
enum ShapeChange {
  case reshape(to: [Int64], copiesZeros: Bool)
  case flatten(axis: Int64)
  case squeeze(Constant?)
  case unsqueeze(Constant?)

  /// - Parameter second: the node's second input, if that is a constant
  init(_ node: OnnxNode, _ second: Constant?) throws(MobileNetError) {
    switch node.opType {
    case "Reshape":
      let (attribute, allowsZero) = try node.checked { node throws(OnnxError) in
        (try node.ints("shape"), try node.int("allowzero") ?? 0)
      }
      guard let target = attribute ?? second?.ints else {
        throw node.refused("its shape isn't a constant, nor computed from one")
      }
      self = .reshape(to: target, copiesZeros: allowsZero == 0)
    case "Flatten":
      self = .flatten(
        axis: try node.checked { node throws(OnnxError) in try node.int("axis") ?? 1 })
    case "Squeeze": self = .squeeze(second)
    default: self = .unsqueeze(second)
    }
  }

  /// The dimensions that come out.
  func applied(to dimensions: [Int], _ node: OnnxNode) throws(MobileNetError) -> [Int] {
    let count = dimensions.reduce(1, &*)
    switch self {
    case .reshape(let target, let copiesZeros):
      guard let result = Self.reshape(dimensions, count, target, copiesZeros) else {
        throw node.refused("shape \(dimensions) doesn't become \(target)")
      }
      return result
    case .flatten(let axis):
      let place = axis < 0 ? Int(axis) + dimensions.count : Int(axis)
      guard (0...dimensions.count).contains(place) else { throw node.refused("axis \(axis)") }
      return [dimensions[..<place].reduce(1, &*), dimensions[place...].reduce(1, &*)]
    case .squeeze(let input):
      let axes =
        try node.axes(input, rank: dimensions.count)
        ?? dimensions.indices.filter { dimensions[$0] == 1 }
      guard axes.allSatisfy({ dimensions[$0] == 1 }) else {
        throw node.refused("axes \(axes) of \(dimensions) aren't all 1")
      }
      return dimensions.indices.filter { !axes.contains($0) }.map { dimensions[$0] }
    case .unsqueeze(let input):
      let listed = try node.checked { node throws(OnnxError) in try node.ints("axes") }
      let rank = dimensions.count + (listed ?? input?.ints ?? []).count
      guard rank <= OnnxLimits.rankMax, let axes = try node.axes(input, rank: rank) else {
        throw node.refused("its axes aren't constant")
      }
      var rest = dimensions[...]
      return (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() }
    }
  }

  private static func reshape(
    _ dimensions: [Int], _ count: Int, _ target: [Int64], _ copiesZeros: Bool
  ) -> [Int]? {
    guard target.count <= OnnxLimits.rankMax else { return nil }
    var result: [Int] = []
    var inferred: Int?
    var known = 1
    for (place, extent) in target.enumerated() {
      var extent = Int(extent)
      if extent == 0, copiesZeros {
        guard place < dimensions.count else { return nil }
        extent = dimensions[place]
      }
      if extent == -1, inferred == nil {
        inferred = place
        result.append(1)
        continue
      }
      let (product, overflow) = known.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { return nil }
      known = product
      result.append(extent)
    }
    if let inferred {
      guard known > 0, count % known == 0 else { return nil }
      result[inferred] = count / known
    }
    return result.reduce(1, &*) == count ? result : nil
  }
}
