import Digest
import Foundation
import Inspection
import RunFiles
import TestSupport
import Testing

/// Measuring with features that runs kept, through the real command and below it.
@Suite(.serialized) struct EvaluateTests {
  private func evaluate(
    _ bench: Workbench, cache: String, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord",
      ["evaluate", bench.photographs, "--run", "run", "--runs", bench.runsFolder] + arguments,
      environment: ["TL_CACHE": cache])
  }

  /// A run whose features are kept.
  private func prepared() throws -> (Workbench, cache: String) {
    let bench = try Workbench()
    let cache = bench.folder.path + "/cache"
    #expect(try bench.start("--epochs", "20", "--cache", cache).exitCode == 0)
    return (bench, cache)
  }

  @Test func `kept features give the answers that the photographs give`() throws {
    let (bench, cache) = try prepared()
    // One that no run has seen.
    try Data(tinyPicture(7)).write(to: URL(filePath: bench.photographs + "/amber/new.bmp"))
    for form in ["--json", "--csv"] {
      let computed = try evaluate(bench, cache: "off", form)
      #expect(computed.exitCode == 0 && computed.output.contains("amber"), "\(computed)")
      #expect(try evaluate(bench, cache: cache, form).output == computed.output)
    }
    let expected = try evaluate(bench, cache: "off")
    let mirrored = try evaluate(bench, cache: "off", "--flip-average", "--json")
    #expect(
      try evaluate(bench, cache: cache, "--flip-average", "--json").output == mirrored.output)
    // A store that is no store costs time alone.
    for name in try FileManager.default.contentsOfDirectory(atPath: cache)
    where name.hasPrefix("features-") {
      try Data("no database".utf8).write(to: URL(filePath: "\(cache)/\(name)"))
    }
    let without = try evaluate(bench, cache: cache)
    #expect(without.exitCode == 0 && without.output == expected.output, "\(without)")
  }

  @Test func `a photograph whose features are kept isn't read again`() throws {
    let (bench, cache) = try prepared()
    let classifier = try Classifier(
      RunDirectory(root: bench.runsFolder, name: "run"), useBest: false)
    let paths = try bench.classFolders().map { $0 + "/001.jpg" }
    let read = try classifier.answers(to: paths.map { .file($0) }, threads: 2)
    let photographs = try paths.map { path in
      let file = try Data(contentsOf: URL(filePath: path))
      return Classifier.Photograph(path: path + ".gone", digest: .sha256([UInt8](file)))
    }
    let kept = try classifier.answers(to: photographs, store: cache, threads: 2)
    for (kept, read) in zip(kept, read) {
      let (kept, read) = (try kept.get(), try read.get())
      #expect(kept.probabilities == read.probabilities && kept.predicted == read.predicted)
      #expect(kept.likeness == read.likeness && kept.plainProbabilities == read.plainProbabilities)
    }
    let nowhere = try classifier.answers(to: photographs, store: nil, threads: 2)
    #expect(nowhere.allSatisfy { (try? $0.get()) == nil } && nowhere.count == 3)
    // Other contents have other features.
    let other = [Classifier.Photograph(path: paths[0] + ".gone", digest: .sha256([1]))]
    #expect((try? classifier.answers(to: other, store: cache, threads: 1)[0].get()) == nil)
  }
}
