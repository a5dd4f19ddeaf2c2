import ClusterCore
import Testing

@Suite struct `A run` {
  @Test(arguments: [1, 2, 3, 5])
  func `takes every step and epoch and completes`(workers: Int) {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 23, validation: 5, batch: 4, epochs: 3))
    let peers = (1...workers).map { harness.join(UInt64($0)) }
    harness.answerAll(peers)
    #expect(harness.steps.map(\.step) == Array(0..<15))
    #expect(
      harness.steps.map(\.counted) == Array(repeating: [4, 4, 4, 4, 2], count: 3).flatMap(\.self))
    #expect(harness.epochs.map(\.counted) == [18, 18, 18])
    #expect(harness.epochs.map(\.validationCounted) == [5, 5, 5])
    #expect(harness.epochs.last?.isLast == true)
    guard case .completed = harness.outcome else {
      Issue.record("ended with \(String(describing: harness.outcome))")
      return
    }
  }

  @Test func `trains each sample once an epoch in the visiting order`() {
    let plan = CoordinatorHarness.plan(samples: 12, validation: 2, batch: 3, epochs: 2)
    let harness = CoordinatorHarness(plan)
    harness.answerAll([harness.join(1)])
    let trained = harness.history.flatMap { action -> [SampleIndex] in
      if case .send(_, let envelope) = action, case .step(let share) = envelope.message {
        return share.samples
      }
      return []
    }
    let expected = (0..<2).flatMap {
      visitingOrder(training: plan.training, seed: plan.seed, epoch: $0)
    }
    #expect(trained == expected)
  }

  @Test func `takes a step as soon as its batch has features`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 9, batch: 2))
    let peer = harness.join(1)
    let leased = harness.leases(to: peer)
    #expect(leased.count == 2)
    harness.say(.features(Features(item: leased[0])), from: peer)
    #expect(harness.shares(to: peer).isEmpty)
    harness.say(.features(Features(item: leased[1])), from: peer)
    #expect(harness.shares(to: peer).map(\.samples) == [leased.map(\.sample)])
  }

  @Test func `uses a variant an epoch and computes each once`() {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 7, validation: 2, batch: 5, epochs: 5, variants: 2))
    let peer = harness.join(1)
    harness.answerAll([peer])
    let leased = harness.leases(to: peer, in: harness.history)
    #expect(leased.count == 5 * 2 + 2)
    #expect(Set(leased).count == leased.count)
    let variants = harness.messages(to: peer, in: harness.history).compactMap {
      if case .step(let share) = $0 { share.variant } else { nil }
    }
    #expect(variants == [0, 1, 0, 1, 0])
  }
}
