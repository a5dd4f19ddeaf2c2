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
    #expect(outcome.output.contains("18 to train on, 6 to validate with"), "\(outcome)")
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "run", "--runs", bench.runsFolder])
    #expect(verified.exitCode == 0 && verified.output.contains("Sound"), "\(verified)")
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
}
