import Foundation
import Images
import TestSupport
import Testing

/// What a run knows of its own certainty, through the real commands.
@Suite(.serialized) struct CalibrationTests {
  private func command(
    _ name: String, _ bench: Workbench, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", [name, "--run", "run", "--runs", bench.runsFolder] + arguments)
  }

  private func file(_ bench: Workbench) -> String {
    "\(bench.runsFolder)/run/calibration.safetensors"
  }

  /// By file: the predicted class and its probability.
  private func predictions(_ outcome: RunningCommand.Outcome) -> [String: (String, Double)] {
    var found: [String: (String, Double)] = [:]
    for line in outcome.output.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",").map(String.init)
      found[fields[0]] = (fields[1], Double(fields[2]) ?? .nan)
    }
    return found
  }

  @Test func `a run is calibrated at its end, which changes percentages and no prediction`() throws
  {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    let calibrated = try command("predict", bench, "--csv", "--top", "1", bench.photographs)
    #expect(calibrated.exitCode == 0 && calibrated.errors.isEmpty, "\(calibrated)")
    let kept = try #require(FileManager.default.contents(atPath: file(bench)))

    // The report makes the same again, byte for byte.
    try FileManager.default.removeItem(atPath: file(bench))
    let plain = try command("predict", bench, "--csv", "--top", "1", bench.photographs)
    #expect(
      plain.exitCode == 0 && plain.errors.contains("tl-coord report --run \(bench.runsFolder)/run"),
      "\(plain)")
    let (before, after) = (predictions(plain), predictions(calibrated))
    #expect(before.count == 30 && after.count == 30)
    for (name, prediction) in before { #expect(after[name]?.0 == prediction.0, "\(name)") }
    #expect(before.contains { after[$0.key]?.1 != $0.value.1 })
    #expect(try command("report", bench).exitCode == 0)
    #expect(FileManager.default.contents(atPath: file(bench)) == kept)

    // A resume that trains nothing leaves it in place, and the best head has its own temperature.
    #expect(try command("predict", bench, "--best", bench.photographs).errors.isEmpty)
    let evaluation = try command("evaluate", bench, bench.photographs)
    #expect(evaluation.output.contains("; uncalibrated "), "\(evaluation)")
    let page = try String(contentsOfFile: "\(bench.runsFolder)/run/report.html", encoding: .utf8)
    #expect(page.contains("How far to trust the percentages"))
  }

  @Test func `what is like no class is told on request, and sorted apart`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    let grey = RGBImage(
      width: 64, height: 64, pixels: [UInt8](repeating: 0, count: 64 * 64 * 3))
    let strange = try bench.folder.write(try encodePNG(grey), to: "strange.png")
    let told = try command("predict", bench, "--none-of-these", strange, bench.photographs)
    #expect(told.exitCode == 0, "\(told)")
    #expect(told.output.hasPrefix("\(strange): none of these (at most "), "\(told)")
    // Of 30 photographs of the classes hardly any.
    #expect(told.output.components(separatedBy: "none of these").count < 2 + 6, "\(told)")
    #expect(!(try command("predict", bench, strange).output.contains("none of these")))

    let csv = try command("predict", bench, "--none-of-these", "--csv", "--top", "1", strange)
    let lines = csv.output.split(separator: "\n")
    #expect(lines.first == "file,class_1,probability_1,none_of_these,likeness")
    #expect(lines.last?.contains(",yes,") == true, "\(csv)")
    let sorted = bench.folder.path + "/sorted"
    let outcome = try command(
      "predict", bench, "--none-of-these", "--sort-into", sorted, strange)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(FileManager.default.fileExists(atPath: "\(sorted)/none-of-these/strange.png"))
  }

  @Test func `a damaged calibration is told of and not used`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    try Data([1, 2, 3]).write(to: URL(filePath: file(bench)))
    let photograph = try bench.classFolders()[0] + "/000.jpg"
    let outcome = try command("predict", bench, photograph)
    #expect(outcome.exitCode == 0 && outcome.errors.contains("calibration.safetensors"))
    expectFailure(
      try command("predict", bench, "--none-of-these", photograph), 65, "needs a calibration",
      "tl-coord report")
  }
}
