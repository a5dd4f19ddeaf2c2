import Foundation
import TestSupport
import Testing

/// Datasets that come split into training, validation and test, tried with real commands.
@Suite(.serialized) struct SplitDatasetTests {
  /// Moves the last photographs of each class into folders beside `train`.
  private func split(_ bench: Workbench, _ parts: [(name: String, count: Int)]) throws -> String {
    let manager = FileManager.default
    let root = bench.folder.path + "/split"
    for folder in try bench.classFolders() {
      let name = URL(filePath: folder).lastPathComponent
      var files = try manager.contentsOfDirectory(atPath: folder).sorted()
      for part in parts {
        let target = "\(root)/\(part.name)/\(name)"
        try manager.createDirectory(atPath: target, withIntermediateDirectories: true)
        for file in files.prefix(part.count) {
          try manager.copyItem(atPath: "\(folder)/\(file)", toPath: "\(target)/\(file)")
        }
        files.removeFirst(part.count)
      }
    }
    return root
  }

  @Test func `a split folder trains on the first part and validates on the second`() throws {
    let bench = try Workbench()
    let data = try split(bench, [("Training Data", 6), ("Validation Data", 2), ("Test Data", 2)])
    let outcome = try bench.start(data: data)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("3 classes (amber, blue, crimson)"), "\(outcome)")
    #expect(
      outcome.output.contains("18 to train on, 6 to validate with, 6 to test with at the end"),
      "\(outcome)")
    #expect(outcome.output.contains("Of the 6 test photographs"), "\(outcome)")
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "run", "--runs", bench.runsFolder])
    #expect(verified.exitCode == 0 && verified.output.contains("Sound"), "\(verified)")
  }

  @Test func `the test is in the log, is measured again on resume, and is verified`() throws {
    let bench = try Workbench()
    let data = try split(bench, [("train", 6), ("val", 2), ("test", 2)])
    #expect(try bench.start(data: data).exitCode == 0)
    let path = bench.runsFolder + "/run/progress.jsonl"
    func test() throws -> Substring {
      let line = try #require(
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").last)
      let start = try #require(line.firstRange(of: "\"test_samples\""))
      let end = try #require(line.firstRange(of: ",\"head_sha256\""))
      return line[start.lowerBound..<end.lowerBound]
    }
    let first = try test()
    #expect(first.contains("\"test_samples\":6") && first.contains("test_balanced_accuracy"))
    #expect(try bench.start(data: data, "--resume").exitCode == 0)
    #expect(try test() == first)
    let status = try RunningCommand.run(
      "tl-coord", ["status", "run", "--runs", bench.runsFolder, "--json"])
    #expect(!status.output.contains("\"test_accuracy\": null"), "\(status)")

    let evaluated = try RunningCommand.run(
      "tl-coord", ["evaluate", data, "--run", "run", "--runs", bench.runsFolder])
    for line in [
      "trained on 18 of these 30", "Of the 18 that it was trained on: ",
      "Of the 6 that it was validated with: ", "Of the 6 that it was tested with at the end: ",
    ] { #expect(evaluated.output.contains(line), "\(evaluated)") }

    let verify = ["verify", "--run", "run", "--runs", bench.runsFolder]
    #expect(try RunningCommand.run("tl-coord", verify).exitCode == 0)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let start = try #require(text.range(of: "\"test_accuracy\":", options: .backwards))
    let end = try #require(text[start.upperBound...].firstIndex(of: ","))
    try text.replacingCharacters(in: start.upperBound..<end, with: "0.123")
      .write(toFile: path, atomically: true, encoding: .utf8)
    let outcome = try RunningCommand.run("tl-coord", verify)
    #expect(outcome.exitCode == 65 && outcome.errors.contains("test_accuracy"), "\(outcome)")
  }

  @Test func `classes of which nothing validates or tests are told of wherever figures are`() throws
  {
    let bench = try Workbench()
    let data = try split(bench, [("train", 6), ("val", 2), ("test", 2)])
    try FileManager.default.removeItem(atPath: data + "/val/amber")
    try FileManager.default.removeItem(atPath: data + "/test/blue")
    let outcome = try bench.start(data: data)
    #expect(outcome.exitCode == 0, "\(outcome)")
    for (name, part, verb) in [("amber", "validation", "validates"), ("blue", "test", "tests")] {
      let sentence = "o photograph of \(name) \(verb): the \(part) accuracy says nothing of it"
      // At the beginning and at the end.
      #expect(outcome.output.components(separatedBy: sentence).count == 3, "\(outcome)")
      let report = try String(
        contentsOfFile: bench.runsFolder + "/run/report.html", encoding: .utf8)
      #expect(report.contains("<p class=\"notice\">N\(sentence).</p>"))
    }
    let log = try String(contentsOfFile: bench.runsFolder + "/run/progress.jsonl", encoding: .utf8)
    #expect(log.contains(#""unvalidated_classes":["amber"],"untested_classes":["blue"]"#))
  }

  @Test func `folders that are taken for classes and may be none are doubted`() throws {
    let bench = try Workbench()
    let data = try split(bench, [("sunny", 6), ("rainy", 4)])
    let doubt = "rainy, sunny are taken for the classes"
    #expect(try bench.start(data: data).output.contains(doubt))
    let sure = try bench.start(data: data, run: "sure", "--layout", "classes")
    #expect(sure.exitCode == 0 && !sure.output.contains(doubt), "\(sure)")
  }

  @Test func `parts in folders of their own give the same run`() throws {
    let bench = try Workbench()
    let data = try split(bench, [("train", 7), ("val", 3)])
    let whole = try bench.start(data: data)
    let apart = try bench.start(
      data: data + "/train", run: "apart", "--data-validation", data + "/val")
    #expect(whole.exitCode == 0 && apart.exitCode == 0, "\(whole) \(apart)")
    func head(_ outcome: RunningCommand.Outcome) -> Substring? {
      outcome.output.split(separator: "\n").first { $0.hasPrefix("Head ") }
    }
    #expect(head(whole) != nil && head(whole) == head(apart))
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "apart", "--runs", bench.runsFolder])
    #expect(verified.exitCode == 0, "\(verified)")
  }

  @Test func `a photograph that also validates is left out of training and named`() throws {
    let bench = try Workbench()
    let data = try split(bench, [("train", 7), ("val", 3)])
    let file = try #require(
      try FileManager.default.contentsOfDirectory(atPath: data + "/val/amber").first)
    try FileManager.default.copyItem(
      atPath: "\(data)/val/amber/\(file)", toPath: "\(data)/train/amber/leak.jpg")
    let outcome = try bench.start(data: data)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("train/amber/leak.jpg is left out"), "\(outcome)")
    #expect(outcome.output.contains("21 to train on, 9 to validate with"), "\(outcome)")
    expectFailure(
      try bench.start(data: data, run: "strict", "--strict-data"), 65, "train/amber/leak.jpg")
  }

  @Test func `folders that may be classes or parts are asked about`() throws {
    let bench = try Workbench()
    let folders = try bench.classFolders()
    let data = bench.folder.path + "/unclear"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: folders[0], toPath: data + "/train")
    try FileManager.default.copyItem(atPath: folders[1], toPath: data + "/test")
    expectFailure(try bench.start(data: data), 65, "--layout classes", "--data-validation")
    let outcome = try bench.start(data: data, "--layout", "classes")
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("2 classes (test, train)"), "\(outcome)")
  }

  @Test func `labels may come from a file, and parts with them`() throws {
    let bench = try Workbench()
    let manager = FileManager.default
    let flat = bench.folder.path + "/flat"
    try manager.createDirectory(atPath: flat, withIntermediateDirectories: true)
    var lines = ["image,label,split"]
    for folder in try bench.classFolders() {
      let name = URL(filePath: folder).lastPathComponent
      for (number, file) in try manager.contentsOfDirectory(atPath: folder).sorted().enumerated() {
        try manager.copyItem(atPath: "\(folder)/\(file)", toPath: "\(flat)/\(name)-\(file)")
        lines.append("\(name)-\(file),\(name),\(["train", "train", "val", "test"][number % 4])")
      }
    }
    expectFailure(try bench.start(data: flat), 65, "--labels")
    let labels = try bench.folder.write(
      Array(lines.joined(separator: "\n").utf8), to: "labels.csv")
    let outcome = try bench.start(data: flat, "--labels", labels)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(
      outcome.output.contains("18 to train on, 6 to validate with, 6 to test"), "\(outcome)")
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "run", "--runs", bench.runsFolder])
    #expect(verified.exitCode == 0, "\(verified)")
    let evaluated = try RunningCommand.run(
      "tl-coord",
      ["evaluate", flat, "--labels", labels, "--run", "run", "--runs", bench.runsFolder])
    #expect(evaluated.output.contains("trained on 18 of these 30 photographs"), "\(evaluated)")
  }

  @Test func `a list may say with True and False what validates`() throws {
    let bench = try Workbench()
    var lines = ["file,label,is_valid"]
    for folder in try bench.classFolders() {
      let name = URL(filePath: folder).lastPathComponent
      for (number, file) in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        .enumerated()
      { lines.append("\(name)/\(file),\(name),\(number < 8 ? "False" : "True")") }
    }
    let labels = try bench.folder.write(
      Array(lines.joined(separator: "\n").utf8), to: "labels.csv")
    let root = URL(filePath: try bench.classFolders()[0]).deletingLastPathComponent().path
    let outcome = try bench.start(data: root, "--labels", labels)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("24 to train on, 6 to validate with"), "\(outcome)")
    #expect(outcome.output.contains("'is_valid' says what validates"), "\(outcome)")
  }

  @Test func `weighted classes give a head of their own, which audits and verify confirm`() throws {
    let bench = try Workbench()
    let first = try bench.classFolders()[0]
    for file in try FileManager.default.contentsOfDirectory(atPath: first).sorted().prefix(8) {
      try FileManager.default.removeItem(atPath: "\(first)/\(file)")
    }
    let plain = try bench.start()
    #expect(
      plain.output.contains("the classes differ much in size (amber 2, blue 10)"), "\(plain)")
    let weighted = try bench.start(run: "weighted", "--class-weights", "balanced", "--audit", "1")
    func head(_ outcome: RunningCommand.Outcome) -> Substring? {
      outcome.output.split(separator: "\n").first { $0.hasPrefix("Head ") }
    }
    #expect(head(plain) != nil && head(weighted) != nil && head(plain) != head(weighted))
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "weighted", "--runs", bench.runsFolder])
    #expect(verified.exitCode == 0, "\(verified)")
    let many = try bench.start(
      run: "many", "--class-weights", "balanced", "--local-workers", "3")
    #expect(head(many) == head(weighted))
  }
}
