import Foundation
import TestSupport
import Testing

/// How a run prepares photographs is the run's, and nobody uses it with other pixels.
@Suite(.serialized) struct FitTests {
  @Test(arguments: ["crop", "stretch", "pad"])
  func `a run's fit is that of its workers, its verification and its predictions`(
    fit: String
  ) throws {
    let bench = try Workbench()
    let trained = try bench.start("--fit", fit, "--precision", "fp32")
    #expect(trained.exitCode == 0, "\(trained)")
    let verified = try RunningCommand.run(
      "tl-coord",
      ["verify", "--run", "run", "--runs", bench.runsFolder, "--threads", "1"])
    #expect(verified.exitCode == 0, "\(verified)")
    let first = try String(contentsOfFile: "\(bench.runsFolder)/run/config.json", encoding: .utf8)
    #expect(first.contains("\"value\": \"\(fit)\""))
    let other = fit == "crop" ? "pad" : "crop"
    expectFailure(
      try bench.start("--resume", "--fit", other), 78, "fit was \"\(fit)\" and is now \"\(other)\"")
  }

  @Test func `a run whose photographs were prepared otherwise is neither used nor resumed`() throws
  {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let path = "\(bench.runsFolder)/run/config.json"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let older = lines.map {
      $0.contains("preprocessing_version") ? "  \"preprocessing_version\": 1," : $0
    }
    #expect(older != lines)
    try older.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    for arguments in [
      ["predict", bench.photographs], ["evaluate", bench.photographs], ["verify"],
    ] {
      let outcome = try RunningCommand.run(
        "tl-coord", arguments + ["--run", "run", "--runs", bench.runsFolder])
      expectFailure(outcome, 78, "preprocessing version 1", "train again")
    }
    expectFailure(try bench.start("--resume"), 78, "preprocessing version 1")
  }
}
