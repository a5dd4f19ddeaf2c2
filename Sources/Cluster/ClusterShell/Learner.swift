import ClusterCore
import Digest
import Training

/// What an evaluation came to. The loss sum is wider than a share's, for any number of samples.
public struct EvaluationSums: Equatable, Sendable {
  public fileprivate(set) var totals = RunningTotals()
  public fileprivate(set) var confusion: ConfusionMatrix

  fileprivate init(classCount: Int) { confusion = ConfusionMatrix(classCount: classCount) }
}

/// What an epoch came to.
public struct EpochSums: Equatable, Sendable {
  public let training: RunningTotals
  public let validation: EvaluationSums
  /// The head's digest at its end.
  public let head: ContentDigest
}

/// The numbers that a coordinator keeps for its core: the trainer, and the sums of the evaluation
/// under way.
public struct Learner: Sendable {
  private var trainer: Trainer
  /// Of the evaluation under way.
  private var evaluation: EvaluationSums
  /// Counts the heads that there were.
  public private(set) var headVersion: UInt64 = 0

  public init(trainer: Trainer) {
    self.trainer = trainer
    evaluation = EvaluationSums(classCount: trainer.shape.classCount)
  }

  /// Goes on from another state; what was added to a step or an evaluation that is not over is gone.
  mutating func restart(_ trainer: Trainer) {
    self.trainer = trainer
    headVersion += 1
    clearEvaluation()
  }

  private mutating func clearEvaluation() {
    evaluation = EvaluationSums(classCount: trainer.shape.classCount)
  }

  public var head: Head { trainer.head }

  /// Steps that are complete.
  public var step: UInt64 { trainer.step }

  /// All that a checkpoint keeps of this moment.
  public var snapshot: TrainerState { trainer.state }

  /// The learning rate of the step under way, for messages about divergence.
  public var learningRate: Double { trainer.isFinished ? 0 : trainer.learningRate }

  mutating func add(_ whole: WholeAnswer) {
    do throws(TrainingError) {
      switch whole.answer {
      case .gradient(let sum):
        try trainer.add(
          Training.GradientSum(
            values: whole.tensor, lossSum: sum.lossSum, correct: Int(sum.correct),
            sampleCount: Int(sum.count)))
      case .evaluation(let evaluation):
        self.evaluation.confusion += try ConfusionMatrix(
          classCount: trainer.shape.classCount, counts: whole.tensor.map(Int.init))
        self.evaluation.totals += RunningTotals(
          lossSum: Int128(evaluation.lossSum), correct: Int(evaluation.correct),
          samples: Int(evaluation.count))
      }
    } catch {
      // Length and bounds were checked when it arrived, and the core counts each sample once.
      preconditionFailure("an answer that the core counts can be added: \(error)")
    }
  }

  /// - Returns: what the step counted; nil where the head diverged.
  mutating func applyStep(_ report: StepReport) -> RunningTotals? {
    precondition(report.step == trainer.step, "steps follow one another")
    headVersion += 1
    do throws(TrainingError) {
      let totals = try trainer.finishStep(skipped: Int(report.skipped))
      precondition(totals.samples == Int(report.counted), "the core and the sums count the same")
      return totals
    } catch .diverged {
      return nil
    } catch {
      preconditionFailure("the core applies whole steps: \(error)")
    }
  }

  /// The results of an epoch; the sums begin afresh.
  mutating func finishEpoch(_ report: EpochReport) -> EpochSums {
    let totals: RunningTotals
    do throws(TrainingError) {
      totals = try trainer.finishEpoch()
    } catch {
      preconditionFailure("the core finishes whole epochs: \(error)")
    }
    precondition(totals.samples == Int(report.counted) && totals.skipped == Int(report.skipped))
    let validation = takeEvaluation(counted: report.validationCounted)
    return EpochSums(training: totals, validation: validation, head: trainer.head.digest)
  }

  /// The evaluation that is over; the sums begin afresh.
  mutating func takeEvaluation(counted: UInt32) -> EvaluationSums {
    precondition(
      evaluation.totals.samples == Int(counted), "the core and the sums count the same")
    defer { clearEvaluation() }
    return evaluation
  }
}
