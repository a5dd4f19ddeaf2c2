import Foundation
import RunFiles
import TestSupport
import Testing

/// A small dataset, a tiny backbone, and real processes that train on them over loopback.
///
/// Every wait is for a line that a process writes and has a bound; no port is fixed.
final class Cluster {
  /// 84 training and 36 validation samples in batches of 8: 11 steps an epoch.
  static let photographsPerClass = 40
  static let stepsPerEpoch = 11
  /// Epochs enough to be in the middle of the run when something is done to it.
  static let epochs = 120

  let folder: TemporaryFolder
  let photographs: String
  let backbone: String
  private var runCount = 0

  init() throws {
    folder = try TemporaryFolder()
    photographs = try TestPhotographs.write(
      into: folder, classCount: 3, countPerClass: Cluster.photographsPerClass)
    backbone = try folder.write(TinyModel.onnx(seed: 1), to: "backbone.onnx")
  }

  var runsFolder: String { folder.path + "/runs" }

  /// Starts a coordinator of a run; its output is the progress log.
  func startCoordinator(
    run: String, _ arguments: [String] = [], listen: String = "127.0.0.1:0",
    epochs: Int = Cluster.epochs, environment: [String: String] = [:]
  ) throws -> Coordinator {
    let command = try RunningCommand(
      "tl-coord", startArguments(run: run, listen: listen, epochs: epochs) + arguments,
      environment: environment)
    return Coordinator(command: command)
  }

  func startArguments(
    run: String, listen: String = "127.0.0.1:0", epochs: Int = Cluster.epochs
  ) -> [String] {
    [
      "start", "--data", photographs, "--backbone", backbone, "--runs", runsFolder, "--run", run,
      "--epochs", "\(epochs)", "--batch-size", "8", "--listen", listen, "--progress", "json",
      "--local-workers", "0",
    ]
  }

  func startWorker(
    _ address: String, threads: Int = 1, _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws -> RunningCommand {
    try RunningCommand(
      "tl-worker",
      ["join", address, "--threads", "\(threads)", "--retry-max-seconds", "60"] + arguments,
      environment: environment)
  }

  /// The lines of a run's progress log.
  func log(run: String) throws -> [ProgressLine] {
    var reader = ProgressReader(path: "\(runsFolder)/\(run)/progress.jsonl")
    return try reader.next()
  }

  /// The head of the same run, undisturbed, with one worker of one thread.
  static let undisturbedHead: Result<String, any Error> = Result {
    let cluster = try Cluster()
    return try cluster.startCoordinator(
      run: "undisturbed", ["--local-workers", "1", "--worker-threads", "1"]
    ).finishedHead()
  }
}

/// A coordinator under test.
struct Coordinator {
  let command: RunningCommand

  /// Where it listens, once it does.
  func address() throws -> String {
    try value("listen", of: command.waitForLine(containing: "\"event\":\"start\""))
  }

  func waitForEvent(_ name: String) throws {
    try command.waitForLine(containing: "\"event\":\"\(name)\"")
  }

  /// Waits for the end of the epoch with this number, from 0.
  func waitForEpoch(_ epoch: Int) throws {
    let step = (epoch + 1) * Cluster.stepsPerEpoch
    try command.waitForLine(
      containing: "\"event\":\"epoch\",\"step\":\(step),\"epoch\":\(epoch),")
  }

  /// Waits until a checkpoint lies on disk, which may be some epochs after the one it is of.
  func waitForCheckpoint() throws {
    try command.waitForLine(containing: "\"event\":\"checkpoint\"")
  }

  /// Waits for the run's end, which must be a good one, and gives the head's digest.
  func finishedHead() throws -> String {
    let outcome = try command.waitForExit()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    let line = try #require(
      lines.last { $0.contains("\"event\":\"finished\"") }, "\(outcome.errors)")
    return try value("head_sha256", of: String(line))
  }

  /// Ends it at once, in the middle of whatever it does.
  func kill() throws {
    command.send(signal: SIGKILL)
    #expect(try command.waitForExit().exitCode == 128 + SIGKILL, "it ended before it was killed")
  }

  private func value(_ name: String, of line: String) throws -> String {
    let start = try #require(line.range(of: "\"\(name)\":\""), "\(line)").upperBound
    return String(line[start...].prefix { $0 != "\"" })
  }
}
