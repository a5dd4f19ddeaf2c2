import Foundation
import RunFiles
import TestSupport
import Testing

/// Real workers whose answers are looked at twice, one of them a faulty worker.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct AuditTests {
  @Test func `an audited run of honest workers has the undisturbed head`() throws {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(
      run: "audited", ["--local-workers", "2", "--worker-threads", "1", "--audit", "1"])
    let expected = try Cluster.undisturbedHead.get()
    #expect(try coordinator.finishedHead() == expected)
    let lied = try cluster.log(run: "audited").contains {
      if case .workerFaulty = $0.event { true } else { false }
    }
    #expect(!lied)
  }

  @Test(arguments: [LyingRelay.Lie.features, .gradientSums])
  func `a worker that lies is named and refused, and nothing of it stays`(
    lie: LyingRelay.Lie
  ) throws {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(
      run: "lies", ["--audit", "1", "--checkpoint-every", "0", "--min-workers", "2"])
    let address = try coordinator.address()
    let relay = try LyingRelay(to: address, lie, rarity: 8)
    defer { relay.stop() }
    let faultyWorker = try cluster.startWorker(relay.address, ["--insecure"])
    let honest = try cluster.startWorker(address)

    let expected = try Cluster.undisturbedHead.get()
    #expect(try coordinator.finishedHead() == expected)
    #expect(relay.lies > 0)
    let end = try faultyWorker.waitForExit()
    #expect(end.exitCode == 77, "\(end)")
    #expect(try honest.waitForExit().exitCode == 0)
    let events = try cluster.log(run: "lies").map(\.event)
    let named = events.filter { if case .workerFaulty = $0 { true } else { false } }
    let taken = events.filter { if case .rollback = $0 { true } else { false } }
    #expect(named.count == 1 && taken.count == 1, "\(named) \(taken)")
    let verdict = try RunningCommand.run(
      "tl-coord",
      ["verify", "--runs", cluster.runsFolder, "--run", "lies"])
    #expect(verdict.exitCode == 0, "\(verdict)")
  }

  @Test func `a faulty worker is refused by the coordinator that resumes the run`() throws {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(
      run: "resumed", ["--audit", "1", "--min-workers", "2"])
    let address = try coordinator.address()
    let relay = try LyingRelay(to: address, .features, rarity: 8)
    defer { relay.stop() }
    let faultyWorker = try cluster.startWorker(relay.address, ["--insecure"])
    let honest = try cluster.startWorker(address)
    try coordinator.waitForEvent("rollback")
    try coordinator.kill()
    #expect(try faultyWorker.waitForExit().exitCode == 77)
    let again = try cluster.startCoordinator(
      run: "resumed", ["--resume", "--audit", "1", "--min-workers", "1"], listen: address)
    let expected = try Cluster.undisturbedHead.get()
    #expect(try again.finishedHead() == expected)
    #expect(try honest.waitForExit().exitCode == 0)
    let directory = try RunDirectory(root: cluster.runsFolder, name: "resumed")
    #expect(try directory.faultyWorkers().count == 1)
  }
}
