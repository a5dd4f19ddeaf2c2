import ClusterCore
import Digest

/// Drives a worker's core as a shell would, and remembers what it did.
final class WorkerHarness {
  static let incarnation = Incarnation(high: 3, low: 4)
  static let session = Session(number: 5)
  static let probe = ContentDigest.sha256([1])

  var core: Worker
  var now = Instant(nanoseconds: 9_000_000_000_000)
  /// The actions of the last event.
  var actions: [WorkerAction] = []
  /// The actions of all events.
  var history: [WorkerAction] = []

  init(
    worker: UInt64 = 1, threads: Int = 2, retryMaxSeconds: UInt64 = 600, stays: Bool = false
  ) {
    core = Worker(
      identity: WorkerIdentity(
        id: WorkerID(number: worker), name: "one", threads: threads, softwareVersion: "0",
        retryMaxNanoseconds: retryMaxSeconds * 1_000_000_000, stays: stays), at: now)
  }

  func deliver(_ event: WorkerEvent) {
    actions = core.receive(event, at: now)
    history += actions
  }

  func wait(seconds: Double) {
    for _ in 0..<Int(seconds * 10 + 0.5) where outcome == nil {
      now = now.advanced(byNanoseconds: Limits.tickIntervalNanoseconds)
      deliver(.tick)
    }
  }

  func hear(
    _ message: CoordinatorMessage, incarnation: Incarnation = WorkerHarness.incarnation,
    session: Session = WorkerHarness.session
  ) {
    deliver(
      .received(Envelope(incarnation: incarnation, session: session, message: message)))
  }

  func hearWelcome(session: Session = WorkerHarness.session) {
    hear(
      .welcome(Welcome(attempt: attempts, terms: CoordinatorHarness.terms)), session: session)
  }

  /// Hello, welcome, objects, probe.
  func serve(held: [SampleVariant] = []) {
    if history.isEmpty { deliver(.started) }
    hearWelcome()
    deliver(.objectsReady(held: held))
    deliver(.probeFinished(Self.probe))
  }

  func hearLease(_ item: SampleVariant, withFeatures: Bool = false) {
    hear(.lease(Lease(item: item, withFeatures: withFeatures)))
  }

  // MARK: What was done

  var attempts: UInt64 {
    UInt64(messages(in: history).count { if case .hello = $0 { true } else { false } })
  }

  var outcome: WorkerOutcome? {
    for case .finish(let outcome) in history { return outcome }
    return nil
  }

  var sent: [WorkerMessage] { messages(in: actions) }

  func messages(in list: [WorkerAction]) -> [WorkerMessage] {
    list.compactMap { if case .send(let envelope) = $0 { envelope.message } else { nil } }
  }

  func item(_ sample: SampleIndex) -> SampleVariant { SampleVariant(sample: sample, variant: 0) }

  func share(_ number: UInt64, _ samples: [SampleIndex]) -> Share {
    Share(
      id: ShareID(incarnation: Self.incarnation, step: 0, number: number), variant: 0,
      samples: samples)
  }
}
