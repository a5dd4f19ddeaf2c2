import Foundation
import RunFiles
import TestSupport
import Testing

/// The page and the pictures that a run leaves, through the real commands.
@Suite(.serialized) struct ReportCommandTests {
  private static let names = ["curves.png", "predictions.png", "report.html"]

  private func folder(_ bench: Workbench) -> String { "\(bench.runsFolder)/run" }

  private func page(_ bench: Workbench) throws -> String {
    try String(contentsOfFile: folder(bench) + "/report.html", encoding: .utf8)
  }

  private func report(
    _ bench: Workbench, _ arguments: String..., environment: [String: String] = [:]
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", ["report", "--run", "run", "--runs", bench.runsFolder] + arguments,
      environment: environment)
  }

  private func removeReport(_ bench: Workbench) throws {
    for name in Self.names {
      try FileManager.default.removeItem(atPath: "\(folder(bench))/\(name)")
    }
  }

  /// Right and all validation photographs, as the page counts them.
  private func counts(_ page: String) throws -> (correct: Int, all: Int) {
    let match = try #require(page.firstMatch(of: /classified correctly: (\d+) of (\d+)\./))
    return (try #require(Int(match.1)), try #require(Int(match.2)))
  }

  @Test func `a run is written for TensorBoard along and anew`() throws {
    func names(_ bench: Workbench) throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: folder(bench) + "/tensorboard").sorted()
        .filter { $0.contains("/events.out.tfevents.") }
        .map { String($0.prefix { $0 != "/" }) }
    }
    let bench = try Workbench()
    let outcome = try bench.start("--tensorboard")
    #expect(outcome.exitCode == 0 && outcome.output.contains("tensorboard --logdir"), "\(outcome)")
    // The pictures come after the end, in a file of their own.
    #expect(try names(bench) == ["training", "validation", "validation"])
    #expect(try report(bench, "--tensorboard").exitCode == 0)
    #expect(try names(bench) == ["training", "validation"])
  }

  @Test func `a run ends with a report that counts what the run counted`() throws {
    let bench = try Workbench()
    let environment = ["TL_CACHE": bench.folder.path + "/cache"]
    let outcome = try RunningCommand.run(
      "tl-coord",
      [
        "start", "--data", bench.photographs, "--backbone", bench.backbone, "--runs",
        bench.runsFolder, "--run", "run", "--epochs", "2", "--batch-size", "8", "--listen",
        "127.0.0.1:0", "--progress", "plain",
      ], environment: environment)
    #expect(outcome.exitCode == 0 && outcome.output.contains("report.html"), "\(outcome)")
    #expect(outcome.errors.isEmpty, "\(outcome)")
    let first = try page(bench)
    // All features are kept, so the others have been asked.
    #expect(first.contains("<h2>Doubtful labels</h2>"))
    let (correct, all) = try counts(first)
    #expect(all == 9)
    var reader = ProgressReader(path: folder(bench) + "/progress.jsonl")
    let results = try reader.next().compactMap { line in
      if case .finished(let result) = line.event { result } else { nil }
    }
    #expect(results.last?.validationAccuracy == Double(correct) / Double(all))
    let evaluated = try RunningCommand.run(
      "tl-coord",
      ["evaluate", bench.photographs, "--run", "run", "--runs", bench.runsFolder, "--json"])
    #expect(evaluated.output.contains("\"correct\": \(correct),"), "\(evaluated)")

    // From what the store keeps, and from the photographs alone, it is the same page to the byte.
    for environment in [environment, ["TL_CACHE": "off"]] {
      try removeReport(bench)
      let again = try report(bench, environment: environment)
      #expect(again.exitCode == 0 && again.output == folder(bench) + "/report.html\n", "\(again)")
      #expect(try page(bench) == first)
    }
    for name in Self.names.dropLast() {
      let bytes = try #require(FileManager.default.contents(atPath: "\(folder(bench))/\(name)"))
      #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }

  @Test func `copies of a photograph count, and are shown once`() throws {
    let bench = try Workbench()
    // Three contents of each class, ten times each: one of them validates.
    for folder in try bench.classFolders() {
      for number in 3..<10 {
        let path = "\(folder)/00\(number).jpg"
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: "\(folder)/00\(number % 3).jpg", toPath: path)
      }
    }
    #expect(try bench.start().exitCode == 0)
    let page = try page(bench)
    #expect(try counts(page).all > 3)
    #expect(page.contains("3 of \(try counts(page).all) validation photographs, drawn at random"))
    #expect(page.contains("photographs are copies of others in their class"))
  }

  @Test func `photographs that have gone since are missed aloud`() throws {
    let bench = try Workbench()
    let cache = ["TL_CACHE": bench.folder.path + "/cache"]
    #expect(try bench.start("--cache", bench.folder.path + "/cache").exitCode == 0)
    let (correct, all) = try counts(page(bench))
    let moved = bench.photographs + "-moved"
    try FileManager.default.moveItem(atPath: bench.photographs, toPath: moved)
    // A page that has them isn't replaced by one without.
    let shown = try page(bench)
    for environment in [cache, [:]] {
      expectFailure(
        try report(bench, environment: environment), 65, "none of the photographs", "--data DIR")
      #expect(try page(bench) == shown)
    }
    expectFailure(
      try report(bench, "--data", "nowhere", environment: cache), 65, "no folder 'nowhere'")
    // Their features are kept: they are classified, and can't be shown.
    try removeReport(bench)
    let without = try report(bench, environment: cache)
    #expect(
      without.exitCode == 0 && without.errors.contains("any more; '--data DIR'"), "\(without)")
    #expect(try counts(page(bench)) == (correct, all))
    #expect(try page(bench).contains("have gone or changed since the run"))
    #expect(try !page(bench).contains("data:image"))
    // From their new place they are.
    #expect(try report(bench, "--data", moved, environment: cache).exitCode == 0)
    #expect(try page(bench).contains("data:image"))
    #expect(try !page(bench).contains("have gone or changed"))
    // Neither photographs nor features.
    try removeReport(bench)
    #expect(try report(bench).exitCode == 0)
    #expect(try page(bench).contains("9 validation photographs could not be classified"))
    #expect(try page(bench).contains("<polyline"))
  }

  @Test func `a report that can't be written costs nothing but itself`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    try removeReport(bench)
    let place = folder(bench) + "/report.html"
    try FileManager.default.createDirectory(
      atPath: place + "/in the way", withIntermediateDirectories: true)
    let resumed = try bench.start("--resume")
    #expect(resumed.exitCode == 0 && resumed.output.contains("Finished"), "\(resumed)")
    #expect(resumed.errors.contains("warning: the report can't be written: "), "\(resumed)")
    #expect(resumed.errors.contains("tl-coord report --run"), "\(resumed)")
    #expect(!resumed.output.contains("report.html"), "\(resumed)")
    expectFailure(try report(bench), 74, "report.html", "make room there")
    try FileManager.default.removeItem(atPath: place)
    #expect(try bench.start("--resume").exitCode == 0)
    _ = try counts(page(bench))
  }

  @Test func `a run without a checkpoint has its curves, and one that stopped says so`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let log = folder(bench) + "/progress.jsonl"
    let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    try (lines.filter { !$0.contains("\"finished\"") }.joined(separator: "\n") + "\n")
      .write(toFile: log, atomically: true, encoding: .utf8)
    #expect(try report(bench).exitCode == 0)
    #expect(try page(bench).contains("The run stopped before its end"))
    #expect(try page(bench).contains("newest checkpoint, after 9 of 9 steps"))
    for path in try bench.checkpoints() { try FileManager.default.removeItem(atPath: path) }
    #expect(try report(bench).exitCode == 0)
    #expect(try page(bench).contains("has no checkpoint yet"))
    #expect(try page(bench).contains("<polyline"))
    expectFailure(
      try RunningCommand.run("tl-coord", ["report", "--run", "no", "--runs", bench.runsFolder]),
      64, "there is no run 'no'")
  }
}
