import ClusterCore
import Training

/// An answer to a share, whole: what its message says and the tensor that goes with it.
public struct WholeAnswer: Equatable, Sendable {
  public let answer: ShareAnswer
  /// A gradient sum or a confusion matrix.
  public let tensor: [Int64]

  public init(answer: ShareAnswer, tensor: [Int64]) {
    self.answer = answer
    self.tensor = tensor
  }
}

/// A share with everything that it takes to answer it.
public struct ShareWork: Sendable {
  public let share: Share
  public let kind: ShareKind
  public let head: Head
  /// Float32 [featureCount] for each sample of the share, and its class.
  public let features: [[Float]]
  public let labels: [Int]
  public let objective: Objective

  public init(
    share: Share, kind: ShareKind, head: Head, features: [[Float]], labels: [Int],
    objective: Objective
  ) {
    self.share = share
    self.kind = kind
    self.head = head
    self.features = features
    self.labels = labels
    self.objective = objective
  }

  /// The multiplications of its forward pass, by which its duration can be told.
  public var multiplications: Int { features.count * head.shape.parameterCount }
}

extension Objective {
  /// What a run's terms say of it.
  public init(_ terms: WorkerTerms) {
    self.init(labelSmoothing: Double(terms.labelSmoothing), classWeights: terms.classWeights)
  }
}

/// Answers shares, for workers and for those who check them. It owns its buffers, so each thread has
/// its own.
public struct ShareCalculator: ~Copyable {
  private var engine: ShareEngine?
  private var objective = Objective()

  public init() {}

  /// - Throws: where a logit is not a number or absurdly large; then no sum is right.
  public mutating func answer(_ work: ShareWork) throws(Divergence) -> WholeAnswer {
    if engine?.shape != work.head.shape || objective != work.objective {
      engine = ShareEngine(shape: work.head.shape, objective: work.objective)
      objective = work.objective
    }
    let (share, count) = (work.share.id, UInt32(work.labels.count))
    switch work.kind {
    case .step:
      let sum = try engine!.gradientSum(
        head: work.head, features: work.features, labels: work.labels)
      return WholeAnswer(
        answer: .gradient(
          GradientAnswer(
            share: share, count: count, correct: UInt32(sum.correct), lossSum: sum.lossSum)),
        tensor: sum.values)
    case .evaluation:
      let sum = try engine!.evaluation(
        head: work.head, features: work.features, labels: work.labels)
      return WholeAnswer(
        answer: .evaluation(
          Evaluation(
            share: share, count: count, correct: UInt32(sum.correct), lossSum: sum.lossSum)),
        tensor: sum.confusion.counts.map(Int64.init))
    }
  }
}
