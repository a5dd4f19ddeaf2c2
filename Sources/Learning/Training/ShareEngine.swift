import Kernels

/// Computes what a worker answers to a share: the exact gradient sum of a step, or the result of an
/// evaluation. It owns its buffers, so each thread has its own.
public struct ShareEngine: ~Copyable {
  /// Samples that go through the kernels together: their features stay in the second-level cache.
  private static let blockSize = 16

  public let shape: HeadShape
  private let kernels: HeadKernels
  private let labelTarget: Float
  private let otherTarget: Float
  private let classWeights: [Float]
  private var features: [Float]
  private var labels: [Int]
  private var logits: [Float]
  private var gradients: [Float]

  /// The objective concerns gradients alone: an evaluation measures the plain cross-entropy.
  public init(
    shape: HeadShape, objective: Objective = Objective(), kernels: HeadKernels = .best
  ) {
    precondition(
      objective.classWeights.isEmpty || objective.classWeights.count == shape.classCount)
    self.shape = shape
    self.kernels = kernels
    classWeights = objective.classWeights
    // Messages carry it as float32: all must compute with what they carry.
    let smoothing = Double(Float(objective.labelSmoothing))
    let spread = smoothing / Double(shape.classCount)
    otherTarget = Float(spread)
    labelTarget = Float(1 - smoothing + spread)
    features = []
    labels = []
    features.reserveCapacity(Self.blockSize * shape.featureCount)
    labels.reserveCapacity(Self.blockSize)
    logits = Array(repeating: 0, count: Self.blockSize * shape.classCount)
    gradients = logits
  }

  /// The gradient sum of a share.
  ///
  /// - Parameters:
  ///   - features: a row of `featureCount` values for each sample, all below
  ///     `FeatureBound.limit`; at most `GradientSum.sampleCountMax` rows.
  ///   - labels: the class of each sample.
  public mutating func gradientSum(
    head: Head, features rows: [[Float]], labels: [Int]
  ) throws(Divergence) -> GradientSum {
    check(head, rows, labels)
    var sum = GradientSum(zero: shape)
    for start in stride(from: 0, to: rows.count, by: Self.blockSize) {
      load(rows, labels, from: start)
      try forward(head, start: start)
      for index in self.labels.indices {
        let (loss, predicted) = softmax(index, labelTarget, otherTarget)
        sum.lossSum += loss
        sum.correct += predicted == self.labels[index] ? 1 : 0
        weigh(index)
      }
      kernels.addGradients(
        features: features, logitGradients: gradients, featureCount: shape.featureCount,
        classCount: shape.classCount, sums: &sum.values)
    }
    sum.sampleCount = rows.count
    return sum
  }

  /// Multiplies the logit gradients of a sample by its class's weight. The product is rounded once, for
  /// each sample by itself, so that sums stay the same however samples are shared out.
  private mutating func weigh(_ index: Int) {
    guard !classWeights.isEmpty else { return }
    let weight = classWeights[labels[index]]
    for place in index * shape.classCount..<(index + 1) * shape.classCount {
      gradients[place] *= weight
    }
  }

  /// Loss and confusion matrix of a share; parameters as in `gradientSum`.
  public mutating func evaluation(
    head: Head, features rows: [[Float]], labels: [Int]
  ) throws(Divergence) -> EvaluationSum {
    check(head, rows, labels)
    var sum = EvaluationSum(zero: shape)
    for start in stride(from: 0, to: rows.count, by: Self.blockSize) {
      load(rows, labels, from: start)
      try forward(head, start: start)
      for index in self.labels.indices {
        let (loss, predicted) = softmax(index, 1, 0)
        sum.lossSum += loss
        sum.confusion.count(label: self.labels[index], predicted: predicted)
      }
    }
    return sum
  }

  /// The probability of each class for one sample; they add up to 1 but for rounding.
  public mutating func probabilities(
    head: Head, features row: [Float]
  ) throws(Divergence) -> [Float] {
    try prediction(head: head, features: row).probabilities
  }

