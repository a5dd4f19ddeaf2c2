/// The exact gradient of the summed loss over some samples, and what was counted on the way.
///
/// Integer addition is associative: sums may be added in any order and grouping, and the result is
/// the same.
public struct GradientSum: Equatable, Sendable {
  /// Σ round(2³² · gradient), in the order of `Head.parameters`.
  public var values: [Int64]
  /// Σ round(2³² · loss).
  public var lossSum: Int64
  /// Samples whose largest logit was their label's; the lowest class wins a tie.
  public var correct: Int
  public var sampleCount: Int

  public init(values: [Int64], lossSum: Int64, correct: Int, sampleCount: Int) {
    self.values = values
    self.lossSum = lossSum
    self.correct = correct
    self.sampleCount = sampleCount
  }

  /// The sum over no samples.
  public init(zero shape: HeadShape) {
    self.init(
      values: Array(repeating: 0, count: shape.parameterCount), lossSum: 0, correct: 0,
      sampleCount: 0)
  }

  /// The most samples that one sum may cover; its loss then fits Int64.
  public static let sampleCountMax = 8192

  /// No loss sum over so many samples, or over `sampleCountMax`, is larger: logits lie within ±2¹⁶,
  /// so that a loss is at most 2¹⁷ + log(classes), and 65,535 classes are the most.
  public static func lossSumMax(sampleCount: Int) -> Int64 {
    Int64(max(0, min(sampleCount, sampleCountMax))) * (131_072 + 12) << 32
  }
}

/// What evaluating some samples gives: exact, so that it can be added in any order.
public struct EvaluationSum: Equatable, Sendable {
  public var confusion: ConfusionMatrix
  /// Σ round(2³² · cross-entropy), without label smoothing.
  public var lossSum: Int64

  public var sampleCount: Int { confusion.sampleCount }
  public var correct: Int { confusion.correct }

  public init(confusion: ConfusionMatrix, lossSum: Int64) {
    self.confusion = confusion
    self.lossSum = lossSum
  }

  public init(zero shape: HeadShape) {
    self.init(confusion: ConfusionMatrix(classCount: shape.classCount), lossSum: 0)
  }
}

/// Exact running sums over an epoch of training or over an evaluation.
public struct RunningTotals: Equatable, Sendable {
  /// Σ round(2³² · loss). Wider than a share's, for any number of samples.
  public var lossSum: Int128
  public var correct: Int
  /// Samples that were counted.
  public var samples: Int
  /// Samples that are undecodable.
  public var skipped: Int

  public init(lossSum: Int128 = 0, correct: Int = 0, samples: Int = 0, skipped: Int = 0) {
    self.lossSum = lossSum
    self.correct = correct
    self.samples = samples
    self.skipped = skipped
  }

  /// Mean loss, or nil without samples.
  public var meanLoss: Double? {
    samples == 0 ? nil : Double(lossSum) * 0x1p-32 / Double(samples)
  }

  /// The share of samples that were right, in [0, 1], or nil without samples.
  public var accuracy: Double? { samples == 0 ? nil : Double(correct) / Double(samples) }

  public static func += (left: inout Self, right: Self) {
    left.lossSum += right.lossSum
    left.correct += right.correct
    left.samples += right.samples
    left.skipped += right.skipped
  }
}
