/// What happens to a coordinator. The shell delivers events one at a time and carries out the
/// actions that come back, in their order, before it delivers the next one.
public enum CoordinatorEvent: Equatable, Sendable {
  /// A message arrived whose tensors, if it has any, have the right lengths and bounds. They belong
  /// to this event: `keepFeatures` and `addGradient` speak of them.
  case received(PeerID, Envelope<WorkerMessage>)
  /// A peer sent what can't be decoded or breaks a bound.
  case malformed(PeerID, reason: String)
  /// The connection is gone, or its queue is full and nothing moves.
  case disconnected(PeerID)
  /// Time has passed: at least every `Limits.tickIntervalNanoseconds`.
  case tick
  /// The answer to `checkUndecodable`.
  case undecodableChecked(SampleIndex, PhotographVerdict)
  /// The photographs that workers ask for can't be read at the moment, for a reason that lies with the
  /// machine and not with them; nil when they can again.
  case photographsUnreadable(reason: String?)
  /// The answer to `checkDivergence`.
  case divergenceChecked(ShareID, isDivergent: Bool)
  /// The answer to `auditFeatures`.
  case featuresAudited(SampleVariant, AuditVerdict)
  /// The answer to `auditEarlier`, as for features without a second answer.
  case earlierAudited(OpenAudit, AuditVerdict)
  /// The answer to `auditAnswer`.
  case answerAudited(ShareID, AuditVerdict)
  /// The answer to `rollBack`: where the run goes on, and who contributed to that state.
  case rolledBack(to: Position, Contributors)
  /// `applyStep` gave a non-finite or absurd parameter. The shell drops what remained of that list
  /// of actions.
  case headDiverged
  /// The answers to `writeCheckpoint`: the position's step, and what went wrong.
  case checkpointWritten(step: UInt64)
  case checkpointFailed(step: UInt64, reason: String)
  /// The operator asks to stop: finish the step, write a checkpoint, be resumable.
  case stopRequested
}

/// What a coordinator finds of a photograph that a worker called undecodable.
public enum PhotographVerdict: Equatable, Sendable {
  /// Nobody can decode it, or it isn't there any more. The reason is for people and goes on from the
  /// photograph's name.
  case undecodable(reason: String)
  case decodable
  /// The machine couldn't try: nothing is known of the photograph.
  case unknown(reason: String)
}

/// What a coordinator does.
public enum CoordinatorAction: Equatable, Sendable {
  /// Sends a message. The shell attaches the tensor when the message really leaves: the head for
  /// `step` and `evaluate`, the kept features for a lease with features.
  case send(PeerID, Envelope<CoordinatorMessage>)
  /// Nothing more comes from this peer or goes to it, once what was sent has left.
  case disconnect(PeerID)
  /// Composes a `StatusReply` and sends it, without a session.
  case replyStatus(PeerID)

  /// Keeps the tensor of the current event as the features of this item, and who computed them.
  case keepFeatures(KeptFeatures)

  /// Adds the tensor and the sums of the current event to those of the step.
  case addGradient(GradientAnswer)
  /// Divides the step's sum by `counted`, applies the optimizer, clears the sum. Without anything
  /// counted the head stays as it is and only the schedule moves on.
  case applyStep(StepReport)

  /// Adds the tensor and the sums of the current event to those of the evaluation.
  case addEvaluation(Evaluation)
  /// The epoch is over: computes its metrics, logs them, clears the sums of epoch and evaluation.
  case finishEpoch(EpochReport)
  /// Takes the sums of the evaluation of the test samples, which follows the last epoch's. It comes
  /// anew where a faulty worker took the run back.
  case finishTest(TestReport)

