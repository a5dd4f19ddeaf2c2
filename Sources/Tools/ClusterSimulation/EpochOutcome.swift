import ClusterCore
import Digest
import Training

/// What an epoch of the simulated cluster came to.
struct EpochOutcome {
  var evaluated: Set<SampleIndex>
  var evaluation: EvaluationSum
  var head: ContentDigest
  var correct: Int
}

extension Simulation {
  /// It must be what the reference came to.
  func check(_ outcome: EpochOutcome, ofEpoch epoch: Int) {
    let validation = Set(scenario.plan.validation).subtracting(scenario.undecodable)
    check(outcome.evaluated == validation, "an evaluation counts the validation samples")
    check(
      outcome.evaluation == reference.evaluations[epoch],
      "epoch \(epoch) is evaluated as in the reference")
    check(
      outcome.head == reference.digests[epoch], "epoch \(epoch) ends with the reference's head")
    check(
      outcome.correct == reference.evaluations[epoch].correct,
      "the report has the evaluation's result")
  }
}
