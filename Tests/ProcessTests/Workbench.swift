import Foundation
import RunFiles
import TestSupport
import Testing

/// A folder with a small dataset and a tiny backbone, and the real coordinator let loose on them.
final class Workbench {
  static let classCount = 3
  static let photographsPerClass = 10

  let folder: TemporaryFolder
  let photographs: String
  let backbone: String

  init() throws {
    folder = try TemporaryFolder()
    photographs = try TestPhotographs.write(
      into: folder, classCount: Workbench.classCount,
      countPerClass: Workbench.photographsPerClass)
    backbone = try folder.write(TinyModel.onnx(seed: 1), to: "backbone.onnx")
  }

  var runsFolder: String { folder.path + "/runs" }

  /// Of the classes, sorted.
  func classFolders() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: photographs).sorted()
      .map { "\(photographs)/\($0)" }
  }

  /// Starts a coordinator with one local worker and waits for its end.
  func start(
    data: String? = nil, backbone: String? = nil, run: String = "run", _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run("tl-coord", command(data, backbone, run) + arguments)
  }

  func startInBackground(run: String = "run", _ arguments: String...) throws -> RunningCommand {
    try RunningCommand("tl-coord", command(nil, nil, run) + arguments)
  }

  private func command(_ data: String?, _ backbone: String?, _ run: String) -> [String] {
    [
      "start", "--data", data ?? photographs, "--backbone", backbone ?? self.backbone, "--runs",
      runsFolder, "--run", run, "--epochs", "3", "--batch-size", "8", "--listen", "127.0.0.1:0",
      "--local-workers", "1", "--worker-threads", "1", "--progress", "plain",
    ]
  }

  /// Everything in a run's folder but the log and what workers said: name and content.
  func files(ofRun run: String = "run") throws -> [String: Data] {
    let root = "\(runsFolder)/\(run)"
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: root)
    where !name.hasSuffix(".log") && !name.hasSuffix(".jsonl") {
      files[name] = FileManager.default.contents(atPath: "\(root)/\(name)")
    }
    return files
  }

  /// The checkpoints' paths, the newest last.
  func checkpoints(ofRun run: String = "run") throws -> [String] {
    let folder = "\(runsFolder)/\(run)/checkpoints"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".safetensors") }.map { "\(folder)/\($0)" }
  }
}

/// Expects a failure with an exit code that tells why on stderr, and no result.
func expectFailure(
  _ outcome: RunningCommand.Outcome, _ exitCode: Int32, _ words: String...,
  at location: SourceLocation = #_sourceLocation
) {
  #expect(outcome.exitCode == exitCode, "\(outcome)", sourceLocation: location)
  let last = outcome.errors.range(of: "error:", options: .backwards)
  #expect(last != nil, "no error message: \(outcome)", sourceLocation: location)
  for word in words {
    #expect(outcome.errors.contains(word), "no '\(word)': \(outcome)", sourceLocation: location)
  }
  #expect(!outcome.output.contains("Finished"), "\(outcome)", sourceLocation: location)
}
