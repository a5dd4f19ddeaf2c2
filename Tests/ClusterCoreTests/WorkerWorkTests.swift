import ClusterCore
import Testing

@Suite struct `A worker's work` {
  let harness = WorkerHarness(threads: 2)

  @Test func `fetches, computes and returns what it is leased`() {
    harness.serve()
    harness.hearLease(harness.item(7))
    #expect(harness.actions == [.fetchPhotograph(harness.item(7))])
    harness.deliver(.photographReady(harness.item(7)))
    #expect(harness.actions == [.extract(harness.item(7))])
    harness.deliver(.featuresReady(harness.item(7)))
    #expect(harness.sent == [.features(Features(item: harness.item(7)))])
  }

  @Test func `computes as many at a time as it has threads`() {
    harness.serve()
    for sample: SampleIndex in 0..<4 {
      harness.hearLease(harness.item(sample))
      harness.deliver(.photographReady(harness.item(sample)))
    }
    let started = harness.history.count { if case .extract = $0 { true } else { false } }
    #expect(started == 2)
    harness.deliver(.featuresReady(harness.item(1)))
    #expect(harness.actions.contains(.extract(harness.item(2))))
  }

  @Test func `answers a lease of what it holds at once`() {
    harness.serve(held: [harness.item(3)])
    harness.hearLease(harness.item(3))
    #expect(harness.sent == [.features(Features(item: harness.item(3)))])
  }

  @Test func `does a repeated lease once`() {
    harness.serve()
    harness.hearLease(harness.item(3))
    harness.hearLease(harness.item(3))
    #expect(harness.actions.isEmpty)
  }

  @Test func `keeps the features that come with a lease and asks for nothing`() {
    harness.serve()
    harness.hearLease(harness.item(3))
    harness.hearLease(harness.item(3), withFeatures: true)
    #expect(harness.actions == [.keepFeatures(harness.item(3))])
    harness.hear(.step(harness.share(1, [3])))
    #expect(harness.actions == [.computeShare(harness.share(1, [3]), .step)])
  }

