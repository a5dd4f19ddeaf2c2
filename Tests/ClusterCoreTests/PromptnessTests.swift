import ClusterCore
import Testing

/// How long things take that go wrong, on virtual time and therefore exactly.
@Suite struct `Promptness` {
  private static let tick = Double(Limits.tickIntervalNanoseconds) / 1e9

  /// Two workers that have computed all features, and the shares of the first batch.
  private func twoWorkers(
    samples: Int = 41, batch: Int = 8, epochs: Int = 50
  ) -> (harness: CoordinatorHarness, peers: [PeerID]) {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: samples, batch: batch, epochs: epochs),
      CoordinatorPolicy(workersMin: 2))
    let peers = [harness.join(1), harness.join(2)]
    var done = 0
    while done < harness.history.count {
      if case .send(let peer, let envelope) = harness.history[done],
        case .lease(let lease) = envelope.message, !lease.withFeatures
      {
        harness.say(.features(Features(item: lease.item)), from: peer)
      }
      done += 1
    }
    return (harness, peers)
  }

  /// Ticks until something is so, with heartbeats of those who still beat. Returns the seconds.
  private func wait(
    _ harness: CoordinatorHarness, _ beating: [PeerID], secondsMax: Double = 20,
    until isSo: () -> Bool
  ) -> Double {
    var ticks = 0
    while !isSo(), Double(ticks) * Self.tick < secondsMax {
      harness.wait(seconds: Self.tick)
      harness.heartbeats(beating)
      ticks += 1
    }
    return Double(ticks) * Self.tick
  }

  @Test(arguments: [1, 13, 50, 99])
  func `a silent worker is noticed within five seconds, whenever the ticks come`(
    millisecondsToTick: Int
  ) {
    let (harness, peers) = twoWorkers()
    harness.wait(seconds: Double(millisecondsToTick) / 1e3)
    harness.heartbeats([peers[0]])
    // The second worker was heard last before that tick.
    let seconds = wait(harness, [peers[0]]) { harness.core.summary.workersServing == 1 }
    let silence = seconds + Double(millisecondsToTick) / 1e3
    #expect(silence <= 5 + 1e-9 && silence > 4.9)
  }

  @Test func `a share of a lost worker goes out again in the same moment`() {
    let (harness, peers) = twoWorkers()
    let share = harness.shares(to: peers[1], in: harness.history)[0]
    harness.deliver(.disconnected(peers[1]))
    #expect(harness.shares(to: peers[0]).flatMap(\.samples) == share.samples)
  }

  @Test func `a share of a silent worker goes to another one in less than a second`() {
    for answered in [0, 1, 40] {
      let (harness, peers) = twoWorkers()
      var done = 0
      answerShares(harness, peers, from: &done, stepsMax: answered)
      // One stops, the other has answered; what it is asked then is the silent one's share.
      answerShares(harness, [peers[0]], from: &done)
      let before = harness.history.count
      let seconds = wait(harness, [peers[0]]) {
        !harness.shares(to: peers[0], in: Array(harness.history[before...])).isEmpty
      }
      #expect(seconds < 1, "after \(answered) steps")
      if answered > 0 { #expect(seconds < 0.35, "after \(answered) steps") }
    }
  }

  @Test func `even a share that takes long goes to another one when its worker is silent`() {
    let (harness, peers) = twoWorkers(batch: 40)
    var done = 0
    // Each share takes three seconds: twelve are not late.
    for _ in 0..<3 {
      _ = wait(harness, peers, secondsMax: 3) { false }
      answerShares(harness, peers, from: &done, stepsMax: harness.steps.count + 1)
    }
    answerShares(harness, [peers[0]], from: &done)
    let before = harness.history.count
    let seconds = wait(harness, [peers[0]]) {
      !harness.shares(to: peers[0], in: Array(harness.history[before...])).isEmpty
    }
    #expect(seconds <= 1.6)
  }

  @Test func `a frozen worker costs a run one late share, and nothing more until it answers`() {
    let (harness, peers) = twoWorkers()
    var done = 0
    answerShares(harness, peers, from: &done, stepsMax: 20)
    // One is frozen; the other answers at once whatever it is asked.
    let seconds = wait(harness, [peers[0]]) {
      answerShares(harness, [peers[0]], from: &done, stepsMax: 120)
      return harness.steps.count == 120
    }
    #expect(seconds <= 0.3 + 1e-9)
    #expect(harness.core.summary.workersServing == 2)

    // It thaws and answers what it was asked: from then on it gets shares again.
    let old = harness.shares(to: peers[1], in: harness.history).last!
    harness.answer(old, from: peers[1])
    let before = harness.history.count
    answerShares(harness, peers, from: &done, stepsMax: 150)
    #expect(!harness.shares(to: peers[1], in: Array(harness.history[before...])).isEmpty)
  }

  /// Lets these workers answer at once what shares they get, up to a step.
  private func answerShares(
    _ harness: CoordinatorHarness, _ peers: [PeerID], from done: inout Int, stepsMax: Int = .max
  ) {
    while done < harness.history.count, harness.steps.count < stepsMax {
      if case .send(let peer, let envelope) = harness.history[done], peers.contains(peer),
        !harness.isFinished
      {
        switch envelope.message {
        case .step(let share): harness.answer(share, from: peer)
        case .evaluate(let share): harness.answer(share, from: peer, evaluation: true)
        default: break
        }
      }
      done += 1
    }
  }

  @Test func `whenever a coordinator returns, a worker is at its door within 33 seconds`() {
    for worker in 1...20 {
      let harness = WorkerHarness(worker: UInt64(worker))
      harness.serve()
      harness.deliver(.disconnected)
      var longest = 0.0
      var waited = 0.0
      var attempts = harness.attempts
      for _ in 0..<3_000 {
        harness.wait(seconds: Self.tick)
        waited += Self.tick
        guard harness.attempts > attempts else { continue }
        attempts = harness.attempts
        longest = max(longest, waited)
        waited = 0
      }
      #expect(longest > 16 && longest < 32.2)
    }
  }

  @Test func `a thousand workers don't return in one instant`() {
    var returns: [Int] = []
    for worker in 1...1_000 {
      let harness = WorkerHarness(worker: UInt64(worker))
      harness.serve()
      harness.deliver(.disconnected)
      var ticks = 0
      while harness.attempts == 1 {
        harness.wait(seconds: Self.tick)
        ticks += 1
      }
      returns.append(ticks)
    }
    let perTick = Dictionary(grouping: returns, by: \.self).mapValues(\.count)
    #expect(perTick.count >= 5)
    #expect(perTick.values.max()! < 300)
  }

  // MARK: Stalls

  private func stalls(_ harness: CoordinatorHarness) -> [(worker: UInt64, isAlone: Bool)] {
    harness.notices.compactMap {
      if case .workerStalled(let worker, _, _, let isAlone) = $0 {
        (worker.number, isAlone)
      } else {
        nil
      }
    }
  }

  @Test func `a lone worker that beats and gives nothing is told of, once`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 20))
    let peer = harness.join(1)
    harness.say(
      .features(Features(item: harness.leases(to: peer, in: harness.history)[0])), from: peer)
    let seconds = wait(harness, [peer], secondsMax: 60) { !stalls(harness).isEmpty }
    #expect(seconds > 10 && seconds < 10.2)
    #expect(stalls(harness).map(\.isAlone) == [true])
    _ = wait(harness, [peer], secondsMax: 60) { false }
    #expect(stalls(harness).count == 1)
    // It gives something, and then nothing again.
    harness.say(
      .features(Features(item: harness.leases(to: peer, in: harness.history)[1])), from: peer)
    _ = wait(harness, [peer], secondsMax: 300) { false }
    #expect(stalls(harness).count == 2)
  }

  @Test func `a worker that waits for photographs which can't be read is not to blame`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 20))
    let peer = harness.join(1)
    harness.say(
      .features(Features(item: harness.leases(to: peer, in: harness.history)[0])), from: peer)
    harness.deliver(.photographsUnreadable(reason: "a drive is gone"))
    _ = wait(harness, [peer], secondsMax: 60) { false }
    #expect(stalls(harness).isEmpty)
    harness.deliver(.photographsUnreadable(reason: nil))
    _ = wait(harness, [peer], secondsMax: 60) { false }
    #expect(stalls(harness).count == 1)
  }

  @Test func `a worker that beats but answers no share is told of, and others do its work`() {
    let (harness, peers) = twoWorkers()
    var done = 0
    let seconds = wait(harness, peers) {
      answerShares(harness, [peers[0]], from: &done)
      return harness.isFinished
    }
    #expect(harness.isFinished && seconds < 1)
  }

  @Test func `a worker that takes long but gives is not told of`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 20))
    let peer = harness.join(1)
    var items = harness.leases(to: peer, in: harness.history)
    for _ in 0..<10 {
      _ = wait(harness, [peer], secondsMax: 9) { false }
      harness.say(.features(Features(item: items.removeFirst())), from: peer)
      items += harness.leases(to: peer)
    }
    #expect(stalls(harness).isEmpty)
  }
}
