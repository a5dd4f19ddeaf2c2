import ClusterCore
import Digest
import Training

/// What a coordinator's process does, with all that it takes: an action of the core whose payload
/// the shell has put to it. Whoever runs a shell carries these out in their order.
public enum CoordinatorEffect: Sendable {
  case send(PeerID, Envelope<CoordinatorMessage>, CoordinatorTensor)
  /// Composes a `StatusReply` and sends it, without a session.
  case replyStatus(PeerID)
  /// Ends the connection of somebody who was turned away, once that can have been heard.
  case hangUp(PeerID)

  /// These features were taken into the memory, or left it.
  case kept(KeptFeatures, [Float])
  case forgot([SampleVariant])
  /// This answer was added to the sums of its step or evaluation.
  case added(ShareAnswer)
  /// The head has moved on by a step, which counted this.
  case tookStep(StepReport, RunningTotals)
  case finishedEpoch(EpochReport, EpochSums)
  case finishedTest(TestReport, EvaluationSums)

  /// Takes its time over this, then delivers the verdict.
  case check(Check)
  /// Writes a checkpoint, then delivers `checkpointWritten` or `checkpointFailed`, in the order of
  /// the requests. `openAudits` are the digests of the features that are yet to be audited.
  case writeCheckpoint(CheckpointRequest, TrainerState, openAudits: [OpenAudit: ContentDigest])
  /// Finds the newest checkpoint to which none of these workers contributed, removes the newer ones
  /// and calls `CoordinatorShell.goOn`, after the answers to all `writeCheckpoint` before.
  case rollBack(excluding: Set<WorkerID>)

  /// Something that people want to know.
  case notice(CoordinatorNotice)
  /// The end. Nothing is delivered after it; what was sent still leaves.
  case finish(CoordinatorOutcome)
}
