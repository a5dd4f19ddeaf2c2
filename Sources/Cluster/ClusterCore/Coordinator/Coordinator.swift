import Digest

/// The coordinator as a value: it is told what happens and answers what to do. No I/O, no clock,
/// no threads, no tensors.
///
/// Its parts keep their own invariants: `Membership` knows who is here, `LeaseBook` where the
/// features of each sample are, `RoundBook` the batch under way, `EpochLedger` that each sample counts once
/// an epoch. The extensions, one subject a file, move them together.
///
/// It lives in its `OwnTime`: clocks that jump and a process that is stopped do no harm.
public struct Coordinator: Sendable {
  enum Phase: Sendable {
    /// Steps and evaluations, one round after the other → `.rollingBack`, `.closing`, `.finished`.
    case running
    /// Waits for the state of a checkpoint that no faulty worker contributed to → `.running`, `.finished`.
    case rollingBack
    /// Everything is done and the last checkpoint is being written → `.finished`.
    case closing(CoordinatorOutcome)
    /// Nothing may be delivered any more.
    case finished
  }

  public let plan: TrainingPlan
  public let policy: CoordinatorPolicy
  public let incarnation: Incarnation
  /// The digest that a worker's probe must give.
  public let probe: ContentDigest
  let terms: WorkerTerms
  /// For people who have to update a worker.
  let softwareVersion: String

  var time: OwnTime
  var now: Instant { time.now }
  var actions: [CoordinatorAction] = []
  var phase = Phase.running
  var membership = Membership()

  var leases: LeaseBook
  var leaseDuration = MeanDuration()
  /// Whether enough workers have been here for the first lease and the first share.
  var isLeasing = false
  /// Samples that a worker couldn't decode.
  var doubts = Complaints<SampleIndex>()
  var undecodableCount = 0
  /// Those that a round has done without since this began, or the run was taken back.
  var leftOut: Set<SampleIndex> = []
  var shortage = Shortage()
  var audits: AuditBook
  /// Workers that lied, in this incarnation or an earlier one.
  var condemned: Set<WorkerID>
  /// Whose answers are in the head or in the features that are kept.
  var contributors: Contributors

  /// How far the run has come; what a checkpoint of this moment would keep.
  public internal(set) var position: Position
  var order: [SampleIndex] = []
  var rounds: RoundBook
  var groups = ShareGroups()
  var shareDuration = MeanDuration()
  var ledger: EpochLedger
  /// Shares that a worker called divergent.
  var divergences = Complaints<ShareID>()
  /// Whether the test samples are evaluated, or there are none.
  var isTested: Bool
  /// How the run would end if it weren't for audits that may show why it diverged.
  var suspectedDivergence: CoordinatorOutcome?

  var checkpoints = CheckpointBook()
  var stopDeadline: Instant?
  var wasWaiting = false

  /// - Parameters:
  ///   - incarnation: drawn at random for this start.
  ///   - probe: what the coordinator's own probe gave.
  ///   - position: of the checkpoint that the run goes on from; it must fit the plan.
  ///   - undecodable: samples confirmed before this incarnation.
  ///   - kept: features that the shell keeps already; what a refused worker computed doesn't count,
  ///     and the shell is told to forget it.
  ///   - contributors: to the checkpoint.
  ///   - openAudits: of the checkpoint.
  ///   - refused: workers that lied in an earlier incarnation.
  ///   - softwareVersion: of tl, told to workers of another protocol version; empty says none.
  public init(
    plan: TrainingPlan, policy: CoordinatorPolicy = CoordinatorPolicy(), incarnation: Incarnation,
    terms: WorkerTerms, probe: ContentDigest, resumingAt position: Position = .start,
    undecodable: [SampleIndex] = [], kept: [KeptFeatures] = [],
    contributors: Contributors = .none, openAudits: [OpenAudit] = [],
    refused: Set<WorkerID> = [], softwareVersion: String = "", at now: Instant
  ) {
    precondition(position.fits(plan), "the shell has checked the checkpoint against the plan")
    self.plan = plan
    self.policy = policy
    self.incarnation = incarnation
    self.terms = terms
    self.softwareVersion = softwareVersion
    self.probe = probe
    self.position = position
    audits = AuditBook(
      policy.audit, earlier: openAudits.filter { Int($0.item.sample) < plan.sampleCount })
    condemned = refused
    self.contributors = contributors
    time = OwnTime(now)
    rounds = RoundBook(sampleCount: plan.sampleCount)
    ledger = EpochLedger(sampleCount: plan.sampleCount)
    isTested = plan.test.isEmpty
    let epoch = Int(position.epoch)
    let offset = position.samplesBehind(plan)
    leases = LeaseBook(plan: plan, queue: LeaseQueue(plan: plan, epoch: epoch, offset: offset))
    checkpoints.lastAt = now
    if position != .start { checkpoints.kept = position }
    recover(kept)
    for sample in undecodable where Int(sample) < plan.sampleCount { bury(sample) }
    for worker in refused {
      membership.ban(
        worker,
        Refuse(code: .audit, reason: "an audit found its answers wrong, earlier in this run"))
    }
    beginLedger()
  }

  /// What happened, and what to do about it, in this order.
  ///
  /// A run that has nothing left to do, or too many undecodable samples, says so in the answer to
  /// its first event.
  public mutating func receive(_ event: CoordinatorEvent, at time: Instant) -> [CoordinatorAction] {
    if case .finished = phase { preconditionFailure("nothing is delivered after `finish`") }
    self.time.advance(to: time)
    let checkpointCount = checkpoints.requestCount
    handle(event)
    proceed()
    checkpoints.requestedLast = checkpoints.requestCount - checkpointCount
    defer { actions.removeAll(keepingCapacity: false) }
    return actions
  }

  private mutating func handle(_ event: CoordinatorEvent) {
    switch event {
    case .received(let peer, let envelope): receive(envelope, from: peer)
    case .malformed(let peer, let reason): receiveMalformed(from: peer, reason)
    case .disconnected(let peer):
      if let member = membership.member(of: peer) { lose(member, reason: "disconnected") }
    case .tick: tick()
    case .undecodableChecked(let sample, let verdict): settleDoubt(sample, verdict)
    case .photographsUnreadable(let reason): photographsUnreadable(reason)
    case .divergenceChecked(let share, let isDivergent):
      settleDivergence(share, isDivergent: isDivergent)
    case .featuresAudited(let item, let verdict): settleAudit(of: item, verdict)
    case .earlierAudited(let audit, let verdict): settleAudit(audit, verdict)
    case .answerAudited(let share, let verdict): settleAudit(of: share, verdict)
    case .rolledBack(let position, let contributors): rolledBack(to: position, contributors)
    case .headDiverged:
      headDiverged()
    case .checkpointWritten: checkpointWritten()
    case .checkpointFailed(let step, let reason): checkpointFailed(step: step, reason)
    case .stopRequested: requestStop()
    }
  }
}
