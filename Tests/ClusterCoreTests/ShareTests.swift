import ClusterCore
import Testing

@Suite struct `Shares` {
  /// Two workers that hold the features of all samples of the first batch, half each, and have its
  /// shares.
  private func twoShares(batch: Int = 4, samples: Int = 12, epochs: Int = 1) -> (
    harness: CoordinatorHarness, peers: [PeerID], shares: [Share]
  ) {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: samples, batch: batch, epochs: epochs),
      CoordinatorPolicy(workersMin: 2))
    let peers = [harness.join(1), harness.join(2)]
    let leased = peers.map { harness.leases(to: $0, in: harness.history) }
    for (peer, items) in zip(peers, leased) {
      for item in items { harness.say(.features(Features(item: item)), from: peer) }
    }
    return (harness, peers, peers.flatMap { harness.shares(to: $0, in: harness.history) })
  }

  @Test func `go to who holds the features`() {
    let (harness, peers, shares) = twoShares()
    for (peer, share) in zip(peers, shares) {
      let own = harness.leases(to: peer, in: harness.history).prefix(2).map(\.sample)
      #expect(Set(share.samples) == Set(own))
    }
  }

  @Test func `are counted once, whatever is repeated`() {
    let (harness, peers, shares) = twoShares()
    harness.answer(shares[0], from: peers[0])
    #expect(harness.actions.count == 1)
    harness.answer(shares[0], from: peers[0])
    #expect(harness.actions.isEmpty)
    harness.answer(shares[1], from: peers[1])
    #expect(harness.steps.map(\.counted) == [4])
    harness.answer(shares[1], from: peers[1])
    #expect(harness.steps.count == 1)
  }

  @Test func `of somebody else are not answered`() {
    let (harness, peers, shares) = twoShares()
    harness.answer(shares[0], from: peers[1])
    #expect(harness.actions.isEmpty)
  }

  @Test func `answered in part are refused`() {
    let (harness, peers, shares) = twoShares()
    harness.say(
      .gradientSum(GradientAnswer(share: shares[0].id, count: 1, correct: 0, lossSum: 0)),
      from: peers[0])
    #expect(harness.refusals(of: peers[0]) == [.malformed])
  }

  @Test func `answered as another kind are refused`() {
    let (harness, peers, shares) = twoShares()
    harness.answer(shares[0], from: peers[0], evaluation: true)
    #expect(harness.refusals(of: peers[0]) == [.malformed])
  }

  @Test func `of a lost worker go out again with their features, under another name`() throws {
    let (harness, peers, shares) = twoShares()
    harness.deliver(.disconnected(peers[0]))
    #expect(harness.given(to: peers[1]).map(\.sample) == shares[0].samples)
    let again = try #require(harness.shares(to: peers[1]).first)
    #expect(again.samples == shares[0].samples && again.id != shares[0].id)
    harness.answer(shares[0], from: peers[1])
    #expect(harness.actions.isEmpty)
    harness.answer(again, from: peers[1])
    harness.answer(shares[1], from: peers[1])
    #expect(harness.steps.map(\.counted) == [4])
  }

  @Test func `that are declined go out again, with the features that were missing`() throws {
    let (harness, peers, shares) = twoShares()
    let missing = [shares[0].samples[1]]
    harness.say(.decline(Decline(share: shares[0].id, missing: missing)), from: peers[0])
    let given = peers.flatMap { harness.given(to: $0) }
    #expect(given.map(\.sample) == missing)
    let again = peers.flatMap { harness.shares(to: $0) }
    #expect(Set(again.flatMap(\.samples)) == Set(shares[0].samples))
    harness.answer(shares[0], from: peers[0])
    #expect(harness.actions.isEmpty)
  }

  @Test func `declined for samples of others are refused`() {
    let (harness, peers, shares) = twoShares()
    harness.say(
      .decline(Decline(share: shares[0].id, missing: shares[1].samples)), from: peers[0])
    #expect(harness.refusals(of: peers[0]) == [.malformed])
  }

  @Test func `declined again and again cost the membership`() {
    let (harness, peers, _) = twoShares()
    for _ in 0...Limits.declinesInARowMax {
      guard let share = harness.shares(to: peers[0], in: harness.history).last else { break }
      harness.say(.decline(Decline(share: share.id, missing: share.samples)), from: peers[0])
      if harness.shares(to: peers[0]).isEmpty { break }
    }
    // Its samples went to the other one, which holds less, or it was refused: either way it has none.
    #expect(harness.shares(to: peers[0]).isEmpty)
  }

  @Test func `that are late go to a second worker under the same name`() throws {
    let (harness, peers, shares) = twoShares()
    harness.answer(shares[1], from: peers[1])
    let before = harness.history.count
    harness.wait(seconds: 0.5)
    let late = Array(harness.history[before...])
    #expect(harness.shares(to: peers[1], in: late) == [shares[0]])
    #expect(harness.given(to: peers[1], in: late).map(\.sample) == shares[0].samples)
    harness.answer(shares[0], from: peers[1])
    #expect(harness.steps.map(\.counted) == [4])
    harness.answer(shares[0], from: peers[0])
    #expect(harness.steps.count == 1)
  }

  @Test func `that wait behind others of the same worker are not late`() throws {
    let count = 40_001
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: count, batch: count), CoordinatorPolicy(workersMin: 2))
    let peers = [harness.join(1, threads: 1_024), harness.join(2, threads: 1_024)]
    var done = 0
    while harness.shares(to: peers[0]).isEmpty {
      if case .send(let peer, let envelope) = harness.history[done],
        case .lease(let lease) = envelope.message
      {
        harness.say(.features(Features(item: lease.item)), from: peer)
      }
      done += 1
    }
    // Each worker has three shares and takes 700 ms for each.
    let before = harness.history.count
    let shares = peers.map { harness.shares(to: $0) }
    for turn in 0..<2 {
      for _ in 0..<7 {
        harness.wait(seconds: 0.1)
        harness.heartbeats(peers)
      }
      for (peer, shares) in zip(peers, shares) { harness.answer(shares[turn], from: peer) }
    }
    let since = Array(harness.history[before...])
    #expect(peers.allSatisfy { harness.given(to: $0, in: since).isEmpty })
  }

  @Test func `avoid a worker that has missed a heartbeat`() throws {
    let (harness, peers, shares) = twoShares(samples: 5, epochs: 8)
    harness.answer(shares[0], from: peers[0])
    harness.answer(shares[1], from: peers[1])
    for _ in 0..<18 {
      harness.wait(seconds: 0.1)
      harness.heartbeats([peers[1]])
    }
    let before = harness.history.count
    harness.answerAll([peers[1]])
    #expect(harness.isFinished)
    #expect(harness.shares(to: peers[0], in: Array(harness.history[before...])).isEmpty)
  }

  @Test func `hold at most 8,192 samples`() {
    let count = 20_000
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: count, batch: count))
    let peer = harness.join(1, threads: UInt32(Limits.threadsPerWorkerMax))
    harness.answerAll([peer])
    let sizes = harness.shares(to: peer, in: harness.history).map(\.samples.count)
    #expect(sizes == [8_192, 8_192, 3_615, 1])
    #expect(harness.isFinished)
  }

  @Test func `reach a worker that joined late from the next epoch on`() {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 101, batch: 10, epochs: 3))
    let one = harness.join(1)
    // The first worker alone computes everything, and stops at the last share of the first epoch.
    var done = 0
    while harness.steps.count < 9 {
      if case .send(_, let envelope) = harness.history[done] {
        switch envelope.message {
        case .lease(let lease): harness.say(.features(Features(item: lease.item)), from: one)
        case .step(let share): harness.answer(share, from: one)
        default: break
        }
      }
      done += 1
    }
    let two = harness.join(2)
    harness.answerAll([one, two], from: done)
    #expect(harness.isFinished)
    // Half of the training samples, whether computed or given; the last sample is validation.
    let computed = harness.leases(to: two, in: harness.history).filter { $0.sample < 100 }.count
    #expect(harness.given(to: two, in: harness.history).count + computed == 50)
    let revoked = harness.messages(to: one, in: harness.history).compactMap {
      if case .revoke(let revoke) = $0 { revoke.samples.count } else { nil }
    }
    #expect(revoked.reduce(0, +) + computed == 50)
  }

  @Test func `that diverge end the run if the coordinator agrees`() {
    for isDivergent in [true, false] {
      let (harness, peers, shares) = twoShares()
      harness.say(
        .diverged(Diverged(share: shares[0].id, reason: "a logit is inf")), from: peers[0])
      #expect(harness.actions == [.checkDivergence(shares[0])])
      harness.deliver(.divergenceChecked(shares[0].id, isDivergent: isDivergent))
      if isDivergent {
        #expect(harness.outcome == .diverged(step: 0, reason: "a logit is inf"))
      } else {
        #expect(harness.refusals(of: peers[0]) == [.falseReport])
        #expect(harness.shares(to: peers[1]).map(\.samples) == [shares[0].samples])
      }
    }
  }
}
