/// How much a photograph is like those of the classes: the cosine of its features to the mean of the
/// nearest class's.
///
/// A head divides the space among its classes to its end, so that its probabilities are high for what
/// belongs to none. A cosine tells by the direction whether anything like it was seen: of the measures
/// that were tried (docs/BENCHMARKS.md) it tells flowers best from what are none.
public struct ClassLikeness: Equatable, Sendable {
  /// Float32 [features] for each class, of length 1; 0 where a class has no sample.
  public let directions: [[Float]]
  /// Those of classes that have samples.
  private let known: [Int]
  /// Of each sample that it was made from, as if it had not been among them.
  public private(set) var leftOut: [Double] = []

  /// Takes over what was kept.
  ///
  /// - Parameter directions: at least one, all of one length, all numbers.
  public init(directions: [[Float]]) {
    precondition(!directions.isEmpty && directions.allSatisfy { $0.count == directions[0].count })
    self.directions = directions
    known = Self.known(directions)
  }

  /// - Parameters:
  ///   - rows: features, all of one length.
  ///   - labels: the class of each, below `classCount`.
  ///
  /// Sums run in Double and in the order of the rows, so that every machine gets the same bits.
  public init(of rows: [[Float]], labels: [Int], classCount: Int) {
    precondition(rows.count == labels.count && classCount > 0)
    let featureCount = rows.first?.count ?? 0
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: featureCount), count: classCount)
    for (row, label) in zip(rows, labels) {
      for index in 0..<featureCount { sums[label][index] += Double(row[index]) }
    }
    directions = sums.map { sum in
      let length = Self.length(of: sum)
      return sum.map { length > 0 ? Float($0 / length) : 0 }
    }
    known = Self.known(directions)
    leftOut = zip(rows, labels).map { row, label in
      // The direction of a mean is that of the sum.
      let rest = zip(sums[label], row).map { $0 - Double($1) }
      let (own, length) = (Self.product(rest, row), Self.length(of: rest))
      return max(
        Self.cosine(own, length, Self.length(of: row)), likeness(of: row, leavingOut: label))
    }
  }

  /// From −1 to 1; −1 for features without a direction.
  public func likeness(of row: [Float]) -> Double { likeness(of: row, leavingOut: nil) }

  private func likeness(of row: [Float], leavingOut label: Int?) -> Double {
    let length = Self.length(of: row)
    return known.reduce(-1.0) { best, place in
      place == label
        ? best : max(best, Self.cosine(Self.product(directions[place], row), 1, length))
    }
  }

  private static func known(_ directions: [[Float]]) -> [Int] {
    directions.indices.filter { directions[$0].contains { $0 != 0 } }
  }

  private static func cosine(_ product: Double, _ first: Double, _ second: Double) -> Double {
    first > 0 && second > 0 ? product / (first * second) : -1
  }

  private static func product(_ a: [some BinaryFloatingPoint], _ b: [Float]) -> Double {
    precondition(a.count == b.count)
    var sum = 0.0
    for index in a.indices { sum += Double(a[index]) * Double(b[index]) }
    return sum
  }

  private static func length(of row: [some BinaryFloatingPoint]) -> Double {
    var sum = 0.0
    for value in row { sum += Double(value) * Double(value) }
    return sum.squareRoot()
  }
}
