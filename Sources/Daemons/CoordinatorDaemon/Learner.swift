import ClusterCore
import DaemonSupport
import Digest
import RunFiles
import Training
import ZeroMQ

/// The numbers that a coordinator keeps for its core: the trainer, the sums of the evaluation under
/// way, and the head's frame.
package struct Learner {
  private var trainer: Trainer
  /// Of the evaluation under way; the loss sum is wider than a share's, for any number of samples.
  private var confusion: ConfusionMatrix
  private var evaluated = RunningTotals()
  /// The head as a frame; made once a step, however many workers get it.
  private var frame: HeadFrame?

  package init(trainer: Trainer) {
    self.trainer = trainer
    confusion = ConfusionMatrix(classCount: trainer.shape.classCount)
  }

  /// Goes on from another state; what was added to a step or an evaluation that is not over is gone.
  mutating func restart(_ trainer: Trainer) { self = Learner(trainer: trainer) }

  var head: Head { trainer.head }

  /// Steps that are complete.
  var step: UInt64 { trainer.step }

  /// All that a checkpoint keeps of this moment.
  var snapshot: TrainerState { trainer.state }

  package mutating func add(_ sum: GradientAnswer, _ values: [Int64]) {
    do throws(TrainingError) {
      try trainer.add(
        Training.GradientSum(
          values: values, lossSum: sum.lossSum, correct: Int(sum.correct),
          sampleCount: Int(sum.count)))
    } catch {
      // Length and bounds were checked when it arrived, and the core counts each sample once.
      preconditionFailure("a sum that the core counts can be added: \(error)")
    }
  }

  package mutating func add(_ evaluation: Evaluation, _ counts: [Int64]) {
    do throws(TrainingError) {
      confusion += try ConfusionMatrix(
        classCount: trainer.shape.classCount, counts: counts.map(Int.init))
      evaluated += RunningTotals(
        lossSum: Int128(evaluation.lossSum), correct: Int(evaluation.correct),
        samples: Int(evaluation.count))
    } catch {
      preconditionFailure("a confusion matrix that was checked can be added: \(error)")
    }
  }

  /// - Returns: what the step counted; nil where the head diverged.
  package mutating func applyStep(_ report: StepReport) -> RunningTotals? {
    frame = nil
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
  package mutating func finishEpoch(_ report: EpochReport) -> EpochResult {
    let totals: RunningTotals
    do throws(TrainingError) {
      totals = try trainer.finishEpoch()
    } catch {
      preconditionFailure("the core finishes whole epochs: \(error)")
    }
    precondition(totals.samples == Int(report.counted) && totals.skipped == Int(report.skipped))
    precondition(evaluated.samples == Int(report.validationCounted))
    defer {
      confusion = ConfusionMatrix(classCount: trainer.shape.classCount)
      evaluated = RunningTotals()
    }
    return EpochResult(
      samples: totals.samples, skipped: totals.skipped,
      metrics: EpochMetrics(training: totals, validation: evaluated), head: trainer.head.digest)
  }

  /// The learning rate of the step under way, for messages about divergence.
  var learningRate: Double { trainer.isFinished ? 0 : trainer.learningRate }

  /// The head as it is now.
  package mutating func headFrame() -> Message {
    if frame == nil { frame = HeadFrame(.tensor(trainer.head.parameters)) }
    return frame!.message.shared()
  }
}

/// A frame that values can hold on to.
private final class HeadFrame {
  let message: Message

  init(_ message: consuming Message) { self.message = message }
}
