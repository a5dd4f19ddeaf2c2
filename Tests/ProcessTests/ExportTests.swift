import Foundation
import TestSupport
import Testing

/// What people take away of a run, through the real command.
@Suite(.serialized) struct ExportTests {
  private func export(_ bench: Workbench, _ arguments: String...) throws -> RunningCommand.Outcome {
    // Other variables of this kind are kept from commands under test.
    let python = ProcessInfo.processInfo.environment["TL_PYTHON"]
    return try RunningCommand.run(
      "tl-coord", ["export", "--runs", bench.runsFolder, "--run", "run"] + arguments,
      environment: python.map { ["TL_PYTHON": $0] } ?? [:])
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
    .enabled(
      if: InstalledProgram.python(with: "numpy", "onnxruntime") != nil,
      "skipped: no Python with onnxruntime and numpy; set TL_PYTHON"),
    arguments: ["pixels", "normalized"],
    [("int8", "Clip"), ("int8", "HardSwish"), ("fp32", "Clip"), ("fp32", "HardSwish")])
  func `onnxruntime sees the same as tl`(
    input: String, form: (precision: String, activation: String)
  ) throws {
    let bench = try Workbench()
    let backbone = try bench.folder.write(
      TinyModel.model(seed: 1, activation: form.activation).encoded(), to: "other.onnx")
    let run = try bench.start(
      backbone: backbone, "--precision", form.precision, "--preprocess", "inception", "--epochs",
      "20")
    #expect(run.exitCode == 0, "\(run)")
    let outcome = try export(bench, "--input", input, "--check", bench.photographs)
    #expect(outcome.exitCode == 0, "\(outcome)")
    // With its optimizations and without.
    let count = Workbench.classCount * Workbench.photographsPerClass
    let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("onnxruntime") }
    #expect(lines.count == 2)
    for line in lines {
      #expect(line.contains("the same class for \(count) of \(count) photographs"), "\(line)")
      let difference = line.split(separator: " ").last.flatMap { Double($0) }
      #expect((difference ?? 1) < 0.02, "\(line)")
    }
  }
}
