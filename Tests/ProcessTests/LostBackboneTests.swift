import Foundation
import MobileNet
import TestSupport
import Testing

/// A run whose `backbone.bin` is lost: what can be done, by whether this `tl` can make it again.
@Suite(.serialized) struct LostBackboneTests {
  private static let said =
    "int8-\(QuantizedBackbone.version) scales-\(StandardizedBackbone.version)"

  private static func lose(_ bench: Workbench) throws {
    try FileManager.default.removeItem(atPath: "\(bench.runsFolder)/run/backbone.bin")
  }

  /// Has the run's configuration say otherwise how its backbone was made, and have another digest, as if this
  /// `tl` rounded otherwise than the one that began the run.
  ///
  /// - Parameter preparation: nil for none.
  private static func pretend(_ bench: Workbench, _ preparation: String?) throws {
    let path = "\(bench.runsFolder)/run/config.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let line = "  \"backbone_preparation\": \"\(said)\",\n"
    try #require(text.contains(line), "\(text)")
    let digest = String(repeating: "5", count: 64)
    try text.replacing(line, with: preparation.map { line.replacing(said, with: $0) } ?? "")
      .replacing(/"backbone_sha256": "[0-9a-f]+"/, with: "\"backbone_sha256\": \"\(digest)\"")
      .write(toFile: path, atomically: true, encoding: .utf8)
  }

  private static func outcomes(_ bench: Workbench) throws -> [RunningCommand.Outcome] {
    let run = ["--run", "run", "--runs", bench.runsFolder]
    let photograph = try bench.classFolders()[0] + "/000.jpg"
    return try [
      ["predict", photograph] + run, ["evaluate", bench.photographs] + run, ["export"] + run,
      ["suspects"] + run, ["serve"] + run, ["explain", photograph] + run,
    ].map { try RunningCommand.run("tl-coord", $0) } + [bench.start(run: "next", "--from", "run")]
  }

  @Test func `of a run of this tl it is written anew`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let files = try bench.files()
    try Self.lose(bench)
    for outcome in try Self.outcomes(bench) {
      expectFailure(
        outcome, 74, "can't read the backbone of run 'run'",
        "write it anew: 'tl-coord start --run run --resume'")
      #expect(!outcome.errors.contains("copy"), "\(outcome)")
    }
    #expect(try bench.start("--resume").exitCode == 0)
    #expect(try bench.files()["backbone.bin"] == files["backbone.bin"])
  }

  @Test func `of a run whose tl rounded otherwise only a copy helps, which is said at once`() throws
  {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    try Self.pretend(bench, "int8-1 scales-\(StandardizedBackbone.version)")
    try Self.lose(bench)
    for outcome in try Self.outcomes(bench) {
      expectFailure(
        outcome, 74, "put it back from a copy: this tl can't make it again", "trained anew",
        "\(bench.runsFolder)/run/config.json")
      #expect(!outcome.errors.contains("--resume"), "\(outcome)")
    }
    expectFailure(
      try bench.start("--resume"), 78, "run 'run' can't go on",
      "backbone.bin is missing or damaged",
      "this tl can't make it again", "Put backbone.bin back from a copy, or train anew")
  }

  @Test func `of a run that doesn't say both are named, and resuming tells`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    try Self.pretend(bench, nil)
    try Data("else".utf8).write(to: URL(filePath: "\(bench.runsFolder)/run/backbone.bin"))
    for outcome in try Self.outcomes(bench) {
      expectFailure(
        outcome, 65, "backbone.bin is damaged",
        "put it back from a copy, or have it written anew: 'tl-coord start --run run --resume'",
        "where an earlier tl began the run")
    }
    expectFailure(
      try bench.start("--resume"), 78, "run 'run' can't go on", "this tl makes another of",
      "Put backbone.bin back from a copy, or train anew")
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "run", "--runs", bench.runsFolder])
    expectFailure(verified, 65, "the backbone is not the one", "backbone.bin is missing or damaged")
  }

  @Test func `of another network than it was the right one is asked for`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    try Self.lose(bench)
    let other = try bench.folder.write(TinyModel.onnx(seed: 2), to: "other.onnx")
    expectFailure(
      try bench.start(backbone: other, "--resume"), 78, "other.onnx is another network than it was",
      "--backbone")
  }

  @Test func `a run that started from another has a copy there`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    #expect(try bench.start(run: "next", "--from", "run").exitCode == 0)
    let own = "\(bench.runsFolder)/next/backbone.bin"
    let copy = "\(bench.runsFolder)/run/backbone.bin"
    try FileManager.default.removeItem(atPath: own)
    let photograph = try bench.classFolders()[0] + "/000.jpg"
    func predict() throws -> RunningCommand.Outcome {
      try RunningCommand.run(
        "tl-coord", ["predict", photograph, "--run", "next", "--runs", bench.runsFolder])
    }
    expectFailure(try predict(), 74, "put it back from a copy, such as that of run 'run'")
    try FileManager.default.copyItem(atPath: copy, toPath: own)
    #expect(try predict().exitCode == 0)
  }
}
