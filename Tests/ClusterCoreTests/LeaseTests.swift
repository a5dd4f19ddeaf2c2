import ClusterCore
import Testing

@Suite struct `Leases` {
  @Test(arguments: [1, 3, 8]) func `are two a thread`(threads: UInt32) {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 40))
    #expect(harness.leases(to: harness.join(1, threads: threads)).count == 2 * Int(threads))
  }

  @Test func `go out in the order of need`() {
    let plan = CoordinatorHarness.plan(
      samples: 30, validation: 6, batch: 4, epochs: 3, variants: 2)
    let harness = CoordinatorHarness(plan)
    let peer = harness.join(1, threads: 100)
    harness.answerAll([peer])
    let leased = harness.leases(to: peer, in: harness.history)
    let order = { visitingOrder(training: plan.training, seed: plan.seed, epoch: $0) }
    let expected =
      order(0).map { SampleVariant(sample: $0, variant: 0) }
      + plan.validation.map { SampleVariant(sample: $0, variant: 0) }
      + order(1).map { SampleVariant(sample: $0, variant: 1) }
    #expect(leased == expected)
  }

  @Test func `for the next epoch's variants go out while this one trains`() throws {
    let plan = CoordinatorHarness.plan(
      samples: 12, validation: 2, batch: 2, epochs: 3, variants: 3)
    let harness = CoordinatorHarness(plan)
    let peer = harness.join(1)
    var answered = 0
    // Forward passes go on, and the first step's share is never answered.
    while true {
      let leased = harness.leases(to: peer, in: harness.history)
      guard answered < leased.count else { break }
      harness.say(.features(Features(item: leased[answered])), from: peer)
      answered += 1
      let steps = harness.shares(to: peer, in: harness.history)
      // Nothing of a later epoch is waited for.
      #expect(steps.isEmpty == (answered < plan.batchSize), "after \(answered) features")
      #expect(steps.allSatisfy { $0.variant == 0 } && steps.count <= 1)
    }
    #expect(Set(harness.leases(to: peer, in: harness.history)) == Set(plan.items))
    #expect(answered == plan.items.count)
  }

  @Test func `of a lost worker go to others before anything else`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 30))
    let one = harness.join(1)
    let lost = harness.leases(to: one)
    let two = harness.join(2)
    let own = harness.leases(to: two)
    harness.deliver(.disconnected(one))
    harness.say(.features(Features(item: own[0])), from: two)
    harness.say(.features(Features(item: own[1])), from: two)
    #expect(harness.leases(to: two, in: harness.history).suffix(2) == lost)
  }

  @Test func `answered twice keep features once`() throws {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 30))
    let peer = harness.join(1)
    let item = try #require(harness.leases(to: peer).first)
    harness.say(.features(Features(item: item)), from: peer)
    #expect(
      harness.actions.contains(
        .keepFeatures(KeptFeatures(item: item, source: WorkerID(number: peer.number)))))
    harness.say(.features(Features(item: item)), from: peer)
    #expect(harness.actions.isEmpty)
  }

  @Test func `of items that the run doesn't have are refused`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 30))
    let peer = harness.join(1)
    harness.say(
      .features(Features(item: SampleVariant(sample: 5, variant: 1))), from: peer)
    #expect(harness.refusals(of: peer) == [.malformed])
  }

  @Test func `that nobody gave are not answered`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 30))
    let one = harness.join(1)
    let foreign = harness.leases(to: harness.join(2))[0]
    harness.say(.features(Features(item: foreign)), from: one)
    #expect(harness.actions.isEmpty)
  }

  @Test func `grow old and go to an idle worker too, and the first answer wins`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 3, batch: 2))
    let slow = harness.join(1, threads: 2)
    let fast = harness.join(2)
    let leased = harness.leases(to: slow, in: harness.history)
    #expect(leased.count == 3)
    for _ in 0..<15 {
      harness.wait(seconds: 0.1)
      harness.heartbeats([slow, fast])
    }
    #expect(harness.leases(to: fast, in: harness.history) == Array(leased[..<2]))
    harness.say(.features(Features(item: leased[0])), from: fast)
    #expect(
      harness.actions.contains(
        .keepFeatures(KeptFeatures(item: leased[0], source: WorkerID(number: fast.number)))))
    #expect(
      harness.messages(to: slow)
        == [.revoke(Revoke(variant: 0, samples: [leased[0].sample]))])
    harness.say(.features(Features(item: leased[0])), from: slow)
    #expect(harness.actions.isEmpty)
  }

  @Test func `of a worker that has a second one survive the loss of either`() {
    for lost in [1, 2] as [UInt64] {
      let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 3, batch: 2))
      let peers = [harness.join(1, threads: 2), harness.join(2)]
      for _ in 0..<15 {
        harness.wait(seconds: 0.1)
        harness.heartbeats(peers)
      }
      #expect(harness.leases(to: peers[1], in: harness.history).count == 2)
      harness.deliver(.disconnected(PeerID(number: lost)))
      harness.answerAll(peers.filter { $0.number != lost })
      #expect(harness.isFinished)
    }
  }

  @Test func `of what a worker holds are asked of that worker`() {
    let plan = CoordinatorHarness.plan(samples: 30)
    let harness = CoordinatorHarness(plan, CoordinatorPolicy(workersMin: 2))
    let one = harness.join(1)
    let last = visitingOrder(training: plan.training, seed: plan.seed, epoch: 0).suffix(3)
    harness.say(.holding(Holding(variant: 0, samples: Array(last))), from: one)
    harness.join(2)
    #expect(harness.leases(to: one).prefix(3).map(\.sample) == Array(last))
  }

  @Test func `of what a lost worker held go to others`() {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 5), CoordinatorPolicy(workersMin: 2))
    let one = harness.join(1)
    harness.say(.holding(Holding(variant: 0, samples: [0, 1, 2, 3, 4])), from: one)
    harness.deliver(.disconnected(one))
    let two = harness.join(2, threads: 5)
    harness.join(3)
    #expect(Set(harness.leases(to: two, in: harness.history).map(\.sample)) == [0, 1, 2, 3, 4])
  }

  @Test func `of samples that don't exist or don't count are not taken from a holding`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 5))
    let peer = harness.join(1)
    harness.say(.holding(Holding(variant: 7, samples: [0, 900])), from: peer)
    harness.say(.holding(Holding(variant: 0, samples: [5, .max])), from: peer)
    harness.answerAll([peer])
    #expect(harness.isFinished)
  }

  @Test func `of what others hold too are not asked, and the copy is forgotten`() throws {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 9))
    let one = harness.join(1)
    let item = try #require(harness.leases(to: one).first)
    harness.say(.features(Features(item: item)), from: one)
    let two = harness.join(2)
    harness.say(.holding(Holding(variant: 0, samples: [item.sample])), from: two)
    #expect(
      harness.messages(to: two).contains(.revoke(Revoke(variant: 0, samples: [item.sample]))))
    harness.deliver(.disconnected(one))
    let three = harness.join(3)
    harness.say(.holding(Holding(variant: 0, samples: [item.sample])), from: three)
    #expect(!harness.messages(to: three).contains { if case .revoke = $0 { true } else { false } })
  }

  @Test func `that an idle worker got as well stand when it says that it holds them`() throws {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 3, batch: 2))
    let slow = harness.join(1, threads: 2)
    let fast = harness.join(2)
    for _ in 0..<15 {
      harness.wait(seconds: 0.1)
      harness.heartbeats([slow, fast])
    }
    let item = try #require(harness.leases(to: fast, in: harness.history).first)
    harness.say(.holding(Holding(variant: 0, samples: [item.sample])), from: fast)
    #expect(!harness.messages(to: fast).contains { if case .revoke = $0 { true } else { false } })
    harness.say(.features(Features(item: item)), from: fast)
    #expect(
      harness.actions.contains(
        .keepFeatures(KeptFeatures(item: item, source: WorkerID(number: fast.number)))))
  }
}