  /// The same, with the class that an evaluation counts as predicted: that of the largest logit. Of
  /// probabilities several may round to the largest.
  ///
  /// - Parameter temperature: by what logits are divided, above 0: probabilities depend on it, and the
  ///   predicted class doesn't.
  public mutating func prediction(
    head: Head, features row: [Float], temperature: Double = 1
  ) throws(Divergence) -> (probabilities: [Float], predicted: Int) {
    prediction(logits: try logits(head: head, features: row), temperature: temperature)
  }

  /// The same of logits that are known already, those of all classes.
  public mutating func prediction(
    logits row: [Float], temperature: Double
  ) -> (probabilities: [Float], predicted: Int) {
    precondition(row.count == shape.classCount)
    labels = [0]
    let factor = Float(1 / temperature)
    for index in row.indices { logits[index] = temperature == 1 ? row[index] : row[index] * factor }
    _ = softmax(0, 0, 0)
    return (Array(gradients[..<shape.classCount]), Self.place(ofLargest: row))
  }

  /// The logit of each class for one sample, all finite.
  public mutating func logits(head: Head, features row: [Float]) throws(Divergence) -> [Float] {
    check(head, [row], [0])
    load([row], [0], from: 0)
    try forward(head, start: 0)
    return Array(logits[..<shape.classCount])
  }

  /// The first of equal ones.
  private static func place(ofLargest logits: [Float]) -> Int {
    logits.indices.dropFirst().reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
  }

  private func check(_ head: Head, _ rows: [[Float]], _ labels: [Int]) {
    precondition(head.shape == shape && rows.count == labels.count)
    precondition(rows.count <= GradientSum.sampleCountMax)
  }

  private mutating func load(_ rows: [[Float]], _ labels: [Int], from start: Int) {
    features.removeAll(keepingCapacity: true)
    self.labels.removeAll(keepingCapacity: true)
    for index in start..<min(start + Self.blockSize, rows.count) {
      precondition(rows[index].count == shape.featureCount)
      features.append(contentsOf: rows[index])
      self.labels.append(labels[index])
    }
  }

  private mutating func forward(_ head: Head, start: Int) throws(Divergence) {
    let count = labels.count * shape.classCount
    kernels.forward(
      features: features, parameters: head.parameters, featureCount: shape.featureCount,
      classCount: shape.classCount, logits: &logits)
    // Checked before anything is made an integer; the comparison is false for NaN.
    for index in 0..<count where !(abs(logits[index]) <= Divergence.magnitudeMax) {
      throw Divergence(
        .logit(
          position: start + index / shape.classCount, classIndex: index % shape.classCount,
          value: logits[index]))
    }
  }

  /// Loss, scaled by 2³² and rounded, and predicted class of one sample of the block; its logit
  /// gradients go to `gradients`.
  private mutating func softmax(
    _ index: Int, _ labelTarget: Float, _ otherTarget: Float
  ) -> (loss: Int64, predicted: Int) {
    let classCount = shape.classCount
    let range = index * classCount..<(index + 1) * classCount
    var predicted = 0
    for candidate in 1..<classCount
    where logits[range.lowerBound + candidate] > logits[range.lowerBound + predicted] {
      predicted = candidate
    }
    let maximum = logits[range.lowerBound + predicted]
    let label = labels[index]
    let total = kernels.softmax(
      in: range, logits: logits, maximum: maximum, label: label, labelTarget: labelTarget,
      otherTarget: otherTarget, gradients: &gradients)
    // −Σ target · log probability, where log probability = (logit − maximum) − log total.
    var weighted = Double(labelTarget) * Double(logits[range.lowerBound + label] - maximum)
    if otherTarget > 0 {
      for other in range where other - range.lowerBound != label {
        weighted += Double(otherTarget) * Double(logits[other] - maximum)
      }
    }
    let loss = ElementaryFunctions.logarithm(Double(total)) - weighted
    return (Int64((loss * 0x1p32).rounded(.toNearestOrEven)), predicted)
  }
}
