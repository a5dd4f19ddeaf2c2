import ClusterCore
import Testing

@Suite struct `Checkpoints and the end` {
  private func requests(_ harness: CoordinatorHarness) -> [CheckpointRequest] {
    harness.history.compactMap {
      if case .writeCheckpoint(let request) = $0 { request } else { nil }
    }
  }

  @Test func `a checkpoint follows each epoch's evaluation`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 9, batch: 4, epochs: 3))
    harness.answerAll([harness.join(1)])
    #expect(requests(harness).map(\.position.step) == [2, 4, 6])
    #expect(requests(harness).map(\.position.epoch) == [1, 2, 3])
    #expect(requests(harness).first?.reason == .epochEnd(isBest: true))
    #expect(requests(harness).last?.reason == .epochEnd(isBest: false))
  }

  @Test func `the run completes only when its last checkpoint is safe`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 5, batch: 4))
    harness.writesCheckpoints = false
    let peer = harness.join(1)
    harness.answerAll([peer])
    #expect(!harness.isFinished)
    harness.deliver(.checkpointWritten(step: 1))
    #expect(harness.outcome == .completed(best: Position.Best(epoch: 0, correct: 1)))
    #expect(harness.messages(to: peer).last == .finished(Finished(outcome: .completed)))
  }

  @Test func `the last checkpoint waits two minutes for room and says so once`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 5, batch: 4))
    harness.writesCheckpoints = false
    harness.answerAll([harness.join(1)])
    var seconds = 0.0
    while !harness.isFinished, seconds < 200 {
      harness.deliver(.checkpointFailed(step: 1, reason: "disk full"))
      harness.wait(seconds: 5.5)
      seconds += 5.5
    }
    #expect(harness.outcome == .checkpointFailed(reason: "disk full"))
    #expect((120...130).contains(seconds), "\(seconds)")
    let told = harness.notices.filter { $0 == .lastCheckpointFailed(reason: "disk full") }
    #expect(told.count == 1)
  }

  @Test func `the last checkpoint is written once there is room`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 5, batch: 4))
    harness.writesCheckpoints = false
    harness.answerAll([harness.join(1)])
    harness.deliver(.checkpointFailed(step: 1, reason: "disk full"))
    harness.wait(seconds: 5.5)
    #expect(requests(harness).count == 2 && !harness.isFinished)
    harness.deliver(.checkpointWritten(step: 1))
    #expect(harness.outcome == .completed(best: Position.Best(epoch: 0, correct: 1)))
  }

  @Test func `whoever stops a run that waits for room doesn't wait any longer`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 5, batch: 4))
    harness.writesCheckpoints = false
    harness.answerAll([harness.join(1)])
    harness.deliver(.checkpointFailed(step: 1, reason: "disk full"))
    harness.deliver(.stopRequested)
    harness.wait(seconds: 0.2)
    #expect(harness.outcome == .checkpointFailed(reason: "disk full"))
  }

  @Test func `within an epoch a checkpoint is written each interval if there is anything new`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 99, batch: 1))
    let peer = harness.join(1)
    harness.say(.features(Features(item: harness.leases(to: peer)[0])), from: peer)
    harness.answer(harness.shares(to: peer)[0], from: peer)
    for _ in 0..<300 {
      harness.wait(seconds: 0.1)
      harness.heartbeats([peer])
    }
    #expect(requests(harness).map(\.position.step) == [1])
    #expect(requests(harness).map(\.reason) == [.interval])
  }

  @Test func `a failed checkpoint is reported and tried again after the interval`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 99, batch: 1))
    harness.writesCheckpoints = false
    let peer = harness.join(1)
    harness.say(.features(Features(item: harness.leases(to: peer)[0])), from: peer)
    harness.answer(harness.shares(to: peer)[0], from: peer)
    for second in 0..<25 {
      harness.wait(seconds: 1)
      harness.heartbeats([peer])
      if second == 11 { harness.deliver(.checkpointFailed(step: 1, reason: "disk full")) }
    }
    #expect(requests(harness).count == 2)
    #expect(harness.notices.contains(.checkpointFailed(step: 1, reason: "disk full")))
  }

  @Test func `a stop finishes the step and writes a checkpoint`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 99, batch: 1))
    let peer = harness.join(1)
    harness.say(.features(Features(item: harness.leases(to: peer)[0])), from: peer)
    harness.deliver(.stopRequested)
    #expect(!harness.isFinished)
    harness.answer(harness.shares(to: peer, in: harness.history)[0], from: peer)
    #expect(harness.outcome == .interrupted)
    #expect(requests(harness).map(\.position.step) == [1])
    #expect(harness.messages(to: peer).last == .finished(Finished(outcome: .interrupted)))
  }

  @Test func `a stop waits neither for workers that aren't there nor for ever`() {
    let empty = CoordinatorHarness(CoordinatorHarness.plan(samples: 9))
    empty.deliver(.stopRequested)
    #expect(empty.outcome == .interrupted)

    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 99, batch: 1))
    let peer = harness.join(1)
    harness.say(.features(Features(item: harness.leases(to: peer)[0])), from: peer)
    harness.deliver(.stopRequested)
    for _ in 0..<60 where !harness.isFinished {
      harness.wait(seconds: 0.1)
      if !harness.isFinished { harness.heartbeats([peer]) }
    }
    #expect(harness.outcome == .interrupted)
  }

  @Test func `a parameter that diverges ends the run`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 9))
    harness.deliver(.headDiverged)
    guard case .diverged = harness.outcome else {
      Issue.record("ended with \(String(describing: harness.outcome))")
      return
    }
  }

  @Test func `a resumed run goes on where its checkpoint was`() throws {
    let plan = CoordinatorHarness.plan(samples: 21, validation: 3, batch: 5, epochs: 2)
    let position = Position(
      step: 6, epoch: 1, counted: 9, skipped: 1, correct: 4, best: .init(epoch: 0, correct: 2))
    let harness = CoordinatorHarness(plan)
    harness.core = Coordinator(
      plan: plan, incarnation: harness.core.incarnation, terms: CoordinatorHarness.terms,
      probe: CoordinatorHarness.probe, resumingAt: position, at: harness.now)
    let peer = harness.join(1)
    harness.answerAll([peer])
    #expect(harness.steps.map(\.step) == [6, 7])
    let order = visitingOrder(training: plan.training, seed: plan.seed, epoch: 1)
    let trained = harness.messages(to: peer, in: harness.history).flatMap {
      if case .step(let share) = $0 { share.samples } else { [] as [SampleIndex] }
    }
    #expect(trained == Array(order[10...]))
    #expect(harness.epochs.map(\.counted) == [17])
    #expect(harness.epochs.map(\.skipped) == [1])
    #expect(harness.outcome == .completed(best: .init(epoch: 0, correct: 2)))
  }

  @Test func `a run that is done completes at once`() {
    let plan = CoordinatorHarness.plan(samples: 5, batch: 2, epochs: 1)
    let position = Position(
      step: 2, epoch: 1, counted: 0, skipped: 0, correct: 0, best: .init(epoch: 0, correct: 1))
    var core = Coordinator(
      plan: plan, incarnation: Incarnation(high: 1, low: 1), terms: CoordinatorHarness.terms,
      probe: CoordinatorHarness.probe, resumingAt: position, at: Instant(nanoseconds: 0))
    let actions = core.receive(.tick, at: Instant(nanoseconds: 0))
    #expect(actions == [.finish(.completed(best: .init(epoch: 0, correct: 1)))])
  }

  @Test func `features kept before the start are sent and not computed again`() {
    let plan = CoordinatorHarness.plan(samples: 6, batch: 2)
    let harness = CoordinatorHarness(plan)
    let kept = (0..<SampleIndex(6)).map { SampleVariant(sample: $0, variant: 0) }
    harness.core = Coordinator(
      plan: plan, incarnation: harness.core.incarnation, terms: CoordinatorHarness.terms,
      probe: CoordinatorHarness.probe,
      kept: kept.map { KeptFeatures(item: $0, source: WorkerID(number: 99)) }, at: harness.now)
    let peer = harness.join(1)
    harness.answerAll([peer])
    #expect(harness.isFinished)
    #expect(harness.leases(to: peer, in: harness.history).isEmpty)
    #expect(Set(harness.given(to: peer, in: harness.history)) == Set(kept))
  }

  @Test func `a position fits only its plan`() {
    let plan = CoordinatorHarness.plan(samples: 21, validation: 3, batch: 5, epochs: 2)
    let best = Position.Best(epoch: 0, correct: 2)
    let sound = [
      Position.start,
      Position(step: 4, epoch: 0, counted: 18, skipped: 0, correct: 0, best: nil),
      Position(step: 4, epoch: 1, counted: 0, skipped: 0, correct: 0, best: best),
      Position(step: 8, epoch: 2, counted: 0, skipped: 0, correct: 0, best: best),
    ]
    for position in sound { #expect(position.fits(plan), "\(position)") }
    let unsound = [
      Position(step: 3, epoch: 1, counted: 0, skipped: 0, correct: 0, best: best),
      Position(step: 9, epoch: 2, counted: 0, skipped: 0, correct: 0, best: best),
      Position(step: 4, epoch: 3, counted: 0, skipped: 0, correct: 0, best: best),
      Position(step: 1, epoch: 0, counted: 5, skipped: 1, correct: 0, best: nil),
      Position(step: 1, epoch: 0, counted: 5, skipped: 0, correct: 6, best: nil),
      Position(step: 4, epoch: 1, counted: 0, skipped: 0, correct: 0, best: nil),
      Position(
        step: 4, epoch: 1, counted: 0, skipped: 0, correct: 0, best: .init(epoch: 1, correct: 0)),
      Position(
        step: 4, epoch: 1, counted: 0, skipped: 0, correct: 0, best: .init(epoch: 0, correct: 4)),
      Position(step: .max, epoch: .max, counted: 0, skipped: 0, correct: 0, best: nil),
      Position(step: .max, epoch: 1, counted: .max, skipped: .max, correct: 0, best: best),
    ]
    for position in unsound { #expect(!position.fits(plan), "\(position)") }
  }
}
