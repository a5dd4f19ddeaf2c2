import Foundation
import TestSupport
import Testing

/// `monitor`, `status` and `runs` on runs in every state.
@Suite(.serialized) struct LookingTests {
  @Test func `a finished run is told in full`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let monitor = try look("monitor", "run", bench)
    #expect(monitor.exitCode == 0)
    #expect(monitor.output.contains("run: finished") && monitor.output.contains("epoch 3/3"))
    let status = try look("status", "run", bench)
    #expect(status.output.contains("finished") && status.output.contains("head"))
    // By folder, and without a name, it is the same run.
    #expect(try look("status", "\(bench.runsFolder)/run", bench).output == status.output)
    let runs = try RunningCommand.run("tl-coord", ["runs", "--runs", bench.runsFolder])
    #expect(runs.output.contains("run  finished  3 of 3"), "\(runs)")
  }

  @Test func `a torn or foreign line of the log does no harm`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let path = "\(bench.runsFolder)/run/progress.jsonl"
    var log = try #require(FileManager.default.contents(atPath: path))
    log += Data("not json\n{\"event\":\"from the future\"}\n{\"torn\":".utf8)
    try log.write(to: URL(filePath: path))
    let status = try look("status", "run", bench, "--json")
    #expect(status.output.contains("\"state\": \"finished\""), "\(status)")
    try Data().write(to: URL(filePath: path))
    let empty = try look("status", "run", bench, "--json")
    #expect(empty.output.contains("\"state\": \"not_started\""), "\(empty)")
  }

  @Test func `a running coordinator answers by its address and by its run`() throws {
    let bench = try Workbench()
    let coordinator = try bench.startInBackground("--local-workers", "0")
    let line = try coordinator.waitForLine(containing: "tl-worker join ")
    let address = String(try #require(line.split(separator: " ").last))
    for target in [address, "run"] {
      let status = try look("status", target, bench, "--json")
      #expect(status.output.contains("\"state\": \"waiting_for_workers\""), "\(status)")
    }
    coordinator.send(signal: SIGTERM)
    #expect(try coordinator.waitForExit().exitCode == 75)
    let stopped = try look("status", "run", bench, "--json")
    #expect(stopped.output.contains("\"state\": \"stopped\""), "\(stopped)")
  }

  @Test func `a coordinator that is stopped is told from a wrong address`() throws {
    let bench = try Workbench()
    let coordinator = try bench.startInBackground("--local-workers", "0")
    let line = try coordinator.waitForLine(containing: "tl-worker join ")
    let address = String(try #require(line.split(separator: " ").last))
    coordinator.send(signal: SIGSTOP)
    let words = ["\(address) takes connections and says nothing", "kill -CONT PID"]
    let join = ["join", address, "--retry-max-seconds", "1"]
    for outcome in [
      try look("status", address, bench), try RunningCommand.run("tl-worker", join),
    ] {
      for text in words { expectFailure(outcome, 69, text) }
      #expect(
        !outcome.errors.contains("firewall") && !outcome.errors.contains("token"), "\(outcome)")
    }
    coordinator.send(signal: SIGCONT)
    coordinator.send(signal: SIGTERM)
    #expect(try coordinator.waitForExit().exitCode == 75)
  }

  @Test func `an address where nobody answers exits with 69`() throws {
    let bench = try Workbench()
    let outcome = try look("status", "127.0.0.1:1", bench)
    expectFailure(outcome, 69, "127.0.0.1:1")
  }

  @Test func `a folder without runs is told so`() throws {
    let bench = try Workbench()
    let list = ["runs", "--runs", bench.runsFolder]
    expectFailure(
      try RunningCommand.run("tl-coord", list), 64, "there is no folder \(bench.runsFolder)")
    try FileManager.default.createDirectory(
      atPath: bench.runsFolder, withIntermediateDirectories: true)
    let runs = try RunningCommand.run("tl-coord", list)
    #expect(runs.exitCode == 0 && runs.output.contains("no run"), "\(runs)")
    #expect(try look("monitor", "nothing", bench).exitCode == 64)
  }

  @Test func `a coordinator that hung before anybody looked is silent`() throws {
    let bench = try Workbench()
    let coordinator = try bench.startInBackground("--local-workers", "0")
    try coordinator.waitForLine(containing: "tl-worker join ")
    coordinator.send(signal: SIGSTOP)
    let path = "\(bench.runsFolder)/run/progress.jsonl"
    let log = try String(contentsOfFile: path, encoding: .utf8)
    // As if it had hung for years.
    let earlier = log.replacing(/"time":"20\d\d/, with: "\"time\":\"2001")
    #expect(earlier != log)
    try earlier.write(toFile: path, atomically: false, encoding: .utf8)
    let outcome = try look("status", "run", bench)
    #expect(outcome.exitCode == 0 && outcome.output.contains("silent"), "\(outcome)")
    coordinator.send(signal: SIGKILL)
  }

  @Test func `the log's lines are the output where JSON is asked for`() throws {
    let bench = try Workbench()
    let outcome = try bench.start("--progress", "json")
    #expect(outcome.exitCode == 0, "\(outcome)")
    let log = FileManager.default.contents(atPath: "\(bench.runsFolder)/run/progress.jsonl")
    #expect(outcome.output == String(decoding: try #require(log), as: UTF8.self))
    #expect(try bench.start(run: "silent", "--progress", "none").output.isEmpty)
  }

  @Test func `runs without a name are numbered`() throws {
    let bench = try Workbench()
    for number in 1...2 {
      let outcome = try RunningCommand.run(
        "tl-coord",
        [
          "start", "--data", bench.photographs, "--backbone", bench.backbone, "--runs",
          bench.runsFolder, "--local-workers", "1", "--listen", "127.0.0.1:0", "--epochs", "1",
        ])
      #expect(outcome.exitCode == 0, "\(outcome)")
      #expect(outcome.output.contains("photographs-\(number): 30 photographs"))
    }
  }

  static let scriptCommand = "/usr/bin/script"

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: scriptCommand),
      "there is no script command, which gives programs a terminal"))
  func `on a terminal a run is drawn with bars and curves and its lines stay`() throws {
    let bench = try Workbench()
    let terminal = ["LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm"]
    let command = "\(RunningCommand.folder)/tl-coord"
    let start = try RunningCommand.run(
      Self.scriptCommand,
      [
        "-qec",
        "'\(command)' start --data '\(bench.photographs)' --backbone '\(bench.backbone)' "
          + "--runs '\(bench.runsFolder)' --run run --local-workers 1 --listen 127.0.0.1:0 "
          + "--epochs 3 --batch-size 8", "/dev/null",
      ], environment: terminal)
    #expect(start.exitCode == 0, "\(start)")
    #expect(start.output.contains("░") && start.output.contains("\u{1B}[J"), "\(start)")
    #expect(start.output.contains("epoch 3/3"))
    let monitor = try RunningCommand.run(
      Self.scriptCommand,
      ["-qec", "'\(command)' monitor run --runs '\(bench.runsFolder)'", "/dev/null"],
      environment: terminal)
    #expect(monitor.exitCode == 0, "\(monitor)")
    #expect(monitor.output.contains("validation accuracy") && monitor.output.contains("█"))
  }

  private func look(
    _ command: String, _ target: String, _ bench: Workbench, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", [command, target, "--runs", bench.runsFolder] + arguments)
  }
}
