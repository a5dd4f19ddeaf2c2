import Digest

/// The worker as a value: it is told what happens and answers what to do. No I/O, no clock, no
/// threads, no tensors.
///
/// It survives its coordinators: whatever goes wrong with one ends in `.connecting`, and the
/// features stay with the shell, which lists them again when the next session has its objects.
public struct Worker: Sendable {
  enum State: Equatable, Sendable {
    /// Before `.started` → `.greeting`.
    case new
    /// Pauses until then → `.greeting`.
    case connecting(until: Instant)
    /// Has said hello and waits for the welcome until then → `.fetching`, `.greeting` again.
    case greeting(until: Instant)
    /// Has a session and fetches objects → `.probing`, `.connecting`, `.greeting`.
    case fetching
    /// Runs the probe → `.serving`, `.connecting`, `.greeting`.
    case probing
    /// Computes what it is given → `.connecting`, `.greeting`.
    case serving
    /// Nothing may be delivered any more; reached from everywhere.
    case finished
  }

  public let identity: WorkerIdentity
  var time: OwnTime
  var now: Instant { time.now }
  var actions: [WorkerAction] = []
  var state = State.new

  // The session, meaningful from `.fetching` to `.serving`.
  var incarnation = Incarnation.none
  var session = Session.none
  var lastHeard: Instant
  var lastSent: Instant

  // The way to the next one.
  var attempt: UInt64 = 0
  var pauseNanoseconds = Limits.retryPauseMinNanoseconds
  /// What each pause is shortened by: of this worker alone, because its identity is.
  var retryNumbers: SplitMix64
  /// When it last served, or started.
  var servedAt: Instant
  var lastFailure = "it never answered"
  /// Whether people know that there is no coordinator.
  var isUnansweredTold = false

  // The work of this session.
  var held = HeldFeatures()
  /// Those of `held` that the coordinator gave: never an answer to a lease, as they are no
  /// computation of this worker's own.
  var given = HeldFeatures()
  var leases: [SampleVariant: LeaseState] = [:]
  var ready = Fifo<SampleVariant>()
  /// Forward passes under way, also those that nobody wants any more.
  var extracting: Set<SampleVariant> = []
  var sharesUnderWay: Set<ShareID> = []
  /// Photographs to ask for again, and when.
  var photographRetries: [(item: SampleVariant, at: Instant)] = []
  /// How often the coordinator said that it hasn't got a photograph.
  var timesMissing: [SampleVariant: Int] = [:]
  /// How often in a row features could not be computed.
  var extractionFailures = 0
  /// When a photograph's absence was last reported, unless another came back since.
  var absentAt: Instant?
  /// Since when no request for a photograph was answered; nil after an answer.
  var unansweredSince: Instant?

  enum LeaseState: Sendable {
    /// Its photograph is on the way → `.ready`.
    case fetching
    /// Waits for a thread → `.extracting`.
    case ready
    case extracting
  }

  public init(identity: WorkerIdentity, at now: Instant) {
    self.identity = identity
    time = OwnTime(now)
    lastHeard = now
    lastSent = now
    servedAt = now
    retryNumbers = SplitMix64(seed: identity.id.number, purpose: "retry pauses")
  }

  /// What happened, and what to do about it, in this order.
  public mutating func receive(_ event: WorkerEvent, at time: Instant) -> [WorkerAction] {
    if state == .finished { preconditionFailure("nothing is delivered after `finish`") }
    self.time.advance(to: time)
    switch event {
    case .started:
      precondition(state == .new, "a worker starts once")
      servedAt = now
      greet(afterConnecting: true)
    case .tick: tick()
    case .leaveRequested: leave(.dismissed)
    case .disconnected: if isInSession { loseCoordinator("the connection is gone") }
    case .malformed(let reason): loseCoordinator("it sent what can't be read: \(reason)")
    case .received(let envelope): receive(envelope)
    case .objectsReady, .objectsFailed, .probeFinished, .probeFailed: prepare(event)
    case .featuresReady(let item) where state == .probing:
      // Of an earlier session: it is told with the others.
      held.insert(item)
    case .photographReady, .photographFailed, .photographMissing, .featuresReady, .undecodable,
      .notExtracted, .shareComputed, .shareDiverged:
      if state == .serving { work(event) }
    }
    defer { actions.removeAll(keepingCapacity: false) }
    return actions
  }

  var isInSession: Bool {
    switch state {
    case .fetching, .probing, .serving: true
    case .new, .connecting, .greeting, .finished: false
    }
  }

  mutating func send(_ message: WorkerMessage) {
    lastSent = now
    actions.append(
      .send(Envelope(incarnation: incarnation, session: session, message: message)))
  }

  mutating func finish(_ outcome: WorkerOutcome) {
    state = .finished
    actions.append(.finish(outcome))
  }

  /// Says goodbye where there is somebody to say it to, and ends.
  mutating func leave(_ outcome: WorkerOutcome) {
    if isInSession { send(.leave) }
    finish(outcome)
  }

  /// The session in which it serves and has nothing to compute; nil at all other times. For checks
  /// of memory.
  package var idleSession: Session? {
    state == .serving && leases.isEmpty && extracting.isEmpty && sharesUnderWay.isEmpty
      ? session : nil
  }
}
