import ClusterCore
import Digest
import Testing

@Suite struct `Membership` {
  let harness = CoordinatorHarness(CoordinatorHarness.plan(samples: 20, validation: 4))
  let peer = PeerID(number: 1)

  private func hello(version: UInt32 = Limits.protocolVersion, threads: UInt32 = 1) -> Hello {
    Hello(
      protocolVersion: version, worker: WorkerID(number: 1), attempt: 1, threads: threads,
      name: "one", softwareVersion: "0")
  }

  private func deliver(_ hello: Hello) {
    harness.deliver(
      .received(peer, Envelope(incarnation: .none, session: .none, message: .hello(hello))))
  }

  private func refusal(ofVersion version: UInt32) throws -> Refuse {
    deliver(hello(version: version))
    guard case .refuse(let refuse) = try #require(harness.messages(to: peer).first) else {
      throw CancellationError()
    }
    return refuse
  }

  @Test func `a worker of an older protocol is told the version to install and the command`() throws
  {
    let refuse = try refusal(ofVersion: 1)
    #expect(refuse.code == .protocolVersion && refuse.isFinal)
    #expect(
      refuse.reason == """
        the worker speaks protocol version 1 and the coordinator version \(Limits.protocolVersion): \
        install tl 4.5.6 on the worker's machine (with the Debian package \
        'sudo apt install ./tl_4.5.6-1_*.deb', else as it was installed there), then start the worker \
        again
        """)
    #expect(refuse.reason.utf8.count <= Limits.textBytesMax)
  }

  @Test func `a worker of a newer protocol is told that the coordinator is the older one`() throws {
    let refuse = try refusal(ofVersion: 99)
    #expect(refuse.code == .protocolVersion && refuse.isFinal)
    #expect(refuse.reason.contains("version 99"))
    #expect(refuse.reason.contains("the coordinator is the older one. Update tl on its machine"))
    #expect(refuse.reason.contains("'sudo apt install ./tl_*.deb'"))
    #expect(refuse.reason.contains("or install tl 4.5.6 on the worker's"))
  }

  @Test(arguments: [0, UInt32(Limits.threadsPerWorkerMax) + 1])
  func `an impossible number of threads is refused`(threads: UInt32) {
    deliver(hello(threads: threads))
    #expect(harness.refusals(of: peer) == [.malformed])
  }

  @Test func `a different probe is refused, and the same worker again`() {
    harness.hello(peer)
    harness.say(.joined(Joined(probe: .sha256([9]))), from: peer)
    #expect(harness.refusals(of: peer) == [.probe])
    #expect(harness.actions.contains(.disconnect(peer)))
    let other = PeerID(number: 2)
    harness.hello(other, worker: 1, attempt: 2)
    #expect(harness.refusals(of: other) == [.probe])
  }

  @Test func `a repeated hello is answered with the same session`() {
    harness.hello(peer)
    let first = harness.actions
    harness.hello(peer)
    #expect(harness.actions == first)
  }

  @Test func `a late hello of an earlier attempt changes nothing`() {
    harness.hello(PeerID(number: 2), worker: 1, attempt: 2)
    harness.hello(peer, worker: 1, attempt: 1)
    #expect(harness.actions.isEmpty)
    #expect(harness.core.workerStatus().count == 1)
  }

  @Test func `a worker's new connection takes the place of its old one`() {
    harness.join(1)
    let leased = harness.leases(to: peer)
    let other = harness.join(2, worker: 1, attempt: 2)
    #expect(harness.core.summary.workersServing == 1)
    #expect(harness.leases(to: other) == leased)
    harness.say(.heartbeat, from: peer)
    #expect(harness.refusals(of: peer) == [.sessionEnded])
  }

  @Test func `five silent seconds lose a worker, and no less`() {
    harness.join(1)
    harness.wait(seconds: 4.9)
    #expect(harness.core.summary.workersServing == 1)
    harness.wait(seconds: 0.1)
    #expect(harness.core.summary.workersServing == 0)
    #expect(
      harness.notices.contains(
        .workerLost(WorkerID(number: 1), name: "worker 1", reason: "silent")))
    #expect(harness.notices.last == .waitingForWorkers(serving: 0, needed: 1))
  }

  @Test func `silence while the coordinator itself was stopped doesn't count`() {
    harness.join(1)
    harness.wait(seconds: 60, ticking: false)
    #expect(harness.core.summary.workersServing == 1)
    harness.wait(seconds: 6)
    #expect(harness.core.summary.workersServing == 0)
  }

  @Test func `a clock set back delays nothing`() {
    harness.join(1)
    harness.now = Instant(nanoseconds: harness.now.nanoseconds - 500_000_000_000)
    harness.wait(seconds: 6)
    #expect(harness.core.summary.workersServing == 0)
  }

  @Test func `a worker hears something each second`() {
    harness.join(1)
    let before = harness.history.count
    for _ in 0..<30 {
      harness.wait(seconds: 0.1)
      harness.say(.heartbeat, from: peer)
    }
    let beats = harness.messages(to: peer, in: Array(harness.history[before...]))
    #expect(beats == [.heartbeat, .heartbeat, .heartbeat])
  }

  @Test func `a session that ended is named to who still believes in it`() {
    let envelope = Envelope(
      incarnation: Incarnation(high: 1, low: 2), session: Session(number: 77),
      message: WorkerMessage.heartbeat)
    harness.deliver(.received(peer, envelope))
    guard case .send(peer, let answer) = harness.actions.first else {
      Issue.record("no answer")
      return
    }
    #expect(answer.incarnation == envelope.incarnation && answer.session == envelope.session)
    #expect(harness.refusals(of: peer) == [.sessionEnded])
  }

  @Test func `a goodbye of an unknown worker is not answered`() {
    harness.say(.leave, from: peer)
    #expect(harness.actions.isEmpty)
  }

  @Test func `messages of another incarnation or session are ignored`() throws {
    harness.join(1)
    let item = try #require(harness.leases(to: peer).first)
    for (incarnation, session) in [
      (Incarnation(high: 1, low: 1), Session(number: 1)),
      (harness.core.incarnation, Session(number: 9)),
    ] {
      harness.deliver(
        .received(
          peer,
          Envelope(
            incarnation: incarnation, session: session, message: .features(Features(item: item)))))
      #expect(harness.actions.isEmpty)
    }
  }

  @Test func `work before the probe is refused`() {
    harness.hello(peer)
    harness.say(
      .features(Features(item: SampleVariant(sample: 0, variant: 0))), from: peer)
    #expect(harness.refusals(of: peer) == [.malformed])
  }

  @Test func `a status tells how long ago each worker was last heard`() {
    harness.join(1)
    harness.join(2)
    harness.wait(seconds: 0.5)
    harness.say(.heartbeat, from: peer)
    harness.wait(seconds: 2)
    let silent = Dictionary(
      uniqueKeysWithValues: harness.core.workerStatus().map { ($0.name, $0.silentMilliseconds) })
    #expect(silent == ["worker 1": 2_000, "worker 2": 2_500])
  }

  @Test func `a worker that leaves gives everything back`() {
    harness.join(1)
    harness.say(.leave, from: peer)
    #expect(harness.core.workerStatus().isEmpty)
  }

  @Test func `more workers than there is room for may try again`() {
    for number in 1...UInt64(Limits.workersMax) { harness.hello(PeerID(number: number)) }
    let late = PeerID(number: UInt64(Limits.workersMax) + 1)
    harness.hello(late)
    #expect(harness.refusals(of: late) == [.full])
    #expect(!harness.actions.contains(.disconnect(late)))
  }

  @Test func `the least number of workers delays only the first lease`() {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 20), CoordinatorPolicy(workersMin: 2))
    harness.join(1)
    #expect(harness.leases(to: peer).isEmpty)
    let other = harness.join(2)
    #expect(harness.leases(to: peer).count == 2 && harness.leases(to: other).count == 2)
    harness.say(.leave, from: peer)
    harness.say(
      .features(Features(item: harness.leases(to: other, in: harness.history)[0])), from: other)
    #expect(harness.leases(to: other).count == 1)
  }

  @Test func `the least number of workers delays the first step where all features are kept`() {
    let harness = CoordinatorHarness(
      CoordinatorHarness.plan(samples: 5, batch: 4), CoordinatorPolicy(workersMin: 2),
      kept: Array(0..<5))
    func isAsked(_ peer: PeerID) -> Bool {
      harness.messages(to: peer, in: harness.history).contains {
        if case .step = $0 { true } else { false }
      }
    }
    harness.join(1)
    harness.wait(seconds: 1)
    #expect(!isAsked(peer))
    let other = harness.join(2)
    #expect(isAsked(peer) && isAsked(other))
  }

  @Test func `anyone may ask for the status`() {
    harness.say(.status, from: peer)
    #expect(harness.actions == [.replyStatus(peer)])
  }
}
