import Digest
import Kernels
import LeastSquares
import Testing

/// Samples of a few classes at random places, some of them several times.
private struct Case {
  var features: [[Float]] = []
  var labels: [Int] = []
  var copyCounts: [Int] = []
  let classCount = 3

  init(count: Int, featureCount: Int, seed: UInt64, copies: Bool = false) {
    var random = SplitMix64(seed: seed, purpose: "least squares test")
    for sample in 0..<count {
      let label = sample % classCount
      // Off the origin, and of other widths, so that the mean matters.
      let row = (0..<featureCount).map { index in
        Float(2 * random.unit() + Double(index % 5) + (index % classCount == label ? 0.5 : 0))
      }
      let times = copies && sample % 4 == 0 ? 1 + sample % 3 : 1
      for _ in 0..<times {
        features.append(row)
        labels.append(label)
        copyCounts.append(times)
      }
    }
  }

  func scores(
    classWeights: [Float] = [], penalty: Double = 0.5, threads: Int = 2,
    kernels: KernelTable = .best
  ) -> [[Float]] {
    LeaveOneOut(
      features: features, labels: labels, copyCounts: copyCounts, classWeights: classWeights,
      classCount: classCount, threads: threads, kernels: kernels
    ).scores(of: Array(features.indices), penalty: penalty)
  }
}

/// The same plainly: for each sample a regression that is fitted without it and its copies, by elimination
/// in Double. λ is that of all samples.
private struct PlainRegression {
  let samples: Case
  let weights: [Double]
  let lambda: Double

  init(_ samples: Case, classWeights: [Float], penalty: Double) {
    self.samples = samples
    weights = samples.labels.map { classWeights.isEmpty ? 1 : Double(classWeights[$0]) }
    let mean = Self.mean(samples, weights, Array(samples.labels.indices))
    var squares = 0.0
    for (row, weight) in zip(samples.features, weights) {
      for (value, mean) in zip(row, mean) {
        let difference = Double(value) - mean
        squares += weight * difference * difference
      }
    }
    lambda = penalty * squares / Double(samples.labels.count)
  }

  private static func mean(_ samples: Case, _ weights: [Double], _ places: [Int]) -> [Double] {
    var sums = [Double](repeating: 0, count: samples.features[0].count)
    var total = 0.0
    for place in places {
      total += weights[place]
      for index in sums.indices {
        sums[index] += weights[place] * Double(samples.features[place][index])
      }
    }
    return sums.map { $0 / total }
  }

  func scores(without sample: Int) -> [Double] {
    let others = samples.labels.indices.filter {
      samples.features[$0] != samples.features[sample]
    }
    let mean = Self.mean(samples, weights, others)
    let (width, classCount) = (mean.count, samples.classCount)
    var shares = [Double](repeating: 0, count: classCount)
    var total = 0.0
    for place in others {
      shares[samples.labels[place]] += weights[place]
      total += weights[place]
    }
    for label in 0..<classCount { shares[label] /= total }
    // The matrix [features × features], with a column for each class at its right.
    var system = [[Double]](
      repeating: [Double](repeating: 0, count: width + classCount), count: width)
    for index in 0..<width { system[index][index] = lambda }
    for place in others {
      let row = zip(samples.features[place], mean).map { Double($0) - $1 }
      for i in 0..<width {
        let factor = weights[place] * row[i]
        for j in 0..<width { system[i][j] += factor * row[j] }
        for label in 0..<classCount {
          let target = samples.labels[place] == label ? 1.0 : 0.0
          system[i][width + label] += factor * (target - shares[label])
        }
      }
    }
    for pivot in 0..<width {
      for row in 0..<width where row != pivot {
        let factor = system[row][pivot] / system[pivot][pivot]
        for column in pivot..<width + classCount {
          system[row][column] -= factor * system[pivot][column]
        }
      }
    }
    var scores = shares
    for i in 0..<width {
      let value = Double(samples.features[sample][i]) - mean[i]
      for label in 0..<classCount {
        scores[label] += value * system[i][width + label] / system[i][i]
      }
    }
    return scores
  }
}

struct LeaveOneOutTests {
  /// Fewer and more features than samples, with both sides of the edges of panels and strips.
  @Test(arguments: [
    (40, 5, false), (40, 33, false), (40, 31, true), (33, 60, false), (30, 70, true),
  ])
  func `leaving out is what fitting without the sample gives`(
    count: Int, featureCount: Int, copies: Bool
  ) {
    let samples = Case(count: count, featureCount: featureCount, seed: 7, copies: copies)
    for classWeights in [[], [1, 0.25, 0.5]] as [[Float]] {
      let scores = samples.scores(classWeights: classWeights)
      let plain = PlainRegression(samples, classWeights: classWeights, penalty: 0.5)
      for sample in stride(from: 0, to: samples.features.count, by: 3) {
        let expected = plain.scores(without: sample)
        for (found, wanted) in zip(scores[sample], expected) {
          #expect(abs(Double(found) - wanted) < 2e-4, "sample \(sample): \(found), not \(wanted)")
        }
      }
    }
  }

  /// More features than a strip has rows, and more samples than a product adds at a time.
  @Test func `many features are as good as the same ones from the other side`() {
    // Features that are all 0 change nothing but which side has fewer.
    let narrow = Case(count: 600, featureCount: 300, seed: 11)
    var wide = narrow
    for place in wide.features.indices {
      wide.features[place] += [Float](repeating: 0, count: 400)
    }
    for (a, b) in zip(narrow.scores(), wide.scores()) {
      for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-4) }
    }
  }

  @Test(arguments: [(300, 250), (250, 300)])
  func `threads and instruction sets change no bit`(count: Int, featureCount: Int) {
    let samples = Case(count: count, featureCount: featureCount, seed: 3)
    let expected = samples.scores(threads: 1)
    #expect(samples.scores(threads: 3) == expected)
    for set in InstructionSet.allCases {
      guard let kernels = KernelTable.forced(set) else { continue }
      #expect(samples.scores(kernels: kernels) == expected, "\(set)")
    }
  }

  @Test func `the places that are asked for are answered, in their order`() {
    let samples = Case(count: 150, featureCount: 20, seed: 5)
    let all = samples.scores(penalty: 0.1)
    let regression = LeaveOneOut(
      features: samples.features, labels: samples.labels, copyCounts: samples.copyCounts,
      classCount: 3, threads: 2)
    var done: [Int] = []
    let some = regression.scores(of: [149, 3, 70], penalty: 0.1) { done.append($0) }
    #expect(some == [all[149], all[3], all[70]])
    #expect(done.last == 3)
    #expect(regression.scores(of: [], penalty: 0.1).isEmpty)
  }

  @Test func `features that are all the same tell only how frequent classes are`() {
    let regression = LeaveOneOut(
      features: [[Float]](repeating: [1, 2], count: 8), labels: [0, 0, 0, 0, 0, 0, 1, 1],
      copyCounts: [Int](repeating: 1, count: 8), classCount: 2, threads: 1)
    let scores = regression.scores(of: [0, 7], penalty: 1)
    #expect(abs(scores[0][0] - 5.0 / 7) < 1e-6 && abs(scores[1][0] - 6.0 / 7) < 1e-6)
  }
}
