import Threading

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
  /// Their directions in groups of eight beside each other, SIMD8 [features]; 0 where a last group has fewer.
  private let groups: [[SIMD8<Double>]]
  /// Of each sample that it was made from, as if it had not been among them.
  public private(set) var leftOut: [Double] = []

  /// Takes over what was kept.
  ///
  /// - Parameter directions: at least one, all of one length, all numbers.
  public init(directions: [[Float]]) {
    precondition(!directions.isEmpty && directions.allSatisfy { $0.count == directions[0].count })
    self.directions = directions
    known = Self.known(directions)
    groups = Self.groups(known.map { directions[$0] })
  }

  /// - Parameters:
  ///   - rows: features, all of one length.
  ///   - labels: the class of each, below `classCount`.
  ///   - threads: how many compare rows with the classes.
  ///
  /// Sums run in Double and in the order of the rows and of the features, so that every machine gets the same
  /// bits with any number of threads.
  public init(of rows: [[Float]], labels: [Int], classCount: Int, threads: Int = 1) {
    precondition(rows.count == labels.count && classCount > 0)
    let featureCount = rows.first?.count ?? 0
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: featureCount), count: classCount)
    for (row, label) in zip(rows, labels) {
      for index in 0..<featureCount { sums[label][index] += Double(row[index]) }
    }
    let directions = sums.map { sum in
      let length = Self.length(of: sum)
      return sum.map { length > 0 ? Float($0 / length) : 0 }
    }
    self.directions = directions
    known = Self.known(directions)
    groups = Self.groups(known.map { directions[$0] })
    let (classes, total) = (self, sums)
    leftOut = concurrentMap(
      count: (rows.count + Self.blockSize - 1) / Self.blockSize, threads: threads, name: "likeness"
    ) { block in
      let places = block * Self.blockSize..<min((block + 1) * Self.blockSize, rows.count)
      return classes.leftOut(Array(rows[places]), Array(labels[places]), total)
    }.flatMap(\.self)
  }

  /// So many rows go through one group of directions after the other, which stays in the cache meanwhile.
  private static let blockSize = 32

  /// - Parameter sums: of the features of each class.
  private func leftOut(_ rows: [[Float]], _ labels: [Int], _ sums: [[Double]]) -> [Double] {
    let others = nearest(to: rows, leavingOut: labels)
    return rows.indices.map { place in
      let row = rows[place]
      // The direction of a mean is that of the sum.
      let rest = zip(sums[labels[place]], row).map { $0 - Double($1) }
      let own = Self.cosine(Self.product(rest, row), Self.length(of: rest), Self.length(of: row))
      return max(own, others[place])
    }
  }

  /// From −1 to 1; −1 for features without a direction.
  public func likeness(of row: [Float]) -> Double { nearest(to: [row], leavingOut: [nil])[0] }

  /// Of each row the cosine to the nearest direction but that of one class; −1 where there is none.
  private func nearest(to rows: [[Float]], leavingOut labels: [Int?]) -> [Double] {
    let lengths = rows.map { Self.length(of: $0) }
    var best = [Double](repeating: -1, count: rows.count)
    for (number, group) in groups.enumerated() {
      let places = known[(number * SIMD8<Double>.scalarCount)...]
        .prefix(SIMD8<Double>.scalarCount)
      for (index, row) in rows.enumerated() {
        let products = Self.products(group, row)
        for (lane, place) in places.enumerated() where place != labels[index] {
          best[index] = max(best[index], Self.cosine(products[lane], 1, lengths[index]))
        }
      }
    }
    return best
  }

  private static func groups(_ directions: [[Float]]) -> [[SIMD8<Double>]] {
    let size = SIMD8<Double>.scalarCount
    return stride(from: 0, to: directions.count, by: size).map { start in
      let members = directions[start...].prefix(size)
      var group = [SIMD8<Double>](repeating: .zero, count: members[start].count)
      for (lane, direction) in members.enumerated() {
        for index in direction.indices { group[index][lane] = Double(direction[index]) }
      }
      return group
    }
  }

  /// Of a row with each direction of a group. Each has a sum of its own, so that the processor need not wait
  /// for one addition before it begins the next.
  private static func products(_ group: [SIMD8<Double>], _ row: [Float]) -> SIMD8<Double> {
    precondition(group.count == row.count)
    var sums = SIMD8<Double>.zero
    for index in group.indices { sums += group[index] * Double(row[index]) }
    return sums
  }

  private static func known(_ directions: [[Float]]) -> [Int] {
    directions.indices.filter { directions[$0].contains { $0 != 0 } }
  }

  private static func cosine(_ product: Double, _ first: Double, _ second: Double) -> Double {
    first > 0 && second > 0 ? product / (first * second) : -1
  }

  private static func product(_ a: [Double], _ b: [Float]) -> Double {
    precondition(a.count == b.count)
    var sum = 0.0
    for index in a.indices { sum += a[index] * Double(b[index]) }
    return sum
  }

  private static func length(of row: [some BinaryFloatingPoint]) -> Double {
    var sum = 0.0
    for value in row { sum += Double(value) * Double(value) }
    return sum.squareRoot()
  }
}
