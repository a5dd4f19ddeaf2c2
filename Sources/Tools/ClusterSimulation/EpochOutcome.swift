import ClusterCore
import ClusterShell
import Digest
import Training

/// What an epoch of the simulated cluster came to.
struct EpochOutcome {
  var evaluated: Set<SampleIndex>
  var sums: EpochSums
  var correct: Int
}

extension EvaluationSums {
  func isThat(of reference: EvaluationSum) -> Bool {
    confusion == reference.confusion && totals.lossSum == Int128(reference.lossSum)
  }
}

extension Simulation {
  /// It must be what the reference came to.
  func check(_ outcome: EpochOutcome, ofEpoch epoch: Int) {
    let validation = Set(scenario.plan.validation).subtracting(scenario.undecodable)
    check(outcome.evaluated == validation, "an evaluation counts the validation samples")
    let evaluation = reference.evaluations[epoch]
    check(
      outcome.sums.validation.isThat(of: evaluation),
      "epoch \(epoch) is evaluated as in the reference")
    check(
      outcome.sums.head == reference.digests[epoch], "epoch \(epoch) ends with the reference's head"
    )
    check(
      outcome.correct == reference.evaluations[epoch].correct,
      "the report has the evaluation's result")
  }
}
