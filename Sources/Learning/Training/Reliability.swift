/// How often answers of one certainty are right.
public struct Reliability: Equatable, Sendable {
  public struct Bin: Equatable, Sendable {
    public fileprivate(set) var count = 0
    public fileprivate(set) var correct = 0
    fileprivate var certaintySum = 0.0

    /// Nil without answers.
    public var accuracy: Double? { count == 0 ? nil : Double(correct) / Double(count) }
    public var certainty: Double? { count == 0 ? nil : certaintySum / Double(count) }
  }

  /// As in the literature.
  public static let binCount = 15

  /// Of certainties from 0 to 1, all of one width.
  public private(set) var bins = [Bin](repeating: Bin(), count: binCount)

  private var lossSum = 0.0

  public init() {}

  /// - Parameters:
  ///   - certainty: the probability of the predicted class, from 0 to 1.
  ///   - labelProbability: that of the label.
  public mutating func count(certainty: Double, isRight: Bool, labelProbability: Double) {
    // What rounds to 0 isn't impossible.
    let probability = min(max(labelProbability, Self.probabilityMin), 1)
    lossSum -= ElementaryFunctions.logarithm(probability)
    let place = min(Self.binCount - 1, max(0, Int(certainty * Double(Self.binCount))))
    bins[place].count += 1
    bins[place].correct += isRight ? 1 : 0
    bins[place].certaintySum += certainty
  }

  /// About the smallest number of float32.
  private static let probabilityMin = 1e-38

  /// The mean of −log of the labels' probabilities; nil without answers.
  public var meanLoss: Double? { count == 0 ? nil : lossSum / Double(count) }

  public var count: Int { bins.reduce(0) { $0 + $1.count } }

  /// The expected calibration error: by how much accuracy and certainty differ, bin by bin, weighted by
  /// the bins' answers (Naeini et al., 2015); from 0 to 1, nil without answers.
  public var expectedCalibrationError: Double? {
    guard count > 0 else { return nil }
    return bins.reduce(0) { $0 + abs(Double($1.correct) - $1.certaintySum) } / Double(count)
  }
}
