import ClusterCore
import Testing

@Suite struct `Answers that are looked at twice` {
  private static let everything = CoordinatorPolicy(audit: AuditPolicy(fraction: 1, seed: 1))

  private func harness(samples: Int = 7, batch: Int = 2, epochs: Int = 1) -> CoordinatorHarness {
    CoordinatorHarness(
      CoordinatorHarness.plan(samples: samples, batch: batch, epochs: epochs), Self.everything)
  }

  /// Plays workers and shell: everything is answered, and every audit gets a verdict.
  private func run(
    _ harness: CoordinatorHarness, _ peers: [PeerID], from start: Int = 0,
    verdict: (CoordinatorAction) -> AuditVerdict = { _ in .equal }
  ) {
    var done = start
    var quietTicks = 0
    while quietTicks < 5 {
      guard !harness.isFinished else { return }
      guard done < harness.history.count else {
        quietTicks += 1
        harness.wait(seconds: 0.1)
        continue
      }
      quietTicks = 0
      let action = harness.history[done]
      done += 1
      switch action {
      case .auditFeatures(let item, _):
        harness.deliver(.featuresAudited(item, verdict(action)))
      case .auditAnswer(let share, _):
        harness.deliver(.answerAudited(share.id, verdict(action)))
      case .send(let peer, let envelope) where peers.contains(peer):
        switch envelope.message {
        case .lease(let lease) where !lease.withFeatures:
          harness.say(.features(Features(item: lease.item)), from: peer)
        case .step(let share): harness.answer(share, from: peer)
        case .evaluate(let share): harness.answer(share, from: peer, evaluation: true)
        default: break
        }
      default: break
      }
    }
  }

  private func audits(_ harness: CoordinatorHarness) -> [SampleVariant: Set<Bool>] {
    var audits: [SampleVariant: Set<Bool>] = [:]
    for case .auditFeatures(let item, let second) in harness.history {
      audits[item, default: []].insert(second != .none)
    }
    return audits
  }

  private func condemned(_ harness: CoordinatorHarness) -> [UInt64] {
    harness.notices.compactMap { notice in
      if case .workerFaulty(let worker, _, _) = notice { worker.number } else { nil }
    }
  }

  @Test func `come from a second worker where there is one`() {
    let harness = harness()
    let (one, two) = (harness.join(1), harness.join(2))
    run(harness, [one, two])
    #expect(harness.isFinished)
    #expect(audits(harness).count == 7, "every sample's features are audited")
    #expect(audits(harness).values.contains { $0.contains(true) })
    let held = harness.history.filter { if case .holdAnswer = $0 { true } else { false } }
    let added = harness.history.filter { if case .addHeld = $0 { true } else { false } }
    #expect(held.count >= 4 && held.count == added.count, "three steps and an evaluation")
    #expect(!harness.history.contains { if case .addGradient = $0 { true } else { false } })
    #expect(condemned(harness).isEmpty)
  }

  @Test func `are the coordinator's own where a worker is alone`() {
    let harness = harness()
    let one = harness.join(1)
    run(harness, [one])
    #expect(harness.isFinished)
    #expect(audits(harness).count == 7)
    #expect(!audits(harness).values.contains { $0.contains(true) })
  }

