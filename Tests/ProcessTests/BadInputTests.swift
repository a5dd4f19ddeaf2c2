import Foundation
import ONNX
import RunFiles
import TestSupport
import Testing

/// Whatever is wrong with what people give, they are told what it is and what to do, by the right
/// exit code, and nothing is lost.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct BadInputTests {
  let cluster: Cluster

  init() throws {
    cluster = try Cluster()
  }

  /// Starts a run with a local worker on other data or another backbone, to its end.
  private func start(
    data: String? = nil, backbone: String? = nil, run: String = "bad", _ arguments: [String] = []
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord",
      [
        "start", "--data", data ?? cluster.photographs, "--backbone", backbone ?? cluster.backbone,
        "--runs", cluster.runsFolder, "--run", run, "--epochs", "2", "--batch-size", "8",
        "--listen", "127.0.0.1:0", "--local-workers", "1", "--progress", "json",
      ] + arguments)
  }

  private func expect(
    _ outcome: RunningCommand.Outcome, _ exitCode: Int32, naming texts: String...,
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.exitCode == exitCode, "\(outcome)", sourceLocation: location)
    for text in texts {
      #expect(outcome.errors.contains(text), "\(outcome)", sourceLocation: location)
    }
  }

  // MARK: Folders

  @Test func `a missing folder`() throws {
    expect(try start(data: "/nowhere/photographs"), 65, naming: "/nowhere/photographs")
  }

  @Test func `a folder without classes, and with one class`() throws {
    expect(try start(data: "\(cluster.photographs)/amber"), 65, naming: "subfolder")
    try FileManager.default.removeItem(atPath: "\(cluster.photographs)/blue")
    try FileManager.default.removeItem(atPath: "\(cluster.photographs)/crimson")
    expect(try start(), 65, naming: "single class", "amber")
    #expect(!FileManager.default.fileExists(atPath: "\(cluster.runsFolder)/bad"))
  }

  @Test func `an empty class`() throws {
    try FileManager.default.createDirectory(
      atPath: "\(cluster.photographs)/empty", withIntermediateDirectories: true)
    expect(try start(), 65, naming: "empty")
  }

  // MARK: Photographs

  private var photograph: [UInt8] {
    get throws { try cluster.folder.read("photographs/amber/000.jpg") }
  }

  /// A JPEG whose header says that it is 65,500 pixels wide and high.
  private func giant() throws -> [UInt8] {
    var bytes = try photograph
    let marker = try #require(
      bytes.indices.dropLast(9).first { bytes[$0] == 0xff && bytes[$0 + 1] == 0xc0 })
    for (place, byte) in [0xff, 0xdc, 0xff, 0xdc].enumerated() {
      bytes[marker + 5 + place] = UInt8(byte)
    }
    return bytes
  }

  @Test func `a text file named .jpg and a PNG named .jpg don't stop a run`() throws {
    try cluster.folder.write(Array("no photograph".utf8), to: "photographs/amber/text.jpg")
    let outcome = try start()
    expect(outcome, 0)
    #expect((outcome.errors + outcome.output).contains("text.jpg"), "\(outcome)")
  }

  @Test func `a photograph that can't be decoded is skipped and named`() throws {
    try cluster.folder.write(
      Array(try photograph.prefix(600)), to: "photographs/amber/truncated.jpg")
    let outcome = try start()
    expect(outcome, 0)
    #expect((outcome.errors + outcome.output).contains("truncated.jpg"), "\(outcome)")
  }

  @Test func `more than one in a hundred stop the run, unless they are accepted`() throws {
    try cluster.folder.write(
      Array(try photograph.prefix(600)), to: "photographs/amber/truncated.jpg")
    try cluster.folder.write(try giant(), to: "photographs/blue/giant.jpg")
    expect(try start(), 65, naming: "--allow-undecodable")
    expect(try start(run: "accepted", ["--allow-undecodable"]), 0)
  }

  // MARK: Backbones

  @Test func `a missing, a truncated and a senseless backbone`() throws {
    expect(try start(backbone: "/nowhere/network.onnx"), 65, naming: "/nowhere/network.onnx")
    let bytes = try cluster.folder.read("backbone.onnx")
    for (name, content) in [
      ("truncated", Array(bytes.prefix(bytes.count / 2))), ("empty", []),
      ("text", Array("no network".utf8)),
    ] {
      let path = try cluster.folder.write(content, to: "\(name).onnx")
      expect(try start(backbone: path), 65, naming: "\(name).onnx")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(cluster.runsFolder)/bad"))
  }

  @Test func `an operation that isn't supported`() throws {
    var model = TinyModel.model(seed: 1)
    model.nodes[1].opType = "LSTM"
    let path = try cluster.folder.write(model.encoded(), to: "lstm.onnx")
    expect(try start(backbone: path), 65, naming: "LSTM")
  }

  // MARK: Options

  @Test(arguments: [
    (["--learning-rate", "-1"], "--learning-rate"), (["--epoch", "3"], "--epochs"),
    (["--batch-size", "0"], "--batch-size"), (["--validation", "1.5"], "--validation"),
    (["--listen", "nowhere"], "--listen"),
  ])
  func `a wrong option`(arguments: [String], name: String) throws {
    expect(try start(arguments), 64, naming: name)
  }

  @Test func `unknown instructions in the environment`() throws {
    let outcome = try RunningCommand.run(
      "tl-worker", ["join", "127.0.0.1:1"], environment: ["TL_KERNELS": "abacus"])
    expect(outcome, 64, naming: "abacus", "TL_KERNELS")
  }

  // MARK: Checkpoints

  @Test func `a damaged checkpoint is passed over for an older one`() throws {
    let expected = try cluster.startCoordinator(run: "good", ["--local-workers", "1"], epochs: 6)
      .finishedHead()
    let interrupted = try cluster.startCoordinator(
      run: "damaged", ["--local-workers", "1"], epochs: 6)
    _ = try interrupted.finishedHead()
    let folder = try RunDirectory(root: cluster.runsFolder, name: "damaged").checkpoints
    let newest = try folder.file(step: #require(folder.steps().last))
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: newest)))
    try Data(bytes.prefix(bytes.count - 7)).write(to: URL(filePath: newest))
    let resumed = try cluster.startCoordinator(
      run: "damaged", ["--resume", "--local-workers", "1"], epochs: 6)
    #expect(try resumed.finishedHead() == expected)
    #expect(resumed.command.text.contains("passed over"))
  }

  @Test func `a run isn't continued with other data, another backbone or other options`() throws {
    expect(try start(run: "mine"), 0)
    let other = try cluster.folder.write(TinyModel.onnx(seed: 2), to: "other.onnx")
    expect(try start(backbone: other, run: "mine", ["--resume"]), 78, naming: "backbone")
    expect(try start(run: "mine", ["--resume", "--seed", "7"]), 78, naming: "seed")
    let path = "\(cluster.photographs)/amber/000.jpg"
    try FileManager.default.removeItem(atPath: path)
    expect(try start(run: "mine", ["--resume"]), 78, naming: "manifest")
    expect(try start(run: "mine"), 73, naming: "mine")
  }
}
