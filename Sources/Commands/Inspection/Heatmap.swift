/// A number for each place of a picture, on a grid of its own.
public struct Heatmap: Equatable, Sendable {
  public let height: Int
  public let width: Int
  /// Row-major [height × width].
  public let values: [Double]

  public init(height: Int, width: Int, values: [Double]) {
    precondition(height > 0 && width > 0 && values.count == height * width)
    (self.height, self.width, self.values) = (height, width, values)
  }

  public var mean: Double { values.reduce(0, +) / Double(values.count) }

  /// The place of the largest value, the first of equal ones.
  public var peak: (row: Int, column: Int) {
    let place = values.indices.dropFirst().reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    return (place / width, place % width)
  }

  /// On a finer grid, each value as it is on the places that it covers: the mean stays where the grids
  /// divide each other.
  public func repeated(height: Int, width: Int) -> Heatmap {
    Heatmap(
      height: height, width: width,
      values: (0..<height * width).map { place in
        let (row, column) = (place / width, place % width)
        return values[row * self.height / height * self.width + column * self.width / width]
      })
  }

  /// The value at a place between the middles of the grid, both from 0 to 1: bilinear.
  public func value(atRow row: Double, column: Double) -> Double {
    func places(_ share: Double, _ count: Int) -> (Int, Int, Double) {
      let place = min(max(share * Double(count) - 0.5, 0), Double(count - 1))
      let first = Int(place)
      return (first, min(first + 1, count - 1), place - Double(first))
    }
    let (top, bottom, down) = places(row, height)
    let (left, right, across) = places(column, width)
    func blend(_ a: Double, _ b: Double, _ share: Double) -> Double { a + (b - a) * share }
    return blend(
      blend(values[top * width + left], values[top * width + right], across),
      blend(values[bottom * width + left], values[bottom * width + right], across), down)
  }

  /// Place by place; both on one grid.
  static func + (left: Heatmap, right: Heatmap) -> Heatmap {
    precondition(left.height == right.height && left.width == right.width)
    return Heatmap(
      height: left.height, width: left.width, values: zip(left.values, right.values).map { $0 + $1 }
    )
  }
}
