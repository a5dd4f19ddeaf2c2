import ClusterCore
import Testing

@Suite struct `A worker's connection` {
  let harness = WorkerHarness()

  @Test func `begins with a hello`() {
    harness.deliver(.started)
    #expect(harness.actions.first == .connect)
    guard case .hello(let hello) = harness.sent.first else {
      Issue.record("no hello")
      return
    }
    #expect(hello.protocolVersion == Limits.protocolVersion && hello.threads == 2)
  }

  @Test func `leads through objects and probe to serving`() {
    harness.deliver(.started)
    harness.hearWelcome()
    #expect(harness.actions.last == .fetchObjects(CoordinatorHarness.terms))
    harness.deliver(.objectsReady(held: []))
    #expect(harness.actions == [.runProbe])
    harness.deliver(.probeFinished(WorkerHarness.probe))
    #expect(harness.sent == [.joined(Joined(probe: WorkerHarness.probe))])
  }

  @Test func `tells what it holds from before`() {
    harness.serve(held: [3, 70, 5].map(harness.item) + [SampleVariant(sample: 5, variant: 2)])
    #expect(
      harness.sent.dropFirst() == [
        .holding(Holding(variant: 0, samples: [3, 5, 70])),
        .holding(Holding(variant: 2, samples: [5])),
      ])
  }

  @Test func `is tried again after 1, 2, 4, up to 32 seconds, or down to half of that`() {
    harness.deliver(.started)
    for most in [1.0, 2, 4, 8, 16, 32, 32, 32] {
      let attempts = harness.attempts
      var waited = 0.0
      while harness.attempts == attempts, waited < most + 1 {
        harness.wait(seconds: 0.1)
        waited += 0.1
      }
      // Noticed with the next tick.
      #expect(waited >= most / 2 && waited < most + 0.15)
    }
  }

  @Test func `is given up after the time that the operator allows`() {
    let harness = WorkerHarness(retryMaxSeconds: 7)
    harness.deliver(.started)
    harness.wait(seconds: 6.9)
    #expect(harness.outcome == nil)
    harness.wait(seconds: 0.3)
    guard case .unavailable = harness.outcome else {
      Issue.record("ended with \(String(describing: harness.outcome))")
      return
    }
  }

  @Test func `counts the time to give up from when it last served`() {
    let harness = WorkerHarness(retryMaxSeconds: 7)
    harness.serve()
    for _ in 0..<20 {
      harness.wait(seconds: 1)
      harness.hear(.heartbeat)
    }
    harness.wait(seconds: 11)
    #expect(harness.outcome == nil)
    harness.wait(seconds: 2)
    #expect(harness.outcome != nil)
  }

  @Test func `tells once that there is no coordinator, and again after the next loss`() {
    func toldOfNone() -> Int {
      harness.history.count { if case .notice(.unanswered) = $0 { true } else { false } }
    }
    harness.deliver(.started)
    harness.wait(seconds: 9.8)
    #expect(toldOfNone() == 0)
    harness.wait(seconds: 0.4)
    #expect(toldOfNone() == 1)
    harness.wait(seconds: 300)
    #expect(toldOfNone() == 1)
    harness.serve()
    // Lost after five silent seconds.
    harness.wait(seconds: 16)
    #expect(toldOfNone() == 2)
  }

  @Test func `says nothing of coordinators that don't come while it waits for the next run`() {
    let harness = WorkerHarness(stays: true)
    harness.serve()
    harness.hear(.finished(Finished(outcome: .completed)))
    harness.wait(seconds: 60)
    #expect(!harness.history.contains { if case .notice(.unanswered) = $0 { true } else { false } })
  }

  @Test func `ignores a welcome to an earlier hello`() {
    harness.deliver(.started)
    harness.wait(seconds: 1)
    harness.hear(.welcome(Welcome(attempt: 1, terms: CoordinatorHarness.terms)))
    #expect(harness.actions.isEmpty)
    harness.hearWelcome()
    #expect(!harness.actions.isEmpty)
  }

  @Test func `is lost after five silent seconds and found again`() {
    harness.serve()
    harness.wait(seconds: 5)
    #expect(harness.attempts == 1)
    harness.wait(seconds: 1.2)
    #expect(harness.attempts == 2)
    harness.serve(held: [])
    #expect(harness.sent.first == .joined(Joined(probe: WorkerHarness.probe)))
  }

  @Test func `says something each second`() {
    harness.serve()
    let before = harness.history.count
    for _ in 0..<5 {
      harness.wait(seconds: 1)
      harness.hear(.heartbeat)
    }
    let beats = harness.messages(in: Array(harness.history[before...]))
    #expect(beats == Array(repeating: .heartbeat, count: 5))
  }

  @Test func `is renewed at once when the session has ended`() {
    harness.serve()
    harness.hear(.refuse(Refuse(code: .sessionEnded, reason: "late")))
    #expect(harness.attempts == 2)
    #expect(!harness.actions.contains(.connect))
  }

  @Test func `ignores what is meant for another session or incarnation`() {
    harness.serve()
    harness.hear(
      .refuse(Refuse(code: .sessionEnded, reason: "late")), session: Session(number: 4))
    #expect(harness.actions.isEmpty)
    harness.hear(
      .lease(Lease(item: harness.item(1), withFeatures: false)), incarnation: .none)
    #expect(harness.actions.isEmpty)
    harness.hear(.finished(Finished(outcome: .completed)), session: .none)
    #expect(harness.outcome == nil)
  }

  @Test(arguments: Refuse.Code.allCases)
  func `ends with a refusal only if that is final`(code: Refuse.Code) {
    harness.serve()
    let refuse = Refuse(code: code, reason: "because")
    harness.hear(.refuse(refuse))
    #expect(harness.outcome == (refuse.isFinal ? .refused(refuse) : nil))
  }

  @Test func `may be refused before there is a session`() {
    harness.deliver(.started)
    let refuse = Refuse(code: .protocolVersion, reason: "too old")
    harness.hear(.refuse(refuse), session: .none)
    #expect(harness.outcome == .refused(refuse))
  }

  @Test func `waits when there are too many workers`() {
    harness.deliver(.started)
    harness.hear(.refuse(Refuse(code: .full, reason: "full")), session: .none)
    #expect(harness.attempts == 1)
    harness.wait(seconds: 1.1)
    #expect(harness.attempts == 2)
  }

  @Test func `ends with the run, but not with an interruption`() {
    for outcome in Finished.Outcome.allCases {
      let harness = WorkerHarness()
      harness.serve()
      harness.hear(.finished(Finished(outcome: outcome)))
      #expect(harness.outcome == (outcome == .interrupted ? nil : .dismissed))
      harness.wait(seconds: 1.1)
      #expect(harness.attempts == (outcome == .interrupted ? 2 : 1))
    }
  }

  @Test func `that stays serves the next run, with nothing left of the last one`() {
    for outcome in [Finished.Outcome.completed, .failed] {
      let harness = WorkerHarness(stays: true)
      harness.serve(held: [harness.item(0), harness.item(2)])
      harness.hear(.finished(Finished(outcome: outcome)))
      #expect(
        harness.actions == [
          .forgetFeatures(variant: 0, samples: [0, 2]), .notice(.runEnded),
        ])
      harness.wait(seconds: 1.1)
      #expect(harness.attempts == 2 && harness.outcome == nil)
      harness.serve()
      #expect(harness.core.idleSession == WorkerHarness.session)
    }
  }

  @Test func `that stays is as patient after each run, and no more`() {
    let harness = WorkerHarness(retryMaxSeconds: 100, stays: true)
    harness.deliver(.started)
    harness.wait(seconds: 90)
    harness.serve()
    harness.wait(seconds: 1)
    harness.hear(.finished(Finished(outcome: .completed)))
    harness.wait(seconds: 90)
    #expect(harness.outcome == nil)
    harness.wait(seconds: 20)
    #expect(harness.outcome == .unavailable(reason: "there was no further run"))
  }

  @Test func `that stays ends all the same when it is refused or asked to leave`() {
    let refused = WorkerHarness(stays: true)
    refused.serve()
    let refuse = Refuse(code: .audit, reason: "an audit found its answers wrong")
    refused.hear(.refuse(refuse))
    #expect(refused.outcome == .refused(refuse))
    let asked = WorkerHarness(stays: true)
    asked.serve()
    asked.hear(.finished(Finished(outcome: .completed)))
    asked.deliver(.leaveRequested)
    #expect(asked.outcome == .dismissed)
  }

  @Test func `ends when the operator asks, with a goodbye`() {
    harness.serve()
    harness.deliver(.leaveRequested)
    #expect(harness.sent == [.leave])
    #expect(harness.outcome == .dismissed)
  }

  @Test func `is tried again when objects don't come, and ends when they never can`() {
    harness.deliver(.started)
    harness.hearWelcome()
    harness.deliver(.objectsFailed(reason: "no route", isFinal: false))
    #expect(harness.outcome == nil)
    harness.wait(seconds: 1.1)
    harness.hearWelcome()
    harness.deliver(.objectsFailed(reason: "an operator that this build lacks", isFinal: true))
    #expect(harness.outcome == .unable(reason: "an operator that this build lacks"))
  }

  @Test func `survives a coordinator that sends rubbish`() {
    harness.serve()
    harness.deliver(.malformed(reason: "no message"))
    #expect(harness.outcome == nil)
    harness.wait(seconds: 1.1)
    #expect(harness.attempts == 2)
  }

  @Test func `isn't lost because the worker itself was stopped`() {
    harness.serve()
    harness.now = harness.now.advanced(byNanoseconds: 60_000_000_000)
    harness.deliver(.tick)
    #expect(harness.attempts == 1)
    harness.hear(.heartbeat)
    harness.wait(seconds: 4)
    #expect(harness.attempts == 1)
  }
}
