import Digest

/// The coordinator as a value: it is told what happens and answers what to do. No I/O, no clock,
/// no threads, no tensors.
///
/// Its parts keep their own invariants: `Membership` knows who is here, `LeaseBook` where the
/// features of each sample are, `Round` the batch under way, `Ledger` that each sample counts once
/// an epoch. The extensions, one subject a file, move them together.
///
/// It lives in its `OwnTime`: clocks that jump and a process that is stopped do no harm.
public struct Coordinator: Sendable {
  enum Phase: Sendable {
    /// Steps and evaluations, one round after the other → `.closing`, `.finished`.
    case running
    /// Everything is done and the last checkpoint is being written → `.finished`.
    case closing(CoordinatorOutcome)
    /// Nothing may be delivered any more.
    case finished
  }

  enum Role: UInt8 {
    case none
    case training
    case validation
  }

  public let plan: TrainingPlan
  public let policy: CoordinatorPolicy
  public let incarnation: Incarnation
  /// The digest that a worker's probe must give.
  public let probe: ContentDigest
  let terms: WorkerTerms

  var time: OwnTime
  var now: Instant { time.now }
  var actions: [CoordinatorAction] = []
  var phase = Phase.running
  var membership = Membership()

  var leases: LeaseBook
  var leaseDuration = MeanDuration()
  /// Whether enough workers have been here for the first lease.
  var isLeasing = false
  /// By sample.
  let roles: [Role]
  /// Samples that a worker couldn't decode, while the coordinator tries, and who said so.
  var doubts: [SampleIndex: Doubt] = [:]
  var undecodableCount = 0

  /// How far the run has come; what a checkpoint of this moment would keep.
  public internal(set) var position: Position
  var order: [SampleIndex] = []
  var round: Round?
  /// By sample: the round that waits for its features or has them.
  var roundOf: [UInt64]
  var roundsBegun: UInt64 = 0
  var shareNumberNext: UInt64 = 0
  var shareDuration = MeanDuration()
  var ledger: Ledger
  /// By place: its group while samples are put into groups; -1 otherwise.
  var groupOf: [Int] = []
  /// Shares that a worker called divergent, while the coordinator tries, and who said so.
  var divergences: [ShareID: Accusation] = [:]

  var checkpoints = CheckpointBook()
  var stopDeadline: Instant?
  var wasWaiting = false

  /// - Parameters:
  ///   - incarnation: drawn at random for this start.
  ///   - probe: what the coordinator's own probe gave.
  ///   - position: of the checkpoint that the run goes on from; it must fit the plan.
  ///   - undecodable: samples confirmed before this incarnation.
  ///   - kept: features that the shell keeps already.
  public init(
    plan: TrainingPlan, policy: CoordinatorPolicy = CoordinatorPolicy(), incarnation: Incarnation,
    terms: WorkerTerms, probe: ContentDigest, resumingAt position: Position = .start,
    undecodable: [SampleIndex] = [], kept: [SampleVariant] = [], at now: Instant
  ) {
    precondition(position.fits(plan), "the shell has checked the checkpoint against the plan")
    self.plan = plan
    self.policy = policy
    self.incarnation = incarnation
    self.terms = terms
    self.probe = probe
    self.position = position
    time = OwnTime(now)
    roles = Self.roles(plan)
    roundOf = Array(repeating: 0, count: plan.sampleCount)
    ledger = Ledger(sampleCount: plan.sampleCount)
    let epoch = Int(position.epoch)
    let offset = position.samplesBehind(plan)
    leases = LeaseBook(plan: plan, queue: LeaseQueue(plan: plan, epoch: epoch, offset: offset))
    checkpoints.lastAt = now
    if position != .start { checkpoints.kept = position }
    for item in kept {
      if let slot = leases.slot(of: item), leases.state(slot) == .idle { leases.recover(slot) }
    }
    for sample in undecodable where Int(sample) < plan.sampleCount { bury(sample) }
    if epoch < plan.epochs {
      order = visitingOrder(training: plan.training, seed: plan.seed, epoch: epoch)
      ledger.enter(Array(order[..<offset]), epoch: position.epoch)
    }
  }

  /// What happened, and what to do about it, in this order.
  ///
  /// A run that has nothing left to do, or too many undecodable samples, says so in the answer to
  /// its first event.
  public mutating func receive(_ event: CoordinatorEvent, at time: Instant) -> [CoordinatorAction] {
    if case .finished = phase { preconditionFailure("nothing is delivered after `finish`") }
    self.time.advance(to: time)
    handle(event)
    proceed()
    defer { actions.removeAll(keepingCapacity: false) }
    return actions
  }

  private mutating func handle(_ event: CoordinatorEvent) {
    switch event {
    case .received(let peer, let envelope): receive(envelope, from: peer)
    case .malformed(let peer, let reason): receiveMalformed(from: peer, reason)
    case .disconnected(let peer):
      if let place = membership.place(of: peer) { lose(place, reason: "disconnected") }
    case .tick: tick()
    case .undecodableChecked(let sample, let isUndecodable):
      settleDoubt(sample, isUndecodable: isUndecodable)
    case .divergenceChecked(let share, let isDivergent):
      settleDivergence(share, isDivergent: isDivergent)
    case .headDiverged:
      finish(.diverged(step: position.step, reason: "a parameter of the head"))
    case .checkpointWritten: checkpointWritten()
    case .checkpointFailed(let step, let reason): checkpointFailed(step: step, reason)
    case .stopRequested: requestStop()
    }
  }

  private static func roles(_ plan: TrainingPlan) -> [Role] {
    var roles = [Role](repeating: .none, count: plan.sampleCount)
    for sample in plan.training { roles[Int(sample)] = .training }
    for sample in plan.validation {
      precondition(roles[Int(sample)] == .none, "training and validation are disjoint")
      roles[Int(sample)] = .validation
    }
    return roles
  }
}

/// A complaint that the coordinator looks into itself.
struct Accusation: Sendable {
  var workers: [WorkerID]
  var reason: String
}

/// What is doubted about a sample.
typealias Doubt = Accusation
