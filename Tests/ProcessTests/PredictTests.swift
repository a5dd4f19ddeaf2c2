import Foundation
import TestSupport
import Testing

/// What people do with a finished run, through the real command.
@Suite(.serialized) struct PredictTests {
  @Test func `a classifier names what photographs show`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    let files = try photographs(bench)
    let outcome = try predict(bench, files)
    #expect(outcome.exitCode == 0, "\(outcome)")
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == files.count)
    for (file, line) in zip(files, lines) {
      #expect(line.hasPrefix("\(file): ") && line.contains(" %"), "\(line)")
    }
    // In the same order and with the same numbers, however many are asked for at a time.
    #expect(try predict(bench, [files[7]]).output == lines[7] + "\n")
    let json = try predict(bench, [files[0]], "--json", "--top", "2")
    let answers = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    let classes = try #require(answers.first?["classes"] as? [[String: Any]])
    #expect(classes.count == 2)
    let sum = classes.compactMap { $0["probability"] as? Double }.reduce(0, +)
    #expect(sum > 0.5 && sum <= 1)
  }

  @Test func `what is no photograph is named and the others are answered`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let letter = try bench.folder.write(Array("a letter".utf8), to: "letter.jpg")
    let good = try photographs(bench)[0]
    let outcome = try predict(bench, [letter, good, "nowhere.jpg"])
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("letter.jpg") && outcome.errors.contains("nowhere.jpg"))
    #expect(outcome.output.hasPrefix("\(good): "))
  }

  @Test func `a classifier is measured on labelled photographs`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    let outcome = try evaluate(bench, bench.photographs)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("of 30 photographs are classified correctly."), "\(outcome)")
    let json = try evaluate(bench, bench.photographs, "--json")
    let figures = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let confusion = try #require(figures["confusion"] as? [[Int]])
    #expect(confusion.map { $0.reduce(0, +) } == [10, 10, 10])
    #expect(figures["correct"] as? Int == (0..<3).reduce(0) { $0 + confusion[$1][$1] })
  }

  @Test func `a class that the classifier doesn't know is named`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let class0 = try bench.classFolders()[0]
    try FileManager.default.copyItem(atPath: class0, toPath: bench.photographs + "/weeds")
    for name in try FileManager.default.contentsOfDirectory(atPath: class0) {
      try FileManager.default.removeItem(atPath: "\(class0)/\(name)")
    }
    try FileManager.default.removeItem(atPath: class0)
    expectFailure(try evaluate(bench, bench.photographs), 65, "photographs of weeds")
  }

  @Test func `a damaged backbone is refused, and a run without a checkpoint has no classifier`()
    throws
  {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let photograph = try photographs(bench)[0]
    try Data(TinyModel.onnx(seed: 2)).write(
      to: URL(filePath: "\(bench.runsFolder)/run/backbone.bin"))
    expectFailure(try predict(bench, [photograph]), 65, "backbone.bin is damaged", "--resume")
    // Resuming a run that is done writes it anew.
    #expect(try bench.start("--resume").exitCode == 0)
    #expect(try predict(bench, [photograph]).exitCode == 0)
    for checkpoint in try bench.checkpoints() {
      try FileManager.default.removeItem(atPath: checkpoint)
    }
    expectFailure(try predict(bench, [photograph]), 65, "no checkpoint")
    expectFailure(
      try RunningCommand.run("tl-coord", ["predict", "--runs", bench.runsFolder]), 64, "IMAGE")
  }

  private func photographs(_ bench: Workbench) throws -> [String] {
    try bench.classFolders().flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
    }
  }

  private func predict(
    _ bench: Workbench, _ files: [String], _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", ["predict", "--run", "run", "--runs", bench.runsFolder] + arguments + files)
  }

  private func evaluate(
    _ bench: Workbench, _ folder: String, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", ["evaluate", folder, "--run", "run", "--runs", bench.runsFolder] + arguments)
  }
}
