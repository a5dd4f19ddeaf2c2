import ClusterCore
import Testing

@Suite struct `An undecodable sample` {
  private func report(
    _ item: SampleVariant, _ cause: Undecodable.Cause = .content, from peer: PeerID,
    to harness: CoordinatorHarness
  ) {
    harness.say(
      .undecodable(Undecodable(item: item, cause: cause, reason: "premature end")), from: peer)
  }

  @Test func `is skipped in every epoch once the coordinator agrees`() throws {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 12, validation: 2, batch: 4, epochs: 3),
      CoordinatorPolicy(undecodableShareMax: 1))
    let peer = harness.join(1)
    let bad = try #require(harness.leases(to: peer).first)
    report(bad, from: peer, to: harness)
    #expect(harness.actions.contains(.checkUndecodable(bad.sample)))
    harness.deliver(.undecodableChecked(bad.sample, .undecodable(reason: "cut off")))
    #expect(harness.actions.contains(.notice(.sampleSkipped(bad.sample, reason: "cut off"))))
    let start = harness.history.firstIndex { if case .send = $0 { true } else { false } } ?? 0
    for item in harness.leases(to: peer, in: harness.history) where item != bad {
      harness.say(.features(Features(item: item)), from: peer)
    }
    harness.answerAll([peer], from: start)
    #expect(harness.epochs.map(\.skipped) == [1, 1, 1])
    #expect(harness.epochs.map(\.counted) == [9, 9, 9])
    #expect(harness.steps.reduce(0) { $0 + $1.skipped } == 3)
    // Told when the first step does without it, and not again: from there on the log knows.
    let told = harness.history.filter {
      if case .notice(.samplesLeftOut) = $0 { true } else { false }
    }
    #expect(told == [.notice(.samplesLeftOut([bad.sample], isEvaluation: false))])
  }

  @Test func `that can be decoded costs its reporter the membership`() throws {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 12))
    let faultyWorker = harness.join(1)
    let good = try #require(harness.leases(to: faultyWorker).first)
    report(good, from: faultyWorker, to: harness)
    let other = harness.join(2, threads: 20)
    #expect(!harness.leases(to: other).contains(good))
    harness.deliver(.undecodableChecked(good.sample, .decodable))
    #expect(harness.refusals(of: faultyWorker) == [.falseReport])
    #expect(harness.leases(to: other).contains(good))
  }

  @Test func `that only didn't come, and is there again, costs nobody anything`() throws {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 12))
    let worker = harness.join(1)
    let good = try #require(harness.leases(to: worker).first)
    report(good, .absence, from: worker, to: harness)
    #expect(harness.actions.contains(.checkUndecodable(good.sample)))
    harness.deliver(.undecodableChecked(good.sample, .decodable))
    #expect(harness.refusals(of: worker).isEmpty)
    harness.answerAll([worker])
    #expect(harness.leases(to: worker, in: harness.history).count { $0 == good } == 2)
    #expect(harness.isFinished && harness.epochs.allSatisfy { $0.skipped == 0 })
  }

  @Test func `that has gone is skipped with what the coordinator saw itself`() throws {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 12))
    let worker = harness.join(1)
    let item = try #require(harness.leases(to: worker).first)
    report(item, .absence, from: worker, to: harness)
    harness.deliver(.undecodableChecked(item.sample, .undecodable(reason: "it has gone")))
    #expect(harness.actions.contains(.notice(.sampleSkipped(item.sample, reason: "it has gone"))))
  }

  @Test func `that one worker didn't get and another can't decode accuses the other alone`() throws
  {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 12, epochs: 2, variants: 2))
    let (missing, faulty) = (harness.join(1, threads: 12), harness.join(2, threads: 12))
    for (peer, cause) in [(missing, Undecodable.Cause.absence), (faulty, .content)] {
      let item = try #require(
        harness.leases(to: peer, in: harness.history).first { $0.sample == 3 })
      report(item, cause, from: peer, to: harness)
    }
    harness.deliver(.undecodableChecked(3, .decodable))
    #expect(harness.refusals(of: missing).isEmpty)
    #expect(harness.refusals(of: faulty) == [.falseReport])
  }

  @Test func `is looked into once, whoever reports it`() throws {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 12, epochs: 2, variants: 2),
      CoordinatorPolicy(undecodableShareMax: 1))
    var reports = 0
    for peer in [harness.join(1, threads: 12), harness.join(2, threads: 12)] {
      for item in harness.leases(to: peer, in: harness.history) where item.sample == 3 {
        report(item, from: peer, to: harness)
        reports += 1
      }
    }
    #expect(reports == 2)
    let questions = harness.history.filter { $0 == .checkUndecodable(3) }
    #expect(questions.count == 1)
  }

  @Test func `too many end the run`() throws {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 150), CoordinatorPolicy(undecodableShareMax: 0.01))
    let peer = harness.join(1)
    for count in 1...2 {
      let bad = try #require(harness.leases(to: peer, in: harness.history).last)
      report(bad, from: peer, to: harness)
      harness.deliver(.undecodableChecked(bad.sample, .undecodable(reason: "cut off")))
      #expect(harness.isFinished == (count == 2))
    }
    #expect(harness.outcome == .tooManyUndecodable(count: 2))
    #expect(harness.messages(to: peer).last == .finished(Finished(outcome: .failed)))
  }

  @Test func `fills a batch that then takes a step without an update`() {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 3, validation: 1, batch: 1),
      CoordinatorPolicy(undecodableShareMax: 1))
    let peer = harness.join(1, threads: 3)
    for item in harness.leases(to: peer) {
      report(item, from: peer, to: harness)
      harness.deliver(.undecodableChecked(item.sample, .undecodable(reason: "cut off")))
    }
    #expect(harness.steps.map(\.counted) == [0, 0])
    #expect(harness.steps.map(\.skipped) == [1, 1])
    #expect(harness.epochs.map(\.validationSkipped) == [1])
    #expect(harness.isFinished)
  }

  @Test func `known before the start is never leased`() {
    let plan = CoordinatorHarness.plan(samples: 10)
    var core = Coordinator(
      plan: plan, policy: CoordinatorPolicy(undecodableShareMax: 1),
      incarnation: Incarnation(high: 1, low: 1), terms: CoordinatorHarness.terms,
      probe: CoordinatorHarness.probe, undecodable: [2, 3], at: Instant(nanoseconds: 0))
    _ = core.receive(.tick, at: Instant(nanoseconds: 1))
    #expect(core.summary.undecodable == 2)
  }
}
