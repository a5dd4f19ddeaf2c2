import Digest
import Kernels

/// Brings every feature to a mean of `mean` and a deviation of 1, as photographs of the dataset show it:
/// (feature − center) · factor.
///
/// Features of several depths differ in size by orders of magnitude; on a common scale one learning rate
/// serves them all.
struct Standardization: Equatable, Sendable {
  /// What is taken from each feature: in objects and exports the "means".
  private(set) var means: [Float]
  private(set) var factors: [Float]

  /// What all features have in common after scaling. With 0 the mean of a class that holds most of the
  /// photographs would vanish, and the head, which has thousands of weights and but one bias, would
  /// give it away: of 60 roses and 10 daisies it called most roses daisies. The figures are in
  /// docs/BENCHMARKS.md.
  static let mean = 0.3

  /// A feature that hardly changes is not blown up beyond this part of the median deviation.
  private static let deviationFloor = 0.1

  init(means: [Float], factors: [Float]) {
    precondition(means.count == factors.count)
    (self.means, self.factors) = (means, factors)
  }

  /// - Parameter rows: features of at least one photograph, all of the same length. Sums run in Double
  ///   and in the order of the rows, so that every machine gets the same bits.
  init(of rows: [[Float]]) {
    let count = Double(rows.count)
    var means: [Double] = []
    var deviations: [Double] = []
    for index in rows[0].indices {
      let mean = rows.reduce(0.0) { $0 + Double($1[index]) } / count
      let squares = rows.reduce(0.0) { sum, row in
        let distance = Double(row[index]) - mean
        return sum + distance * distance
      }
      means.append(mean)
      deviations.append((squares / count).squareRoot())
    }
    let least = Self.deviationFloor * deviations.sorted()[deviations.count / 2]
    self.means = zip(means, deviations).map { Float($0 - Self.mean * max($1, least)) }
    // Features that never change, all of them, stay as they are.
    factors = deviations.map { max($0, least) > 0 ? Float(1 / max($0, least)) : 1 }
  }

  var count: Int { means.count }

  func apply(to features: inout MutableSpan<Float>) {
    for index in features.indices {
      features[index] = (features[index] - means[index]) * factors[index]
    }
  }
}
