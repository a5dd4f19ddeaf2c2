import Digest
import Foundation
import RunFiles
import TestSupport

/// What all runs share: the photographs, the backbone, and the head that an undisturbed run gives.
final class Arena {
  let folder: TemporaryFolder
  private let photographs: String
  private let backbone: String
  let epochs: Int
  private let batchSize: Int

  private static let photographsPerClass = 40

  init(epochs: Int, batchSize: Int = 8) throws {
    folder = try TemporaryFolder()
    photographs = try TestPhotographs.write(
      into: folder, classCount: 3, countPerClass: Arena.photographsPerClass)
    backbone = try folder.write(TinyModel.onnx(seed: 1), to: "backbone.onnx")
    self.epochs = epochs
    self.batchSize = batchSize
  }

  /// The folder of the commands, where this program is too.
  private static let commands: String = {
    let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return path.deletingLastPathComponent().path(percentEncoded: false)
  }()

  /// By which processes of one user find each other.
  let environment = ProcessInfo.processInfo.environment

  var runs: String { folder.path + "/runs" }

  func runFolder(_ name: String) -> String { "\(runs)/\(name)" }

  func startCoordinator(
    _ name: String, listen: String, resume: Bool, arguments: [String] = []
  ) throws(ChaosError) -> ChildProcess {
    try ChildProcess(
      [
        "\(Arena.commands)tl-coord", "start", "--data", photographs, "--backbone", backbone,
        "--runs", runs, "--run", name, "--epochs", "\(epochs)", "--batch-size", "\(batchSize)",
        "--checkpoint-every", "1", "--listen", listen, "--progress", "none",
        "--local-workers", "0",
      ] + (resume ? ["--resume"] : []) + arguments, log: "\(folder.path)/\(name)-coordinator.log")
  }

  func startWorker(
    _ name: String, address: String, threads: Int, number: Int, arguments: [String] = []
  ) throws(ChaosError) -> ChildProcess {
    try ChildProcess(
      [
        "\(Arena.commands)tl-worker", "join", address, "--threads", "\(threads)",
        "--retry-max-seconds", "600",
      ] + arguments, log: "\(folder.path)/\(name)-worker-\(number).log")
  }

  /// The lines of a run's progress log so far.
  func log(_ name: String) -> [ProgressLine] {
    var reader = ProgressReader(path: "\(runFolder(name))/progress.jsonl")
    return (try? reader.next()) ?? []
  }

  /// The head of a run that has finished, or nil.
  func head(_ name: String) -> ContentDigest? {
    guard case .finished(let result)? = log(name).last?.event else { return nil }
    return result.head
  }

  func remove(_ name: String) {
    try? FileManager.default.removeItem(atPath: runFolder(name))
    let logs = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for file in logs where file.hasPrefix("\(name)-") {
      try? FileManager.default.removeItem(atPath: "\(folder.path)/\(file)")
    }
  }

  /// All that the run's processes wrote, for people.
  func story(_ name: String) -> String {
    let logs = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return logs.filter { $0.hasPrefix("\(name)-") }.sorted().map { file in
      let text = (try? String(contentsOfFile: "\(folder.path)/\(file)", encoding: .utf8)) ?? ""
      return "\(file):\n\(text)"
    }.joined(separator: "\n")
  }
}