  /// Compares the kept features of this item with the second answer, byte for byte. Where they
  /// differ, or there is none, computes the features itself and compares both with those. Then
  /// delivers `featuresAudited`.
  case auditFeatures(SampleVariant, second: SecondFeatures)
  /// Computes features itself and compares them with what an earlier incarnation kept, by the digest
  /// that the checkpoint names. Then delivers `earlierAudited`.
  case auditEarlier(OpenAudit)
  /// Holds the current event's answer to a share back, with its tensor.
  case holdAnswer(ShareAnswer)
  /// Compares the answer held for this share with the current event's, sums and tensor, byte for
  /// byte. Where they differ, or there is no second, computes the share from the head as it is and
  /// the kept features, and compares both with that. Then delivers `answerAudited`.
  case auditAnswer(Share, second: ShareAnswer?)
  /// Adds the answer held for this share to the sums of its step or evaluation, or drops it.
  case addHeld(ShareID)
  case dropAnswer(ShareID)
  /// Forgets the kept features of these items.
  case forgetFeatures([SampleVariant])
  /// Gives up the step or evaluation under way and all answers that are held; returns head,
  /// optimizer and metrics to the newest checkpoint to which none of these workers contributed, or
  /// to the start; removes the newer ones. Then delivers `rolledBack`, after the answers to all
  /// `writeCheckpoint` before.
  case rollBack(excluding: Set<WorkerID>)

  /// Decodes the photograph itself, then delivers `undecodableChecked`.
  case checkUndecodable(SampleIndex)
  /// Computes the share itself, then delivers `divergenceChecked`.
  case checkDivergence(Share)
  /// Takes a snapshot now, of whole steps: what was added to a step or an evaluation that is not
  /// over stays out. Writes it, then delivers `checkpointWritten` or `checkpointFailed`, in the
  /// order of the requests.
  case writeCheckpoint(CheckpointRequest)

  /// Something that people want to know.
  case notice(CoordinatorNotice)
  /// The coordinator's end. Nothing is delivered after it; what was sent still leaves.
  case finish(CoordinatorOutcome)
}

/// Features that the shell keeps.
public struct KeptFeatures: Hashable, Sendable {
  public var item: SampleVariant
  /// Who computed them.
  public var source: WorkerID

  public init(item: SampleVariant, source: WorkerID) {
    self.item = item
    self.source = source
  }
}

/// One step, as the ledger counts it. `counted + skipped` is the batch's size.
public struct StepReport: Equatable, Sendable {
  /// From 0: the number of steps before this one.
  public var step: UInt64
  public var epoch: UInt32
  /// Distinct samples whose gradients are in the sum.
  public var counted: UInt32
  /// Distinct samples of the batch confirmed undecodable.
  public var skipped: UInt32
  /// Counted samples whose greatest logit was their class's.
  public var correct: UInt32

  public init(step: UInt64, epoch: UInt32, counted: UInt32, skipped: UInt32, correct: UInt32) {
    self.step = step
    self.epoch = epoch
    self.counted = counted
    self.skipped = skipped
    self.correct = correct
  }
}

/// One epoch, as the ledger counts it. `counted + skipped` is the number of training samples.
public struct EpochReport: Equatable, Sendable {
  /// From 0.
  public var epoch: UInt32
  /// Steps done since the start of the run.
  public var step: UInt64
  public var counted: UInt32
  public var skipped: UInt32
  /// Counted training samples whose greatest logit was their class's, in their steps.
  public var correct: UInt32
  /// Validation samples evaluated, skipped as undecodable, and classified correctly.
  public var validationCounted: UInt32
  public var validationSkipped: UInt32
  public var validationCorrect: UInt32
  /// Whether no earlier epoch was as good.
  public var isBest: Bool
  /// Whether it is the run's last.
  public var isLast: Bool

  public init(
    epoch: UInt32, step: UInt64, counted: UInt32, skipped: UInt32, correct: UInt32,
    validationCounted: UInt32, validationSkipped: UInt32, validationCorrect: UInt32, isBest: Bool,
    isLast: Bool
  ) {
    self.epoch = epoch
    self.step = step
    self.counted = counted
    self.skipped = skipped
    self.correct = correct
    self.validationCounted = validationCounted
    self.validationSkipped = validationSkipped
    self.validationCorrect = validationCorrect
    self.isBest = isBest
    self.isLast = isLast
  }
}

