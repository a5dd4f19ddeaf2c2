import Foundation
import Kernels
import RunFiles
import TestSupport
import Testing

/// The same data, options and seed give the same bytes of the head, whoever computes what and
/// whatever happens to them.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct OneAnswerTests {
  let cluster: Cluster
  let expected: String

  init() throws {
    cluster = try Cluster()
    expected = try Cluster.undisturbedHead.get()
  }

  @Test(arguments: [2, 3, 5])
  func `any number of workers`(count: Int) throws {
    let coordinator = try cluster.startCoordinator(
      run: "workers", ["--local-workers", "\(count)", "--min-workers", "\(count)"])
    #expect(try coordinator.finishedHead() == expected)
  }

  @Test(arguments: [2, 4])
  func `any number of threads`(count: Int) throws {
    let coordinator = try cluster.startCoordinator(
      run: "threads", ["--local-workers", "1", "--worker-threads", "\(count)"])
    #expect(try coordinator.finishedHead() == expected)
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
  func `any instructions`(set: InstructionSet) throws {
    let coordinator = try cluster.startCoordinator(
      run: "kernels", ["--local-workers", "1"], environment: ["TL_KERNELS": set.rawValue])
    #expect(try coordinator.finishedHead() == expected)
  }

  @Test func `workers of different instructions side by side`() throws {
    let coordinator = try cluster.startCoordinator(run: "mixed", ["--min-workers", "2"])
    let address = try coordinator.address()
    let scalar = try cluster.startWorker(address, environment: ["TL_KERNELS": "scalar"])
    let best = try cluster.startWorker(address, threads: 2)
    #expect(try coordinator.finishedHead() == expected)
    #expect(try scalar.waitForExit().exitCode == 0)
    #expect(try best.waitForExit().exitCode == 0)
  }

  @Test func `a worker killed in the middle`() throws {
    let coordinator = try cluster.startCoordinator(run: "kill", ["--min-workers", "2"])
    let address = try coordinator.address()
    let victim = try cluster.startWorker(address)
    let survivor = try cluster.startWorker(address)
    try coordinator.waitForEpoch(2)
    victim.send(signal: SIGKILL)
    #expect(try coordinator.finishedHead() == expected)
    #expect(try survivor.waitForExit().exitCode == 0)
    #expect(try victim.waitForExit().exitCode == 128 + SIGKILL)
    #expect(try cluster.log(run: "kill").contains { $0.event.name == "worker_lost" })
  }

  @Test func `a worker that joins in the middle`() throws {
    let coordinator = try cluster.startCoordinator(run: "join")
    let address = try coordinator.address()
    let first = try cluster.startWorker(address)
    try coordinator.waitForEpoch(2)
    let second = try cluster.startWorker(address, threads: 2)
    #expect(try coordinator.finishedHead() == expected)
    #expect(try first.waitForExit().exitCode == 0)
    #expect(try second.waitForExit().exitCode == 0)
  }

  @Test func `all workers killed, and others in their place`() throws {
    let coordinator = try cluster.startCoordinator(run: "replace")
    let address = try coordinator.address()
    let first = try cluster.startWorker(address)
    try coordinator.waitForEpoch(1)
    first.send(signal: SIGKILL)
    try coordinator.waitForEvent("worker_lost")
    let second = try cluster.startWorker(address)
    #expect(try coordinator.finishedHead() == expected)
    #expect(try second.waitForExit().exitCode == 0)
  }

  @Test func `a worker frozen for a while`() throws {
    let coordinator = try cluster.startCoordinator(run: "freeze", ["--min-workers", "2"])
    let address = try coordinator.address()
    let frozen = try cluster.startWorker(address)
    let other = try cluster.startWorker(address)
    try coordinator.waitForEpoch(1)
    frozen.send(signal: SIGSTOP)
    defer { frozen.send(signal: SIGCONT) }
    #expect(try coordinator.finishedHead() == expected)
    #expect(try other.waitForExit().exitCode == 0)
  }

  @Test func `a coordinator killed before its first checkpoint`() throws {
    let killed = try cluster.startCoordinator(run: "early")
    let address = try killed.address()
    try killed.kill()
    let resumed = try cluster.startCoordinator(run: "early", ["--resume"], listen: address)
    let worker = try cluster.startWorker(address)
    #expect(try resumed.finishedHead() == expected)
    #expect(try worker.waitForExit().exitCode == 0)
  }

  @Test func `a coordinator killed after a checkpoint, and its workers stay`() throws {
    let killed = try cluster.startCoordinator(run: "late", ["--min-workers", "2"])
    let address = try killed.address()
    let workers = [try cluster.startWorker(address), try cluster.startWorker(address, threads: 2)]
    try killed.waitForCheckpoint()
    try killed.kill()
    let resumed = try cluster.startCoordinator(run: "late", ["--resume"], listen: address)
    #expect(try resumed.finishedHead() == expected)
    for worker in workers { #expect(try worker.waitForExit().exitCode == 0) }
    let resumption = try cluster.log(run: "late").compactMap { line in
      if case .resume(let step) = line.event { step } else { UInt64?.none }
    }
    #expect(resumption.count == 1)
    #expect(resumption[0] >= UInt64(Cluster.stepsPerEpoch))
  }

  @Test func `a coordinator killed with its local workers, and resumed with others`() throws {
    let killed = try cluster.startCoordinator(run: "local", ["--local-workers", "2"])
    try killed.waitForEpoch(1)
    try killed.kill()
    let resumed = try cluster.startCoordinator(run: "local", ["--resume", "--local-workers", "3"])
    #expect(try resumed.finishedHead() == expected)
  }

  @Test func `an interrupted coordinator, resumed`() throws {
    let interrupted = try cluster.startCoordinator(run: "stop", ["--local-workers", "2"])
    try interrupted.waitForEpoch(2)
    interrupted.command.send(signal: SIGTERM)
    #expect(try interrupted.command.waitForExit().exitCode == 75)
    let resumed = try cluster.startCoordinator(run: "stop", ["--resume", "--local-workers", "1"])
    #expect(try resumed.finishedHead() == expected)
  }
}
