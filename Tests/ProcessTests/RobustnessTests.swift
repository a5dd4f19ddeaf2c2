import Foundation
import Glibc
import RunFiles
import TestSupport
import Testing

/// What a machine may lack or do to a coordinator in the middle of a run.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RobustnessTests {
  @Test(arguments: [8, 20, 40])
  func `too few descriptors are told of, and nothing traps`(_ count: Int) throws {
    let cluster = try Cluster()
    let folder = RunningCommand.folder
    let commands = [
      "'\(folder)/tl-coord' start --data '\(cluster.photographs)' --backbone '\(cluster.backbone)' "
        + "--runs '\(cluster.runsFolder)' --listen 127.0.0.1:0 --progress plain",
      "'\(folder)/tl-worker' join 127.0.0.1:1 --retry-max-seconds 1",
    ]
    for command in commands {
      let outcome = try RunningCommand.run(
        "/bin/sh", ["-c", "ulimit -n \(count); exec \(command)"])
      #expect([69, 78].contains(outcome.exitCode), "\(outcome)")
      #expect(outcome.errors.contains("ulimit -n 1024"), "\(outcome)")
    }
  }

  @Test func `a folder of checkpoints that is gone means step 0`() throws {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "lost", ["--checkpoint-every", "0.5"])
    let worker = try cluster.startWorker(try coordinator.address())
    try coordinator.waitForCheckpoint()
    try coordinator.kill()
    worker.send(signal: SIGTERM)
    try FileManager.default.removeItem(atPath: "\(cluster.runsFolder)/lost/checkpoints")
    let resumed = try cluster.startCoordinator(
      run: "lost", ["--resume", "--local-workers", "1", "--worker-threads", "1"])
    let expected = try Cluster.undisturbedHead.get()
    #expect(try resumed.finishedHead() == expected)
    let steps = try cluster.log(run: "lost").compactMap { line in
      if case .resume(let step) = line.event { step } else { nil }
    }
    #expect(steps == [0])
  }

  @Test func `a log that can't be written stops the run, resumable`() throws {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(
      run: "full", ["--local-workers", "1", "--worker-threads", "1"], epochs: 100_000)
    try coordinator.waitForEpoch(600)
    // The log is longer than that by now, and no checkpoint is.
    let limited = try RunningCommand.run(
      "/usr/bin/prlimit",
      ["--pid", "\(coordinator.command.processIdentifier)", "--fsize=100000:100000"])
    try #require(limited.exitCode == 0, "\(limited)")
    let outcome = try coordinator.command.waitForExit()
    #expect(outcome.exitCode == 74, "\(outcome.errors)")
    #expect(outcome.errors.contains("progress log"), "\(outcome.errors)")
    let resumed = try cluster.startCoordinator(run: "full", ["--resume"], epochs: 100_000)
    try resumed.waitForEvent("resume")
    resumed.command.send(signal: SIGTERM)
    #expect(try resumed.command.waitForExit().exitCode == 75)
  }

  @Test func `escape characters of workers and tokens reach neither terminal nor log`() throws {
    let bench = try Workbench()
    let coordinator = try bench.startInBackground("--local-workers", "0")
    let line = try coordinator.waitForLine(containing: "tl-worker join ")
    let address = try #require(
      line.split(separator: " ").first { $0.contains("127.0.0.1:") }.map(String.init))
    let name = "\u{1b}]0;title\u{7}\u{1b}[31mred"
    let worker = try RunningCommand("tl-worker", ["join", address, "--name", name])
    let outcome = try coordinator.waitForExit()
    #expect(outcome.exitCode == 0, "\(outcome)")
    _ = try worker.waitForExit()
    let log = try #require(
      FileManager.default.contents(atPath: "\(bench.runsFolder)/run/progress.jsonl"))
    #expect(!log.contains(0x1b) && !log.contains(7))
    for text in [outcome.output, outcome.errors, worker.text] {
      #expect(!text.unicodeScalars.contains("\u{7}"), "\(text.debugDescription)")
      #expect(!text.contains("\u{1b}]0;"), "\(text.debugDescription)")
      #expect(!text.contains("\u{1b}[31mred"), "\(text.debugDescription)")
    }
    for arguments in [
      ["token", "show", name], ["token", name], ["status", name], ["token", "add", name],
    ] {
      let outcome = try RunningCommand.run("tl-coord", arguments)
      #expect(outcome.exitCode != 0 && !outcome.errors.contains("\u{1b}"), "\(outcome)")
    }
    // The first is the name of a coordinator, which nobody has, if anybody can be asked at all.
    for arguments in [
      ["join", name], ["join", name + ":x"], ["join", "127.0.0.1:1", "--token", name],
    ] {
      let outcome = try RunningCommand.run("tl-worker", arguments)
      #expect(
        [64, 69].contains(outcome.exitCode) && !outcome.errors.contains("\u{1b}"), "\(outcome)")
    }
  }
}
