import Foundation
import TestSupport
import Testing

/// What people take away of a run, through the real command.
@Suite(.serialized) struct ExportTests {
  private func export(_ bench: Workbench, _ arguments: String...) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", ["export", "--runs", bench.runsFolder, "--run", "run"] + arguments)
  }

  @Test(arguments: ["int8", "fp32"])
  func `a run gives a model, its labels, its head and how to use them`(precision: String) throws {
    let bench = try Workbench()
    #expect(try bench.start("--precision", precision).exitCode == 0)
    let folder = "\(bench.folder.path)/away/model"
    let outcome = try export(bench, "--output", folder)
    #expect(outcome.exitCode == 0, "\(outcome)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(
      names == ["README.md", "head.safetensors", "labels.txt", "model.onnx", "predict.py"])
    for name in names { #expect(outcome.output.contains("\(folder)/\(name)")) }
    let labels = try String(contentsOfFile: "\(folder)/labels.txt", encoding: .utf8)
    let card = try String(contentsOfFile: "\(folder)/README.md", encoding: .utf8)
    for label in labels.split(separator: "\n") { #expect(card.contains("`\(label)`")) }
    // The same run gives the same bytes.
    let model = try Data(contentsOf: URL(filePath: "\(folder)/model.onnx"))
    #expect(try export(bench).exitCode == 0)
    let own = "\(bench.runsFolder)/run/export/model.onnx"
    #expect(try Data(contentsOf: URL(filePath: own)) == model)
  }

  @Test func `a folder that can't be written to is named`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let file = try bench.folder.write([1], to: "file")
    let outcome = try export(bench, "--output", "\(file)/model")
    #expect(outcome.exitCode == 74)
    #expect(outcome.errors.contains(file), "\(outcome)")
    #expect(outcome.errors.contains("--output"))
  }

  @Test(
    .enabled(if: Python.hasONNXRuntime, Python.absence), arguments: ["pixels", "normalized"],
    ["int8", "fp32"])
  func `onnxruntime sees the same as tl`(input: String, precision: String) throws {
    let bench = try Workbench()
    #expect(try bench.start("--precision", precision, "--epochs", "20").exitCode == 0)
    let outcome = try export(bench, "--input", input, "--check", bench.photographs)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("the same class for"))
  }
}

/// A Python with what the exported model is compared with.
private enum Python {
  static let absence: Comment = "skipped: no Python with onnxruntime and numpy; set TL_PYTHON"

  static let hasONNXRuntime: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let python = ProcessInfo.processInfo.environment["TL_PYTHON"] ?? "python3"
    process.arguments = [python, "-c", "import numpy, onnxruntime"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()
}
