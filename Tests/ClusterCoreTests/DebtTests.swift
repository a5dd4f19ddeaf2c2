import ClusterCore
import Testing

/// What a worker takes is limited by what it has given.
@Suite struct `A worker that gives nothing` {
  private func beat(_ harness: CoordinatorHarness, _ peers: [PeerID], seconds: Double) {
    for _ in 0..<Int(seconds * 10) {
      harness.wait(seconds: 0.1)
      harness.heartbeats(peers)
    }
  }

  /// Answers the leases of a worker, and what comes of it, but no shares, until so many features are kept.
  private func answerLeases(
    _ harness: CoordinatorHarness, of peer: PeerID, from done: inout Int, until kept: UInt64 = .max
  ) {
    while done < harness.history.count, harness.core.summary.featuresKept < kept {
      if case .send(peer, let envelope) = harness.history[done],
        case .lease(let lease) = envelope.message, !lease.withFeatures
      {
        harness.say(.features(Features(item: lease.item)), from: peer)
      }
      done += 1
    }
  }

  @Test func `gets few leases, however many threads it names`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 4_000))
    let peer = harness.join(1, threads: 1_024)
    let first = harness.leases(to: peer)
    #expect(first.count == Limits.newcomerLeasesMax)
    // Each result frees one and earns another.
    harness.say(.features(Features(item: first[0])), from: peer)
    #expect(harness.leases(to: peer).count == 2)
  }

  @Test func `earns nothing by answers that nobody asked it for`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 4_000))
    let peer = harness.join(1, threads: 1_024)
    let first = harness.leases(to: peer)
    for number in 0..<10 {
      let answer = GradientAnswer(
        share: ShareID(incarnation: harness.core.incarnation, step: 0, number: UInt64(number)),
        count: 1, correct: 1, lossSum: 1)
      harness.say(.gradientSum(answer), from: peer)
    }
    harness.say(.features(Features(item: first[0])), from: peer)
    #expect(harness.leases(to: peer).count == 2)
  }

  @Test func `gets one lease at a time once others do its work`() throws {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 41))
    let hog = harness.join(1, threads: 64)
    let good = harness.join(2)
    var done = 0
    answerLeases(harness, of: good, from: &done)
    let before = harness.history.count
    for _ in 0..<100 {
      beat(harness, [hog, good], seconds: 0.1)
      answerLeases(harness, of: good, from: &done)
    }
    #expect(harness.core.summary.featuresKept == 41)
    // What was taken from it came back to it at most once a late period.
    #expect(harness.leases(to: hog, in: Array(harness.history[before...])).count <= 2)
  }

  @Test func `gets one lease of what a lost worker leaves, once others do its work`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 40))
    let hog = harness.join(1, threads: 64)
    let other = harness.join(2, threads: 8)
    let good = harness.join(3)
    var done = 0
    for _ in 0..<30 {
      beat(harness, [hog, other, good], seconds: 0.1)
      answerLeases(harness, of: good, from: &done, until: 26)
    }
    // It has done its own work and the hog's, and is at what the other holds.
    #expect(harness.core.summary.featuresKept == 26)
    let start = harness.history.count
    harness.deliver(.disconnected(other))
    beat(harness, [hog, good], seconds: 0.1)
    #expect(harness.leases(to: hog, in: Array(harness.history[start...])).count <= 1)
  }

  @Test func `gets no share while others have shown that they compute`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 41, batch: 8, epochs: 9))
    let good = harness.join(1)
    let newcomer = harness.join(2)
    harness.answerAll([good])
    beat(harness, [good, newcomer], seconds: 2)
    harness.answerAll([good])
    #expect(harness.shares(to: newcomer, in: harness.history).isEmpty)
    #expect(harness.isFinished)
  }

  @Test func `shows by a lease for nothing that it computes, where all features are kept`() throws {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 41, batch: 8, epochs: 9))
    let good = harness.join(1)
    var done = 0
    answerLeases(harness, of: good, from: &done)
    let newcomer = harness.join(2)
    let proof = try #require(harness.leases(to: newcomer).first)
    #expect(harness.leases(to: newcomer).count == 1)
    harness.say(.features(Features(item: proof)), from: newcomer)
    #expect(
      !harness.actions.contains(
        .keepFeatures(KeptFeatures(item: proof, source: WorkerID(number: newcomer.number)))))
    #expect(
      harness.messages(to: newcomer)
        == [.revoke(Revoke(variant: proof.variant, samples: [proof.sample]))])
    // The good one ends and all shares are the newcomer's.
    harness.deliver(.disconnected(good))
    #expect(!harness.shares(to: newcomer).isEmpty)
  }

  @Test func `leaves all of its late leases that an idle worker has room for to it at once`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 12, batch: 2))
    let silent = harness.join(1, threads: 6)
    #expect(harness.leases(to: silent, in: harness.history).count == 12)
    let idle = harness.join(2, threads: 4)
    var takenOver: [SampleVariant] = []
    for _ in 0..<30 where takenOver.isEmpty {
      beat(harness, [silent, idle], seconds: 0.1)
      takenOver = harness.leases(to: idle, in: harness.history)
    }
    #expect(takenOver.count == 8)
  }

  @Test
  func `makes room on a lease of which both workers are silent, each time after twice as long`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 3, batch: 2))
    let first = harness.join(1, threads: 2)
    #expect(harness.leases(to: first).count == 3)
    let second = harness.join(2, threads: 2)
    beat(harness, [first, second], seconds: 1.2)
    #expect(harness.leases(to: second, in: harness.history).count == 3)
    let third = harness.join(3, threads: 2)
    beat(harness, [first, second, third], seconds: 2.5)
    #expect(Set(harness.leases(to: third, in: harness.history)).count == 3)
    harness.answerAll([third])
    #expect(harness.isFinished)
  }

  @Test func `but declines is asked for no more shares than it is trusted with`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 41, batch: 8, epochs: 9))
    let good = harness.join(1)
    let decliner = harness.join(2)
    var done = 0
    var declined = 0
    while done < harness.history.count, !harness.isFinished {
      if case .send(let peer, let envelope) = harness.history[done] {
        switch envelope.message {
        case .lease(let lease) where !lease.withFeatures:
          harness.say(.features(Features(item: lease.item)), from: peer)
        case .step(let share), .evaluate(let share):
          if peer == decliner {
            declined += 1
            harness.say(
              .decline(Decline(share: share.id, missing: share.samples)), from: decliner)
          } else {
            var isEvaluation = false
            if case .evaluate = envelope.message { isEvaluation = true }
            harness.answer(share, from: good, evaluation: isEvaluation)
          }
        default: break
        }
      }
      done += 1
    }
    #expect(harness.isFinished)
    #expect(declined == Limits.declinesTrustedMax + 1)
  }

  @Test func `gains nothing by answers to shares that it was never asked for`() {
    let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 41, batch: 8, epochs: 9))
    let good = harness.join(1)
    let newcomer = harness.join(2)
    let id = ShareID(incarnation: harness.core.incarnation, step: 0, number: 0)
    harness.say(
      .gradientSum(GradientAnswer(share: id, count: 1, correct: 0, lossSum: 0)), from: newcomer)
    harness.answerAll([good])
    #expect(harness.shares(to: newcomer, in: harness.history).isEmpty)
  }
}
