/// Features and classes of samples, as a regression sees them: less their means, so that it needs no
/// intercept, and by the root of each sample's weight, so that all count the same.
struct WeightedSamples: Sendable {
  /// [samples][features]
  let features: [[Float]]
  /// [samples]
  let labels: [Int]
  /// Of each sample, positive.
  let weights: [Double]
  let weightSum: Double
  /// [features]
  let mean: [Float]
  /// What part of the weight each class has.
  let classShares: [Double]

  var count: Int { features.count }
  var featureCount: Int { mean.count }

  init(features: [[Float]], labels: [Int], classWeights: [Float], classCount: Int) {
    precondition(!features.isEmpty && features.count == labels.count)
    precondition(classWeights.isEmpty || classWeights.count == classCount)
    let weights = labels.map { classWeights.isEmpty ? 1 : Double(classWeights[$0]) }
    let featureCount = features[0].count
    var sums = [Double](repeating: 0, count: featureCount)
    var shares = [Double](repeating: 0, count: classCount)
    for (row, (label, weight)) in zip(features, zip(labels, weights)) {
      precondition(row.count == featureCount)
      for index in 0..<featureCount { sums[index] += weight * Double(row[index]) }
      shares[label] += weight
    }
    let weightSum = weights.reduce(0, +)
    self.features = features
    self.labels = labels
    self.weights = weights
    self.weightSum = weightSum
    mean = sums.map { Float($0 / weightSum) }
    classShares = shares.map { $0 / weightSum }
  }

  /// The class's target less its mean.
  func target(_ sample: Int, _ label: Int) -> Double {
    (labels[sample] == label ? 1 : 0) - classShares[label]
  }

  /// Features less their mean.
  func centred(_ sample: Int) -> [Float] {
    let row = features[sample]
    return mean.indices.map { row[$0] - mean[$0] }
  }

  /// Some weighted features of some samples, [samples × 32]; 0 beyond the last feature.
  func bySample(features first: Int, _ samples: Range<Int>) -> [Float] {
    var values = [Float](repeating: 0, count: samples.count * Panel.height)
    let columns = min(Panel.height, featureCount - first)
    for (place, sample) in samples.enumerated() {
      let (row, root) = (features[sample], Float(weights[sample].squareRoot()))
      for column in 0..<columns {
        values[place * Panel.height + column] = (row[first + column] - mean[first + column]) * root
      }
    }
    return values
  }

  /// Some weighted features of 32 samples, [features × 32]; 0 beyond the last sample.
  func byFeature(samples first: Int, _ range: Range<Int>) -> [Float] {
    var values = [Float](repeating: 0, count: range.count * Panel.height)
    for place in 0..<min(Panel.height, count - first) {
      let row = features[first + place]
      let root = Float(weights[first + place].squareRoot())
      for (term, feature) in range.enumerated() {
        values[term * Panel.height + place] = (row[feature] - mean[feature]) * root
      }
    }
    return values
  }

  /// For each class, the sum over samples of weighted features times weighted target.
  func crossProducts() -> [[Float]] {
    // Centred features sum to 0, so that the class's mean target takes nothing away.
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: featureCount), count: classShares.count)
    for sample in 0..<count {
      let (row, label, weight) = (features[sample], labels[sample], weights[sample])
      for index in 0..<featureCount {
        sums[label][index] += weight * Double(row[index] - mean[index])
      }
    }
    return sums.map { $0.map { Float($0) } }
  }
}
