import ClusterCore
import Digest
import Testing

/// Drives a coordinator's core as a shell would, and remembers what it did.
final class CoordinatorHarness {
  static let probe = ContentDigest.sha256([1])
  static let terms = WorkerTerms(
    manifest: .sha256([2]), backbone: .sha256([3]), normalization: "inception",
    preprocessingVersion: 1, fit: "crop", precision: "fp32", classCount: 3, featureCount: 4,
    labelSmoothing: 0)

  var core: Coordinator
  var now = Instant(nanoseconds: 1_000_000_000_000)
  /// The actions of the last event.
  var actions: [CoordinatorAction] = []
  /// The actions of all events.
  var history: [CoordinatorAction] = []
  /// Checkpoints are written at once unless this is false.
  var writesCheckpoints = true
  private var sessions: [PeerID: Session] = [:]

  /// - Parameters:
  ///   - kept: the samples whose features are there from the start
  ///   - openAudits: what an earlier coordinator left to be looked at twice
  init(
    _ plan: TrainingPlan, _ policy: CoordinatorPolicy = CoordinatorPolicy(),
    kept: [SampleIndex] = [], openAudits: [OpenAudit] = []
  ) {
    core = Coordinator(
      plan: plan, policy: policy, incarnation: Incarnation(high: 7, low: 7), terms: Self.terms,
      probe: Self.probe,
      kept: kept.map {
        KeptFeatures(item: SampleVariant(sample: $0, variant: 0), source: WorkerID(number: 77))
      }, openAudits: openAudits, softwareVersion: "4.5.6", at: now)
  }

  /// A plan with the last `validation` samples for validation.
  static func plan(
    samples: Int, validation: Int = 1, batch: Int = 2, epochs: Int = 1, variants: Int = 1
  ) -> TrainingPlan {
    let all = Array(0..<SampleIndex(samples))
    return TrainingPlan(
      sampleCount: samples, training: Array(all.dropLast(validation)),
      validation: Array(all.suffix(validation)), batchSize: batch, epochs: epochs,
      variants: variants, seed: 42)
  }

  var isFinished: Bool { outcome != nil }

  private(set) var outcome: CoordinatorOutcome?

  // MARK: Events

  func deliver(_ event: CoordinatorEvent) {
    actions = []
    perform(core.receive(event, at: now))
  }

  private func perform(_ list: [CoordinatorAction]) {
    actions += list
    history += list
    for action in list {
      switch action {
      case .send(let peer, let envelope):
        if case .welcome = envelope.message { sessions[peer] = envelope.session }
      case .writeCheckpoint(let request) where writesCheckpoints && !isFinished:
        perform(core.receive(.checkpointWritten(step: request.position.step), at: now))
      case .finish(let outcome): self.outcome = outcome
      default: break
      }
    }
  }

  func wait(seconds: Double, ticking: Bool = true) {
    var left = UInt64(seconds * 1e9)
    while left > 0 {
      let part = ticking ? min(left, Limits.tickIntervalNanoseconds) : left
      now = now.advanced(byNanoseconds: part)
      left -= part
      if isFinished { return }
      deliver(.tick)
    }
  }

  func say(_ message: WorkerMessage, from peer: PeerID) {
    let session = sessions[peer] ?? .none
    deliver(
      .received(
        peer, Envelope(incarnation: core.incarnation, session: session, message: message)))
  }

  func hello(_ peer: PeerID, worker: UInt64? = nil, attempt: UInt64 = 1, threads: UInt32 = 1) {
    deliver(
      .received(
        peer,
        Envelope(
          incarnation: .none, session: .none,
          message: .hello(
            Hello(
              protocolVersion: Limits.protocolVersion,
              worker: WorkerID(number: worker ?? peer.number), attempt: attempt, threads: threads,
              name: "worker \(peer.number)", softwareVersion: "0")))))
  }

  /// Hello, welcome, probe. Returns the connection.
  @discardableResult
  func join(_ number: UInt64, worker: UInt64? = nil, attempt: UInt64 = 1, threads: UInt32 = 1)
    -> PeerID
  {
    let peer = PeerID(number: number)
    hello(peer, worker: worker, attempt: attempt, threads: threads)
    say(.joined(Joined(probe: Self.probe)), from: peer)
    return peer
  }

  func heartbeats(_ peers: [PeerID]) { for peer in peers { say(.heartbeat, from: peer) } }

  // MARK: What was done

  func messages(to peer: PeerID, in list: [CoordinatorAction]? = nil) -> [CoordinatorMessage] {
    (list ?? actions).compactMap {
      if case .send(peer, let envelope) = $0 { envelope.message } else { nil }
    }
  }

  func leases(to peer: PeerID, in list: [CoordinatorAction]? = nil) -> [SampleVariant] {
    messages(to: peer, in: list).compactMap {
      if case .lease(let lease) = $0, !lease.withFeatures { lease.item } else { nil }
    }
  }

  func given(to peer: PeerID, in list: [CoordinatorAction]? = nil) -> [SampleVariant] {
    messages(to: peer, in: list).compactMap {
      if case .lease(let lease) = $0, lease.withFeatures { lease.item } else { nil }
    }
  }

  func shares(to peer: PeerID, in list: [CoordinatorAction]? = nil) -> [Share] {
    messages(to: peer, in: list).compactMap {
      switch $0 {
      case .step(let share), .evaluate(let share): share
      default: nil
      }
    }
  }

  func refusals(of peer: PeerID) -> [Refuse.Code] {
    messages(to: peer, in: history).compactMap {
      if case .refuse(let refuse) = $0 { refuse.code } else { nil }
    }
  }

  var notices: [CoordinatorNotice] {
    history.compactMap { if case .notice(let notice) = $0 { notice } else { nil } }
  }

  var steps: [StepReport] {
    history.compactMap { if case .applyStep(let report) = $0 { report } else { nil } }
  }

  var epochs: [EpochReport] {
    history.compactMap { if case .finishEpoch(let report) = $0 { report } else { nil } }
  }

  func answer(_ share: Share, from peer: PeerID, evaluation: Bool = false) {
    let count = UInt32(share.samples.count)
    say(
      evaluation
        ? .evaluation(Evaluation(share: share.id, count: count, correct: 1, lossSum: 1))
        : .gradientSum(GradientAnswer(share: share.id, count: count, correct: 1, lossSum: 1)),
      from: peer)
  }

  /// Answers everything that was sent to these workers, and what comes of it, until nothing is left
  /// to answer.
  func answerAll(_ peers: [PeerID], from start: Int = 0) {
    var done = start
    while done < history.count {
      let action = history[done]
      done += 1
      guard !isFinished, case .send(let peer, let envelope) = action, peers.contains(peer) else {
        continue
      }
      switch envelope.message {
      case .lease(let lease) where !lease.withFeatures:
        say(.features(Features(item: lease.item)), from: peer)
      case .step(let share): answer(share, from: peer)
      case .evaluate(let share): answer(share, from: peer, evaluation: true)
      default: break
      }
    }
  }
}
