import Foundation
import RunFiles
import TestSupport
import Testing

/// The page of a run, through the real commands.
@Suite(.serialized) struct PageTests {
  /// The address that a command tells, of the page of the run.
  private func address(_ command: RunningCommand) throws -> (port: Int, key: String?) {
    let line = try command.waitForLine(containing: "The page of run")
    let match = try #require(line.firstMatch(of: /http:\/\/[^:]+:(\d+)\/(?:\?key=([0-9a-f]{32}))?/))
    return (try #require(Int(match.1)), match.2.map(String.init))
  }

  private func status(
    _ port: Int, _ fields: [String: String] = [:], part: String = "status"
  ) throws -> JSONValue {
    let answer = try #require(try RawConnection.get("/\(part).json", port: port, fields))
    try #require(answer.status == 200, "\(answer)")
    return try JSONValue(decoding: answer.body)
  }

  @Test func `a run is shown while it goes on, and afterwards with its photographs`() throws {
    let bench = try Workbench()
    // It waits for a second worker, so that it goes on as long as is looked.
    let coordinator = try bench.startInBackground("--min-workers", "2", "--http", "127.0.0.1:0")
    let (port, key) = try address(coordinator)
    #expect(key == nil)
    try coordinator.waitForLine(containing: "joined with")
    #expect(try RawConnection.get("/healthz", port: port)?.text == "ok\n")
    #expect(try RawConnection.get("/", port: port)?.text.contains("<title>tl</title>") == true)
    #expect(try RawConnection.get("/", port: port, ["Host": "evil.example"])?.status == 421)
    #expect(try status(port)["run"]?.string == "run")
    let metrics = try #require(try RawConnection.get("/metrics", port: port))
    #expect(metrics.text.contains("# TYPE tl_steps_total counter"), "\(metrics)")
    // Somebody else can't have the port.
    expectFailure(
      try bench.start(run: "second", "--http", "\(port)"), 69, "127.0.0.1:\(port)",
      "another program listens there")
    #expect(!FileManager.default.fileExists(atPath: "\(bench.runsFolder)/second"))
    coordinator.send(signal: SIGTERM)
    #expect(try coordinator.waitForExit().exitCode == 75)

    #expect(try bench.start("--min-workers", "1", "--resume").exitCode == 0)
    let show = try RunningCommand("tl-coord", ["show", "run", "--runs", bench.runsFolder])
    let shownPort = try address(show).port
    try show.waitForLine(containing: "of 9 validation photographs classified correctly")
    let shown = try status(shownPort)
    #expect(shown["state"]?.string == "finished")
    #expect(try status(shownPort, part: "curves")["curve"]?.array?.count == 3)
    #expect(shown["again"]?.string == "tl-coord show \(bench.runsFolder)/run")
    let outcome = try #require(try RawConnection.get("/outcome.json", port: shownPort))
    #expect(try JSONValue(decoding: outcome.body)["samples"]?.integer(as: Int.self) == 9)
    show.send(signal: SIGINT)
    #expect(try show.waitForExit().exitCode == 0)
  }

  @Test func `where others can reach it the page has a key, which the log isn't told`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let show = try RunningCommand(
      "tl-coord", ["show", "run", "--runs", bench.runsFolder, "--http", "0.0.0.0:0"])
    let (port, key) = try address(show)
    #expect(try RawConnection.get("/status.json", port: port)?.status == 401)
    let shown = ["Authorization": "Bearer \(try #require(key))"]
    #expect(try status(port, shown)["state"]?.string == "finished")
    show.send(signal: SIGTERM)
    #expect(try show.waitForExit().exitCode == 0)

    let outcome = try bench.start("--resume", "--http", "0.0.0.0:0", "--progress", "json")
    #expect(outcome.exitCode == 0 && outcome.errors.contains("/?key="), "\(outcome)")
    #expect(!outcome.output.contains("key="))
    for (name, content) in try bench.files() {
      #expect(!String(decoding: content, as: UTF8.self).contains("?key="), "\(name)")
    }
  }

  @Test func `what can't be shown is told`() throws {
    let bench = try Workbench()
    expectFailure(
      try RunningCommand.run("tl-coord", ["show", "none", "--runs", bench.runsFolder]), 64,
      "there is no run 'none'")
    expectFailure(
      try RunningCommand.run("tl-coord", ["show", "127.0.0.1:5555", "--runs", bench.runsFolder]),
      64, "needs a run's name")
    for address in ["", "x", "99999", "host:", "127.0.0.1:-1"] {
      expectFailure(
        try RunningCommand.run("tl-coord", ["start", "--http", address]), 64, "--http", "a port")
    }
  }
}
