import Foundation
import TestSupport
import Testing
import ZeroMQ

/// What a service needs: workers that stay, runs that begin or go on, and a manager that is told.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ServiceTests {
  let cluster: Cluster

  init() throws { cluster = try Cluster() }

  /// A port that nobody had a moment ago.
  private func freePort() throws -> UInt16 {
    let socket = try Socket(.router, in: Context())
    let endpoint = try socket.bind(Endpoint(host: "127.0.0.1", port: 0))
    socket.close()
    return endpoint.port
  }

  @Test func `a worker that stays waits for its coordinator and serves one run after the other`()
    throws
  {
    let expected = try Cluster.undisturbedHead.get()
    let address = "127.0.0.1:\(try freePort())"
    let worker = try cluster.startWorker(address, ["--stay"])
    try worker.waitForLine(containing: "connecting to")
    for run in ["first", "second"] {
      let coordinator = try cluster.startCoordinator(run: run, listen: address)
      #expect(try coordinator.finishedHead() == expected)
    }
    try worker.waitForLine(containing: "the run has ended; waiting for the next one")
    worker.send(signal: SIGTERM)
    let outcome = try worker.waitForExit()
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.components(separatedBy: "working for").count == 3, "\(outcome)")
  }

  @Test func `a worker that stays in vain isn't told to check the address that it worked for`()
    throws
  {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "only", epochs: 1)
    let worker = try RunningCommand(
      "tl-worker",
      ["join", try coordinator.address(), "--threads", "1", "--stay", "--retry-max-seconds", "2"])
    _ = try coordinator.finishedHead()
    let outcome = try worker.waitForExit()
    expectFailure(
      outcome, 69, "there was no further run", "It let this worker in before", "--retry-max-seconds"
    )
    #expect(!outcome.errors.contains("Check the address"), "\(outcome)")
  }

  @Test func `a run begins where there is none, and goes on where there is one`() throws {
    let bench = try Workbench()
    let first = try bench.start("--resume", "if-any")
    #expect(first.exitCode == 0, "\(first)")
    let files = try bench.files()
    let second = try bench.start("--resume", "if-any")
    #expect(
      second.exitCode == 0 && second.output.contains("It was trained to its end before"),
      "\(second)")
    #expect(try bench.files() == files)
  }

  @Test func `the service manager is told by both, and not by local workers`() throws {
    let socket = try NotificationSocket()
    let environment = ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "1000000"]
    let coordinator = try cluster.startCoordinator(
      run: "watched", ["--local-workers", "1"], environment: environment)
    // Read along: the kernel keeps ten messages, and the program waits for nobody who doesn't read them.
    var messages: [String] = []
    while messages.last != "STOPPING=1", let message = socket.next() { messages.append(message) }
    _ = try coordinator.finishedHead()
    messages += socket.all()
    #expect(messages.first == "READY=1\nSTATUS=training", "\(messages)")
    #expect(messages.count { $0.hasPrefix("READY=1") } == 1, "\(messages)")
    #expect(messages.contains("WATCHDOG=1"), "\(messages)")
    #expect(messages.last == "STOPPING=1", "\(messages)")

    // Its coordinator isn't there, which keeps it from nothing.
    let worker = try cluster.startWorker(
      "127.0.0.1:\(try freePort())", ["--stay"], environment: environment)
    #expect(socket.next() == "READY=1\nSTATUS=looking for a coordinator")
    while let message = socket.next(), message != "WATCHDOG=1" {}
    worker.send(signal: SIGTERM)
    #expect(try worker.waitForExit().exitCode == 0)
    #expect(socket.all().last == "STOPPING=1")
  }
}