  @Test func `are none where nobody asked for them`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 7))
    let (one, two) = (harness.join(1), harness.join(2))
    run(harness, [one, two])
    #expect(harness.isFinished)
    #expect(audits(harness).isEmpty)
    #expect(!harness.history.contains { if case .holdAnswer = $0 { true } else { false } })
  }

  @Test func `are as many as was asked for`() {
    let policy = CoordinatorPolicy(audit: AuditPolicy(fraction: 0.25, seed: 9))
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 2_000, batch: 100), policy)
    let (one, two) = (harness.join(1), harness.join(2))
    run(harness, [one, two])
    #expect(harness.isFinished)
    #expect((400...600).contains(audits(harness).count), "a quarter of 2,000")
  }

  @Test func `that an earlier coordinator left open are made before the run ends`() {
    let open = (0..<5 as Range<SampleIndex>).map { sample in
      OpenAudit(item: SampleVariant(sample: sample, variant: 0), source: WorkerID(number: 9))
    }
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 11),
      CoordinatorPolicy(audit: AuditPolicy(fraction: 1e-9, seed: 1)),
      openAudits: open)
    let one = harness.join(1)
    harness.wait(seconds: 0.1)
    harness.answerAll([one])
    let asked = harness.history.compactMap { action -> OpenAudit? in
      if case .auditEarlier(let audit) = action { audit } else { nil }
    }
    #expect(asked.sorted() == open)
    #expect(!harness.isFinished)
    for audit in asked { harness.deliver(.earlierAudited(audit, .equal)) }
    #expect(harness.isFinished)
  }

  @Test func `hold up the end of a run until all are there`() {
    let harness = harness()
    let one = harness.join(1)
    harness.answerAll([one])
    // The held answer to the first share waits for the coordinator's own.
    var audited: Set<ShareID> = []
    while let share = harness.history.compactMap({ action -> ShareID? in
      if case .auditAnswer(let share, _) = action { share.id } else { nil }
    }).first(where: { !audited.contains($0) }) {
      audited.insert(share)
      let start = harness.history.count
      harness.deliver(.answerAudited(share, .equal))
      harness.answerAll([one], from: start)
    }
    #expect(harness.epochs.count == 1 && !harness.isFinished)
    harness.wait(seconds: 0.1)
    for item in audits(harness).keys.sorted() {
      harness.deliver(.featuresAudited(item, .equal))
    }
    #expect(harness.isFinished)
  }

  @Test func `that are lies take the run back to before their worker`() throws {
    let harness = harness(epochs: 2)
    let (faultyWorker, honest) = (harness.join(1), harness.join(2))
    var lied = false
    run(harness, [faultyWorker, honest]) { action in
      guard case .auditFeatures(_, second: .tensor) = action, !lied else { return .equal }
      lied = true
      return .judged(isFirstRight: false, isSecondRight: true)
    }
    #expect(condemned(harness).count == 1)
    let culprit = try #require(condemned(harness).first)
    let (culprits, others) = culprit == 1 ? (faultyWorker, honest) : (honest, faultyWorker)
    #expect(harness.refusals(of: culprits).first == .audit)
    #expect(harness.refusals(of: others).first == .sessionEnded, "copies end with their session")
    let back = harness.history.filter { if case .rollBack = $0 { true } else { false } }
    #expect(back == [.rollBack(excluding: [WorkerID(number: culprit)])])
    let forgotten = harness.history.contains {
      if case .forgetFeatures(let items) = $0 { !items.isEmpty } else { false }
    }
    #expect(forgotten)

    // The other one comes back, the faulty worker can't, and everything is computed once more.
    let (steps, start) = (harness.steps.count, harness.history.count)
    harness.deliver(.rolledBack(to: .start, .none))
    let again = harness.join(3, worker: culprit == 1 ? 2 : 1, attempt: 2)
    let banned = PeerID(number: 4)
    harness.hello(banned, worker: culprit, attempt: 2)
    #expect(harness.refusals(of: banned) == [.audit])
    run(harness, [again], from: start)
    #expect(harness.isFinished)
    #expect(harness.steps.count - steps == 6, "both epochs from their start")
  }

  @Test func `that are lies told by the second worker alone cost nothing`() throws {
    let harness = harness()
    let honest = harness.join(1, threads: 8)
    let start = harness.history.count
    harness.answerAll([honest])
    let faultyWorker = harness.join(2)
    run(harness, [honest, faultyWorker], from: start) { action in
      guard case .auditFeatures(_, second: .tensor) = action else { return .equal }
      return .judged(isFirstRight: true, isSecondRight: false)
    }
    #expect(condemned(harness) == [2])
    #expect(harness.isFinished)
    #expect(!harness.history.contains { if case .rollBack = $0 { true } else { false } })
    #expect(harness.steps.count == 3)
  }

  @Test func `to shares count only when both are the same`() throws {
    let harness = harness(samples: 3, batch: 2)
    let (one, two) = (harness.join(1), harness.join(2))
    // The second has given something when the first share goes out.
    for peer in [two, one] {
      for item in harness.leases(to: peer, in: harness.history) {
        harness.say(.features(Features(item: item)), from: peer)
      }
    }
    let shares = harness.shares(to: one, in: harness.history)
    let share = try #require(shares.first)
    #expect(harness.shares(to: two, in: harness.history).contains(share), "both compute it")
    harness.answer(share, from: one)
    #expect(harness.actions.contains { if case .holdAnswer = $0 { true } else { false } })
    harness.answer(share, from: one)
    #expect(harness.actions.isEmpty, "nobody is its own witness")
    #expect(harness.steps.isEmpty)
    harness.answer(share, from: two)
    let asked = harness.actions.contains {
      if case .auditAnswer(share, .some) = $0 { true } else { false }
    }
    #expect(asked)
    harness.deliver(.answerAudited(share.id, .equal))
    #expect(harness.actions.contains(.addHeld(share.id)))
  }

  @Test func `that don't come in time are not waited for`() throws {
    let harness = harness(samples: 3, batch: 2)
    let (one, two) = (harness.join(1), harness.join(2))
    // The second has given something when the first share goes out.
    for peer in [two, one] {
      for item in harness.leases(to: peer, in: harness.history) {
        harness.say(.features(Features(item: item)), from: peer)
      }
    }
    let share = try #require(harness.shares(to: one, in: harness.history).first)
    harness.answer(share, from: one)
    for _ in 0..<15 {
      harness.wait(seconds: 0.1)
      harness.heartbeats([one])
    }
    #expect(harness.history.contains(.auditAnswer(share, second: nil)))
  }

  @Test func `of a worker that was found out before are not asked for`() {
    let harness = harness()
    harness.core = Coordinator(
      plan: CoordinatorHarness.plan(samples: 7), incarnation: Incarnation(high: 7, low: 7),
      terms: CoordinatorHarness.terms, probe: CoordinatorHarness.probe,
      refused: [WorkerID(number: 5)], at: harness.now)
    let peer = PeerID(number: 1)
    harness.hello(peer, worker: 5)
    #expect(harness.refusals(of: peer) == [.audit])
  }

  @Test func `are not waited for from a worker that only says it is there`() {
    let harness = harness(samples: 40, batch: 8)
    let (one, two) = (harness.join(1), harness.join(2))
    var done = 0
    for _ in 0..<600 where !harness.isFinished {
      run(harness, [one], from: done)
      done = harness.history.count
      if !harness.isFinished { harness.heartbeats([one, two]) }
    }
    #expect(harness.isFinished, "\(harness.core.summary)")
    #expect(condemned(harness).isEmpty)
  }

  @Test func `that call a good photograph undecodable end a worker, but name no faulty worker`() {
    let harness = harness()
    let honest = harness.join(1, threads: 8)
    harness.answerAll([honest])
    let hasty = harness.join(2)
    let item = harness.leases(to: hasty, in: harness.history)[0]
    harness.say(
      .undecodable(Undecodable(item: item, cause: .content, reason: "premature end")), from: hasty)
    #expect(harness.actions.contains(.auditFeatures(item, second: .undecodable)))
    harness.deliver(.featuresAudited(item, .judged(isFirstRight: true, isSecondRight: false)))
    #expect(harness.refusals(of: hasty) == [.falseReport])
    #expect(condemned(harness).isEmpty)
  }

  @Test func `that miss a photograph for a moment are given to somebody again`() {
    let harness = harness()
    let honest = harness.join(1, threads: 8)
    harness.answerAll([honest])
    let other = harness.join(2)
    let item = harness.leases(to: other, in: harness.history)[0]
    harness.say(
      .undecodable(Undecodable(item: item, cause: .absence, reason: "it isn't there")), from: other)
    #expect(!harness.actions.contains(.auditFeatures(item, second: .undecodable)))
    let start = harness.history.count
    harness.answerAll([other])
    #expect(harness.history[start...].contains(.auditFeatures(item, second: .tensor)))
    #expect(harness.refusals(of: other).isEmpty)
  }

  @Test func `keep faulty workers out when no more refusals can be remembered`() {
    let harness = harness()
    harness.core = Coordinator(
      plan: CoordinatorHarness.plan(samples: 7), incarnation: Incarnation(high: 7, low: 7),
      terms: CoordinatorHarness.terms, probe: CoordinatorHarness.probe, at: harness.now)
    for number in 1...UInt64(Limits.workersMax) {
      let peer = PeerID(number: number)
      harness.hello(peer)
      harness.say(.joined(Joined(probe: .sha256([9]))), from: peer)
    }
    let plan = CoordinatorHarness.plan(samples: 7)
    harness.core = Coordinator(
      plan: plan, incarnation: Incarnation(high: 7, low: 7), terms: CoordinatorHarness.terms,
      probe: CoordinatorHarness.probe,
      refused: Set((1...UInt64(Limits.workersMax + 1)).map(WorkerID.init)), at: harness.now)
    for number in [1, UInt64(Limits.workersMax + 1)] {
      let peer = PeerID(number: 100_000 + number)
      harness.hello(peer, worker: number)
      #expect(harness.refusals(of: peer) == [.audit])
    }
  }

  @Test func `may show why a head diverged, with a checkpoint asked for that never came`() {
    let policy = CoordinatorPolicy(
      checkpointIntervalNanoseconds: 0, audit: AuditPolicy(fraction: 1, seed: 1))
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 7, epochs: 2), policy)
    harness.writesCheckpoints = false
    let one = harness.join(1)
    harness.answerAll([one])
    // The first share's answer completes a step, whose head is spoiled.
    let share = harness.history.compactMap { action -> ShareID? in
      if case .auditAnswer(let share, _) = action { share.id } else { nil }
    }[0]
    harness.wait(seconds: 0.1)
    harness.deliver(.answerAudited(share, .equal))
    #expect(harness.steps.count == 1)
    let asked = harness.history.filter { if case .writeCheckpoint = $0 { true } else { false } }
    #expect(asked.count == 1)
    harness.deliver(.headDiverged)
    harness.wait(seconds: 1)
    #expect(!harness.isFinished, "an audit may show that a lie is the reason")
    #expect(
      harness.history.filter { if case .writeCheckpoint = $0 { true } else { false } }.count == 1,
      "nothing of a spoiled head is kept")
    let item = audits(harness).keys.sorted()[0]
    harness.deliver(.featuresAudited(item, .judged(isFirstRight: false, isSecondRight: true)))
    harness.deliver(.rolledBack(to: .start, .none))
    harness.writesCheckpoints = true
    let start = harness.history.count
    // What the coordinator was asked before comes to nothing now.
    for asked in audits(harness).keys.sorted() where asked != item {
      harness.deliver(.featuresAudited(asked, .equal))
    }
    let two = harness.join(2)
    run(harness, [two], from: start)
    #expect(harness.isFinished)
  }

  @Test func `that are late leave their worker room for other work`() {
    let harness = harness(samples: 40, batch: 8)
    let one = harness.join(1)
    for item in harness.leases(to: one, in: harness.history) {
      harness.say(.features(Features(item: item)), from: one)
    }
    let two = harness.join(2)
    let audits = harness.leases(to: two, in: harness.history)
    #expect(audits.count == 2)
    let start = harness.history.count
    for _ in 0..<20 {
      harness.wait(seconds: 0.1)
      harness.heartbeats([one, two])
    }
    let later = harness.leases(to: two, in: Array(harness.history[start...]))
    #expect(!later.isEmpty && Set(later).isDisjoint(with: audits), "\(later)")
  }

  @Test func `are due where features are kept of what turns out to be undecodable`() throws {
    let plan = CoordinatorHarness.plan(samples: 3, batch: 2, epochs: 2, variants: 2)
    let policy = CoordinatorPolicy(
      undecodableShareMax: 1, audit: AuditPolicy(fraction: 1, seed: 1))
    let harness = CoordinatorHarness(plan, policy)
    let one = harness.join(1, threads: 2)
    let first = harness.leases(to: one, in: harness.history)
    for item in first where item.variant == 0 {
      harness.say(.features(Features(item: item)), from: one)
    }
    let item = try #require(
      harness.leases(to: one, in: harness.history).first { $0.variant == 1 })
    harness.say(.undecodable(Undecodable(item: item, cause: .content, reason: "torn")), from: one)
    harness.deliver(.undecodableChecked(item.sample, .undecodable(reason: "torn")))
    let kept = SampleVariant(sample: item.sample, variant: 0)
    #expect(harness.actions.contains(.auditFeatures(kept, second: .none)))
    #expect(
      harness.messages(to: one).contains(.revoke(Revoke(variant: 0, samples: [item.sample]))))
    harness.deliver(.featuresAudited(kept, .judged(isFirstRight: false, isSecondRight: true)))
    #expect(condemned(harness) == [1])
  }
}
