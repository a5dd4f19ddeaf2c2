import ClusterCore
import Testing

/// A machine that lacks descriptors or memory for a while.
@Suite struct `A shortage` {
  private let harness = CoordinatorHarness(
    CoordinatorHarness.plan(samples: 12), CoordinatorPolicy(undecodableShareMax: 1))
  private let shortage = "Too many open files"

  private func reportOne(from peer: PeerID) throws -> SampleVariant {
    let item = try #require(harness.leases(to: peer).first)
    harness.say(
      .undecodable(Undecodable(item: item, cause: .content, reason: "premature end")), from: peer)
    return item
  }

  private func questions(about sample: SampleIndex) -> Int {
    harness.history.count { $0 == .checkUndecodable(sample) }
  }

  @Test func `lets no verdict fall on a photograph, and asks again each second`() throws {
    let peer = harness.join(1)
    let item = try reportOne(from: peer)
    harness.deliver(.undecodableChecked(item.sample, .unknown(reason: shortage)))
    #expect(harness.notices.contains(.shortage(reason: shortage)))
    #expect(harness.refusals(of: peer).isEmpty)
    harness.wait(seconds: 0.9)
    #expect(questions(about: item.sample) == 1)
    harness.wait(seconds: 0.2)
    #expect(questions(about: item.sample) == 2)
    // While that question is open there is no third.
    harness.wait(seconds: 3)
    #expect(questions(about: item.sample) == 2)
    harness.deliver(.undecodableChecked(item.sample, .undecodable(reason: "cut off")))
    #expect(harness.notices.contains(.shortageOver))
    #expect(
      harness.notices.contains(.sampleSkipped(item.sample, reason: "cut off")))
  }

  @Test func `that lasts ends the run with a checkpoint, to be continued`() throws {
    let peer = harness.join(1)
    for item in harness.leases(to: peer) {
      harness.say(.features(Features(item: item)), from: peer)
    }
    harness.deliver(.photographsUnreadable(reason: shortage))
    for _ in 0..<119 {
      harness.wait(seconds: 1)
      harness.heartbeats([peer])
    }
    #expect(!harness.isFinished)
    harness.wait(seconds: 1.2)
    #expect(harness.outcome == .shortage(reason: shortage))
    #expect(harness.messages(to: peer).last == .finished(Finished(outcome: .interrupted)))
  }

  @Test func `that is over leaves the run its time anew`() {
    let peer = harness.join(1)
    for _ in 0..<3 {
      harness.deliver(.photographsUnreadable(reason: shortage))
      for _ in 0..<80 {
        harness.wait(seconds: 1)
        harness.heartbeats([peer])
      }
      harness.deliver(.photographsUnreadable(reason: nil))
    }
    #expect(!harness.isFinished)
    #expect(harness.notices.count { $0 == .shortageOver } == 3)
  }

  @Test func `of the photographs' server outlives that of a single question`() throws {
    let peer = harness.join(1)
    let item = try reportOne(from: peer)
    harness.deliver(.photographsUnreadable(reason: shortage))
    harness.deliver(.undecodableChecked(item.sample, .unknown(reason: shortage)))
    harness.wait(seconds: 1.1)
    harness.deliver(.undecodableChecked(item.sample, .undecodable(reason: "cut off")))
    #expect(!harness.notices.contains(.shortageOver))
    harness.deliver(.photographsUnreadable(reason: nil))
    #expect(harness.notices.contains(.shortageOver))
  }
}
