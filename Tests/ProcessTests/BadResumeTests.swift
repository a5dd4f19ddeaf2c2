import Foundation
import RunFiles
import TestSupport
import Testing

/// What can't be resumed, and what is passed over.
@Suite(.serialized) struct BadResumeTests {
  @Test func `an existing run is not begun anew and loses nothing`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let before = try bench.files()
    expectFailure(try bench.start(), 73, "run 'run' exists", "--resume", "--run")
    #expect(try bench.files() == before)
  }

  @Test func `a name that no run has begins nothing and names the runs there are`() throws {
    let bench = try Workbench()
    #expect(try bench.start(run: "petals").exitCode == 0)
    expectFailure(
      try bench.start(run: "petal", "--resume"), 64, "there is no run 'petal'",
      "Did you mean 'petals'?", "The runs there are: petals.")
    #expect(!FileManager.default.fileExists(atPath: "\(bench.runsFolder)/petal"))
  }

  @Test func `resuming a finished run keeps its duration`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    func result() throws -> RunResult? {
      var reader = ProgressReader(path: "\(bench.runsFolder)/run/progress.jsonl")
      return Ledger(try reader.next()).finished
    }
    let first = try #require(try result())
    let again = try bench.start("--resume")
    #expect(
      again.exitCode == 0 && again.output.contains("It was trained to its end before"), "\(again)")
    #expect(
      again.output.contains("more than 3;") && again.output.contains("--from run"), "\(again)")
    #expect(!again.output.contains("Goes on after"), "\(again)")
    #expect(try result() == first)
  }

  @Test func `a second coordinator on the same run exits with 73`() throws {
    let bench = try Workbench()
    let first = try bench.startInBackground("--local-workers", "0")
    try first.waitForLine(containing: "tl-worker join ")
    expectFailure(try bench.start("--resume"), 73, "in use")
    expectFailure(try bench.start(), 73, "run 'run'")
    first.send(signal: SIGTERM)
    #expect(try first.waitForExit().exitCode == 75)
    // Once the first has let go, the run goes on.
    #expect(try bench.start("--resume").exitCode == 0)
  }

  @Test func `a damaged checkpoint is named and the one before it taken`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let head = try digest(bench)
    let newest = try #require(try bench.checkpoints().last)
    var bytes = try #require(FileManager.default.contents(atPath: newest))
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: URL(filePath: newest))
    let outcome = try bench.start("--resume")
    #expect(outcome.exitCode == 0, "\(outcome)")
    let name = try #require(newest.split(separator: "/").last)
    #expect(outcome.output.contains(name), "\(outcome)")
    #expect(outcome.output.contains("epoch 3/3") && !outcome.output.contains("epoch 2/3"))
    #expect(try digest(bench) == head)
  }

  @Test func `a damaged checkpoint that is asked for by name is refused`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let newest = try #require(try bench.checkpoints().last)
    let whole = try #require(FileManager.default.contents(atPath: newest))
    for bytes in [whole.dropLast(), whole.prefix(10), Data()] {
      let path = try bench.folder.write(Array(bytes), to: "damaged.safetensors")
      expectFailure(try bench.start("--resume", path), 65, "damaged.safetensors")
    }
    expectFailure(try bench.start("--resume", "nowhere.safetensors"), 74, "nowhere.safetensors")
    #expect(try bench.checkpoints().last == newest)
  }

  @Test func `another dataset, backbone or option can't continue a run`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let before = try bench.files()
    let photographs = try TestPhotographs.write(
      into: bench.folder, subfolder: "others", classCount: 3, countPerClass: 10, seed: 5)
    expectFailure(
      try bench.start(data: photographs, "--resume"), 78, "30 are changed (amber/000.jpg")
    try FileManager.default.removeItem(atPath: photographs + "/amber/000.jpg")
    expectFailure(try bench.start(data: photographs, "--resume"), 78, "1 is gone")
    let backbone = try bench.folder.write(TinyModel.onnx(seed: 2), to: "other.onnx")
    expectFailure(try bench.start(backbone: backbone, "--resume"), 78, "backbone_sha256")
    expectFailure(try bench.start("--resume", "--seed", "7"), 78, "seed was 42 and is now 7")
    #expect(try bench.files() == before)
  }

  @Test func `a checkpoint of another run's dataset is refused`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let photographs = try TestPhotographs.write(
      into: bench.folder, subfolder: "others", classCount: 3, countPerClass: 10, seed: 5)
    #expect(try bench.start(data: photographs, run: "other").exitCode == 0)
    let foreign = try #require(try bench.checkpoints(ofRun: "other").first)
    expectFailure(try bench.start("--resume", foreign), 78, "another run", "manifest_sha256")
  }

  @Test func `a damaged configuration is named`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    try Data("{".utf8).write(to: URL(filePath: "\(bench.runsFolder)/run/config.json"))
    expectFailure(try bench.start("--resume"), 78, "config.json")
  }

  @Test func `resuming needs nothing but the word`() throws {
    let bench = try Workbench()
    let first = try bench.startInBackground("--local-workers", "0", "--seed", "9")
    try first.waitForLine(containing: "tl-worker join ")
    first.send(signal: SIGTERM)
    #expect(try first.waitForExit().exitCode == 75)
    let outcome = try RunningCommand.run(
      "tl-coord",
      ["start", "--resume", "--runs", bench.runsFolder, "--local-workers", "1"])
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("epoch 3/3"))
  }

  private func digest(_ bench: Workbench) throws -> String {
    let status = try RunningCommand.run(
      "tl-coord", ["status", "run", "--runs", bench.runsFolder, "--json"])
    let line = status.output.split(separator: "\n").first { $0.contains("head_sha256") }
    return String(try #require(line))
  }
}
