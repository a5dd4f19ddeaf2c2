import Foundation
import RunFiles
import TestSupport
import Testing

/// What takes too long for every day: `make test-all` runs it.
@Suite(
  .serialized, .enabled(if: ProcessInfo.processInfo.environment["TL_TEST_ALL"] != nil),
  .timeLimit(.minutes(20)))
struct LongTests {
  @Test func `five disturbed runs give the head of an undisturbed one`() throws {
    let chaos = try RunningCommand("tl-chaos", ["--runs", "5"])
    let outcome = try chaos.waitForExit(seconds: 900)
    #expect(outcome.exitCode == 0, "\(outcome)")
  }

  @Test(.enabled(if: TestData.isPresent, "the test data are not beside the repository"))
  func `real photographs give the same good head, whoever computes`() throws {
    let folder = try TemporaryFolder()
    func head(_ run: String, _ arguments: [String]) throws -> (String, Double) {
      let command = try RunningCommand(
        "tl-coord",
        [
          "start", "--data", try #require(TestData.flowers), "--backbone",
          try #require(TestData.backbone), "--runs", folder.path, "--run", run, "--epochs", "12",
          "--seed", "42", "--listen", "127.0.0.1:0", "--progress", "json",
        ] + arguments)
      let outcome = try command.waitForExit(seconds: 600)
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      var reader = ProgressReader(path: "\(folder.path)/\(run)/progress.jsonl")
      guard case .finished(let result)? = try reader.next().last?.event else {
        throw CocoaError(.fileReadCorruptFile)
      }
      return (result.head.description, result.validationAccuracy ?? 0)
    }
    let (expected, accuracy) = try head("two", ["--local-workers", "2"])
    #expect(accuracy >= 0.82)
    for count in [1, 3] {
      let (digest, _) = try head("workers-\(count)", ["--local-workers", "\(count)"])
      #expect(digest == expected)
    }
  }
}