  @Test func `reports what it can't decode`() {
    harness.serve()
    harness.hearLease(harness.item(3))
    harness.deliver(.photographReady(harness.item(3)))
    harness.deliver(.undecodable(harness.item(3), reason: "premature end"))
    #expect(
      harness.sent == [
        .undecodable(
          Undecodable(item: harness.item(3), cause: .content, reason: "premature end"))
      ])
  }

  @Test func `asks again for a photograph that didn't come`() {
    harness.serve()
    harness.hearLease(harness.item(3))
    harness.deliver(.photographFailed(harness.item(3), reason: "missing"))
    harness.wait(seconds: 0.9)
    #expect(harness.actions.isEmpty)
    harness.wait(seconds: 0.2)
    #expect(harness.history.count { $0 == .fetchPhotograph(harness.item(3)) } == 2)
  }

  @Test func `reports a photograph that its coordinator hasn't got, after some tries`() {
    harness.serve()
    harness.hearLease(harness.item(3))
    let failure = WorkerEvent.photographMissing(harness.item(3), reason: "it isn't there")
    for _ in 1..<Limits.photographTriesMax {
      harness.deliver(failure)
      #expect(harness.sent.isEmpty)
      harness.wait(seconds: 1.1)
      harness.hear(.heartbeat)
    }
    harness.deliver(failure)
    #expect(
      harness.sent == [
        .undecodable(
          Undecodable(item: harness.item(3), cause: .absence, reason: "it isn't there"))
      ])
    #expect(harness.history.count { $0 == .fetchPhotograph(harness.item(3)) } == 8)
  }

  @Test func `reports others at once when one has stayed away, until one comes back`() {
    harness.serve()
    func miss(_ sample: UInt32) -> Bool {
      harness.deliver(.photographMissing(harness.item(sample), reason: "gone"))
      return !harness.sent.isEmpty
    }
    func beat(seconds: Int) {
      for _ in 0..<seconds {
        harness.wait(seconds: 1.1)
        harness.hear(.heartbeat)
      }
    }
    harness.hearLease(harness.item(3))
    harness.hearLease(harness.item(4))
    for _ in 1..<Limits.photographTriesMax {
      #expect(!miss(3))
      beat(seconds: 1)
    }
    #expect(miss(3))
    #expect(miss(4))
    // A minute later it may be a moment again.
    beat(seconds: 60)
    harness.hearLease(harness.item(5))
    #expect(!miss(5))
    beat(seconds: 1)
    harness.deliver(.photographReady(harness.item(5)))
    harness.hearLease(harness.item(6))
    #expect(!miss(6))
  }

  @Test func `leaves when no photograph comes for as long as it was told to try`() {
    let harness = WorkerHarness(retryMaxSeconds: 60)
    harness.serve()
    harness.hearLease(harness.item(3))
    func fail() { harness.deliver(.photographFailed(harness.item(3), reason: "port 5556")) }
    func beat(seconds: Int) {
      for _ in 0..<seconds {
        harness.wait(seconds: 1)
        harness.hear(.heartbeat)
      }
    }
    fail()
    beat(seconds: 50)
    // One answer, and the time begins anew.
    harness.deliver(.photographReady(harness.item(3)))
    harness.hearLease(harness.item(4))
    harness.deliver(.photographFailed(harness.item(4), reason: "port 5556"))
    beat(seconds: 58)
    harness.deliver(.photographFailed(harness.item(4), reason: "port 5556"))
    #expect(harness.outcome == nil)
    beat(seconds: 4)
    harness.deliver(.photographFailed(harness.item(4), reason: "port 5556"))
    #expect(harness.sent == [.leave])
    #expect(harness.outcome == .unavailable(reason: "port 5556"))
  }

  @Test func `without the memory for a photograph gives no verdict, and tries the next one`() {
    let harness = WorkerHarness(threads: 1)
    harness.serve()
    for sample: SampleIndex in [1, 2] {
      harness.hearLease(harness.item(sample))
      harness.deliver(.photographReady(harness.item(sample)))
    }
    harness.deliver(.notExtracted(harness.item(1), reason: "no memory"))
    #expect(harness.actions.contains(.extract(harness.item(2))))
    #expect(harness.sent.isEmpty)
    harness.wait(seconds: 1.1)
    #expect(harness.history.count { $0 == .fetchPhotograph(harness.item(1)) } == 2)
  }

  @Test func `leaves when its memory never suffices`() {
    harness.serve()
    harness.hearLease(harness.item(1))
    for _ in 0..<Limits.extractionTriesMax {
      #expect(harness.outcome == nil)
      harness.deliver(.photographReady(harness.item(1)))
      harness.deliver(.notExtracted(harness.item(1), reason: "no memory"))
      if harness.outcome != nil { break }
      harness.wait(seconds: 1.1)
      harness.hear(.heartbeat)
    }
    #expect(harness.outcome == .unavailable(reason: "no memory"))
  }

  @Test func `stops what is revoked and forgets what it held`() {
    harness.serve(held: [harness.item(1), harness.item(2)])
    harness.hearLease(harness.item(3))
    harness.hear(.revoke(Revoke(variant: 0, samples: [2, 3, 4])))
    #expect(
      harness.actions == [
        .cancel(harness.item(3)), .forgetFeatures(variant: 0, samples: [2]),
      ])
    harness.deliver(.photographReady(harness.item(3)))
    #expect(harness.actions.isEmpty)
  }

  @Test func `forgets the features of a lease revoked while they were computed`() {
    harness.serve()
    harness.hearLease(harness.item(3))
    harness.deliver(.photographReady(harness.item(3)))
    harness.hear(.revoke(Revoke(variant: 0, samples: [3])))
    #expect(harness.actions.isEmpty)
    harness.deliver(.featuresReady(harness.item(3)))
    #expect(harness.actions == [.forgetFeatures(variant: 0, samples: [3])])
  }

  @Test func `takes up a forward pass again that was revoked and leased anew`() {
    harness.serve()
    harness.hearLease(harness.item(3))
    harness.deliver(.photographReady(harness.item(3)))
    harness.hear(.revoke(Revoke(variant: 0, samples: [3])))
    harness.hearLease(harness.item(3))
    #expect(harness.actions.isEmpty)
    harness.deliver(.featuresReady(harness.item(3)))
    #expect(harness.sent == [.features(Features(item: harness.item(3)))])
  }

  @Test func `declines a share and names what it lacks`() {
    harness.serve(held: [harness.item(1)])
    let share = harness.share(1, [1, 2, 3])
    harness.hear(.step(share))
    #expect(harness.sent == [.decline(Decline(share: share.id, missing: [2, 3]))])
  }

  @Test func `computes a repeated share once`() {
    harness.serve(held: [harness.item(1)])
    harness.hear(.evaluate(harness.share(1, [1])))
    #expect(harness.actions == [.computeShare(harness.share(1, [1]), .evaluation)])
    harness.hear(.evaluate(harness.share(1, [1])))
    #expect(harness.actions.isEmpty)
  }

  @Test func `begins no forward pass while a share is computed`() {
    harness.serve(held: [harness.item(1)])
    let share = harness.share(1, [1])
    harness.hear(.step(share))
    harness.hearLease(harness.item(2))
    harness.deliver(.photographReady(harness.item(2)))
    #expect(harness.actions.isEmpty)
    harness.deliver(
      .shareComputed(.gradient(GradientAnswer(share: share.id, count: 1, correct: 0, lossSum: 9))))
    #expect(
      harness.sent == [
        .gradientSum(GradientAnswer(share: share.id, count: 1, correct: 0, lossSum: 9))
      ])
    #expect(harness.actions.last == .extract(harness.item(2)))
  }

  @Test func `is dropped with the session`() {
    harness.serve(held: [harness.item(1)])
    let share = harness.share(1, [1])
    harness.hear(.step(share))
    harness.hearLease(harness.item(2))
    harness.deliver(.disconnected)
    #expect(harness.actions.contains(.cancel(harness.item(2))))
    harness.wait(seconds: 1.1)
    harness.serve()
    harness.deliver(
      .shareComputed(.gradient(GradientAnswer(share: share.id, count: 1, correct: 0, lossSum: 9))))
    #expect(harness.sent.isEmpty)
    harness.hearLease(harness.item(4))
    harness.deliver(.photographReady(harness.item(4)))
    #expect(harness.actions == [.extract(harness.item(4))])
  }

  @Test func `tells of a forward pass that ended between two sessions`() {
    harness.deliver(.started)
    harness.hearWelcome()
    harness.deliver(.objectsReady(held: []))
    harness.deliver(.featuresReady(harness.item(6)))
    harness.deliver(.probeFinished(WorkerHarness.probe))
    #expect(harness.sent.last == .holding(Holding(variant: 0, samples: [6])))
  }
}
