import Foundation
import ONNX
import TestSupport
import Testing

/// What a backbone's file leaves open: its input's size, and how photographs become its input.
@Suite(.serialized) struct BackboneInputTests {
  private let bench: Workbench

  init() throws { bench = try Workbench() }

  /// The tiny model as others would have exported it.
  private func backbone(_ change: (inout OnnxModel) -> Void) throws -> String {
    var model = TinyModel.model(seed: 1)
    change(&model)
    return try bench.folder.write(model.encoded(), to: "open.onnx")
  }

  /// The line that names the classifier.
  private func head(_ outcome: RunningCommand.Outcome) throws -> Substring {
    try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("Head ") })
  }

  private func said(_ outcome: RunningCommand.Outcome) -> String { outcome.output + outcome.errors }

  @Test func `a size that the file leaves free is said with --input-size and stays the run's`()
    throws
  {
    let open = try backbone { model in
      model.inputs[0].dimensions = [.named("n"), .fixed(3), .named("height"), .named("width")]
    }
    expectFailure(
      try bench.start(backbone: open), 65, "leaves the height and width", "--input-size")
    let trained = try bench.start(backbone: open, run: "sized", "--input-size", "32")
    #expect(trained.exitCode == 0, "\(trained)")
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "sized", "--runs", bench.runsFolder, "--threads", "1"])
    #expect(verified.exitCode == 0, "\(verified)")
    let predicted = try RunningCommand.run(
      "tl-coord", ["predict", bench.photographs, "--run", "sized", "--runs", bench.runsFolder])
    #expect(predicted.exitCode == 0, "\(predicted)")
    expectFailure(
      try bench.start(backbone: open, run: "sized", "--resume", "--input-size", "48"), 78, "32",
      "48")
    // The same network with its size in the file gives the same classifier.
    let fixed = try bench.start(run: "fixed")
    #expect(try head(trained) == head(fixed))
  }

  @Test func `a size that the file says itself isn't changed`() throws {
    expectFailure(try bench.start("--input-size", "48"), 65, "--input-size", "32")
  }

  @Test func `how photographs become input is tried out once, and said`() throws {
    let silent = try backbone { $0.metadata = [] }
    let photographs = try TestPhotographs.write(
      into: bench.folder, subfolder: "many", classCount: 3, countPerClass: 20)
    let trained = try bench.start(data: photographs, backbone: silent)
    #expect(trained.exitCode == 0, "\(trained)")
    #expect(
      said(trained).contains("doesn't say how photographs become its input. Heads fitted to"),
      "\(trained)")
    for way in ["inception", "imagenet", "unit", "raw"] {
      #expect(said(trained).contains("\(way) "), "\(trained)")
    }
    let resumed = try bench.start(data: photographs, backbone: silent, "--resume")
    #expect(resumed.exitCode == 0, "\(resumed)")
    #expect(!said(resumed).contains("Heads fitted to"), "\(resumed)")
    let told = try bench.start(
      data: photographs, backbone: silent, run: "told", "--preprocess", "unit")
    #expect(told.exitCode == 0 && !said(told).contains("Heads fitted to"), "\(told)")
  }

  @Test func `with too few photographs for a trial the usual way is taken, and said`() throws {
    let silent = try backbone { $0.metadata = [] }
    let photographs = try TestPhotographs.write(
      into: bench.folder, subfolder: "few", classCount: 2, countPerClass: 4)
    let trained = try bench.start(data: photographs, backbone: silent)
    #expect(trained.exitCode == 0, "\(trained)")
    #expect(said(trained).contains("too few of them to try it out"), "\(trained)")
  }
}