/// The evaluation of the test samples by the run's last head. `counted + skipped` is their number.
public struct TestReport: Equatable, Sendable {
  public var counted: UInt32
  /// Undecodable.
  public var skipped: UInt32
  public var correct: UInt32

  public init(counted: UInt32, skipped: UInt32, correct: UInt32) {
    self.counted = counted
    self.skipped = skipped
    self.correct = correct
  }
}

/// A checkpoint that is due now.
public struct CheckpointRequest: Equatable, Sendable {
  public enum Reason: Equatable, Sendable {
    /// An epoch ended; `isBest` says whether this is the best one so far.
    case epochEnd(isBest: Bool)
    /// The interval has passed.
    case interval
    /// The coordinator stops.
    case stopping
  }

  public var position: Position
  public var reason: Reason
  /// Whose features and sums are in it.
  public var contributors: Contributors
  /// Features that are yet to be looked at twice; the shell keeps their digests beside them.
  public var openAudits: [OpenAudit]

  public init(
    position: Position, reason: Reason, contributors: Contributors = .none,
    openAudits: [OpenAudit] = []
  ) {
    self.position = position
    self.reason = reason
    self.contributors = contributors
    self.openAudits = openAudits
  }
}

/// What people want to know.
public enum CoordinatorNotice: Equatable, Sendable {
  case workerJoined(WorkerID, name: String, threads: UInt32)
  /// `reason` is `silent`, `disconnected`, `left` or `replaced`, or what was refused.
  case workerLost(WorkerID, name: String, reason: String)
  /// A worker is heard but has given nothing of what it was asked for; `isAlone` where the run
  /// therefore waits. Told once until it gives something.
  case workerStalled(WorkerID, name: String, nanoseconds: UInt64, isAlone: Bool)
  /// A worker that hadn't joined was turned away.
  case workerRefused(WorkerID?, code: Refuse.Code, reason: String)
  /// An audit found a worker's answers wrong. It may not come back, ever: this outlives the
  /// coordinator, which is told of it as `refused` when it starts again.
  case workerFaulty(WorkerID, name: String, reason: String)
  /// An audit came to nothing.
  case auditFailed(SampleVariant, reason: String)
  case sampleSkipped(SampleIndex, reason: String)
  /// The step or evaluation that is asked for next has done without these samples, and so will all that
  /// follow, until the coordinator is another or the run is taken back: what it takes to train the run again.
  case samplesLeftOut([SampleIndex], isEvaluation: Bool)
  /// The machine lacks what it takes to read or decode photographs; it tries again.
  case shortage(reason: String)
  case shortageOver
  /// Fewer workers serve than the run needs to begin or, with 0, to go on.
  case waitingForWorkers(serving: Int, needed: Int)
  case checkpointFailed(step: UInt64, reason: String)
  /// The run is over but for its last checkpoint, which is tried again for
  /// `Limits.lastCheckpointPatienceNanoseconds`.
  case lastCheckpointFailed(reason: String)
}

/// How a coordinator ended.
public enum CoordinatorOutcome: Equatable, Sendable {
  /// All epochs are done and kept: exit 0.
  case completed(best: Position.Best)
  /// Stopped on request, resumable: exit 75.
  case interrupted
  /// Photographs could not be read or decoded for a reason that lies with the machine, for longer
  /// than `Limits.shortageNanosecondsMax`; resumable: exit 75.
  case shortage(reason: String)
  /// More of the manifest is undecodable than the policy allows: exit 65.
  case tooManyUndecodable(count: Int)
  /// A logit or parameter was not finite or absurdly large: exit 65.
  case diverged(step: UInt64, reason: String)
  /// The last checkpoint could not be written: exit 74.
  case checkpointFailed(reason: String)
}
