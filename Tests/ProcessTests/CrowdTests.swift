import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing
import Threading
import ZeroMQ

/// More connections than a coordinator may have descriptors, of people who have no token.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct CrowdTests {
  /// Idle connections to a port, anew as soon as they are hung up on.
  private final class Crowd: Sendable {
    private let isOver = Atomic(false)
    private let openedCount = Atomic(0)
    private let thread = Mutex<NamedThread?>(nil)

    /// - Parameter count: how many of them there are at any time.
    init(port: UInt16, count: Int) {
      thread.withLock {
        $0 = NamedThread(name: "crowd") {
          var crowd: [RawConnection?] = Array(repeating: nil, count: count)
          var place = 0
          while !self.isOver.load(ordering: .relaxed) {
            // The port may be busy or, at the end, gone.
            crowd[place] = try? RawConnection(port: Int(port))
            place = (place + 1) % count
            self.openedCount.add(1, ordering: .relaxed)
          }
        }
      }
    }

    func wait(until count: Int) {
      while openedCount.load(ordering: .relaxed) < count { sched_yield() }
    }

    deinit {
      isOver.store(true, ordering: .relaxed)
      thread.withLock { $0?.join() }
    }
  }

  @Test func `strangers who take every descriptor stop no run`()
    throws
  {
    let limit = 96
    let cluster = try Cluster()
    let command = try RunningCommand(
      "/bin/sh",
      [
        "-c", "ulimit -n \(limit) && exec \"$@\"", "sh", RunningCommand.folder + "/tl-coord",
      ] + cluster.startArguments(run: "crowd"))
    let coordinator = Coordinator(command: command)
    let address = try coordinator.address()
    let crowd = Crowd(port: try Endpoint(address).port, count: 3 * limit)
    for round in 1...5 {
      crowd.wait(until: 3 * limit * round)
      let status = try RunningCommand.run(
        "tl-coord", ["status", "crowd", "--runs", cluster.runsFolder])
      #expect(status.exitCode == 0, "\(status)")
    }
    // By the Unix socket, as it is this user's own.
    let worker = try cluster.startWorker(address)
    let expected = try Cluster.undisturbedHead.get()
    #expect(try coordinator.finishedHead() == expected)
    #expect(try worker.waitForExit().exitCode == 0)
    withExtendedLifetime(crowd) {}
  }
}
