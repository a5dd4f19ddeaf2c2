import Foundation
import Glibc
import TestSupport
import Testing

/// What `predict` and its like take for the photographs that they are asked about.
@Suite(.serialized) struct PredictInputTests {
  @Test func `folders behind links are found by all who look at folders`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let link = bench.folder.path + "/link"
    try #require(symlink(bench.photographs, link) == 0)
    let inner = "\(bench.folder.path)/few"
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
    try #require(symlink(try bench.classFolders()[0], inner + "/one") == 0)
    for (folder, count) in [(link, 30), (link + "/", 30), (inner, 10)] {
      let outcome = try run(bench, "predict", "--csv", folder)
      let lines = outcome.output.split(separator: "\n").dropFirst()
      #expect(outcome.exitCode == 0 && lines.count == count, "\(outcome)")
      #expect(lines.allSatisfy { !$0.contains("//") }, "\(outcome)")
    }
    try #require(symlink("..", inner + "/up") == 0)
    try #require(symlink(".", inner + "/here") == 0)
    let explained = try run(
      bench, "explain", "--output", bench.folder.path + "/why", inner + "/one/")
    #expect(explained.output.split(separator: "\n").count == 10, "\(explained)")
    let looping = try run(bench, "predict", "--csv", inner)
    #expect(looping.errors.contains("few/here is left out: it leads back"), "\(looping)")
  }

  @Test func `paths may have a NUL after each, as find -print0 has them`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let files = try bench.classFolders().map { "\($0)/000.jpg" }
    let lines = try piped(bench, files.joined(separator: "\n") + "\n")
    #expect(lines.exitCode == 0 && lines.output.split(separator: "\n").count == 3, "\(lines)")
    let named = "\(bench.folder.path)/two\nlines.jpg"
    try FileManager.default.copyItem(atPath: files[0], toPath: named)
    for end in ["", "\0"] {
      let outcome = try piped(bench, files.joined(separator: "\0") + end)
      #expect(outcome.exitCode == 0 && outcome.output == lines.output, "\(outcome)")
      let odd = try piped(bench, "\(files[0])\0\(named)" + end)
      #expect(odd.exitCode == 0 && odd.output.split(separator: "\n").count == 2, "\(odd)")
    }
    // In a list by lines no path has one, and none is cut there.
    let mixed = try piped(bench, "\(files[0])\n\(files[1])\0\n")
    #expect(mixed.exitCode == 65 && mixed.output.split(separator: "\n").count == 1, "\(mixed)")
  }

  @Test func `what keeps standard input from being read is no end of it`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let outcome = try RunningCommand.run(
      "/bin/sh",
      [
        "-c",
        "'\(RunningCommand.folder)/tl-coord' predict --run run --runs '\(bench.runsFolder)' - < /",
      ])
    expectFailure(outcome, 74, "can't read standard input: Is a directory")
    let pipe = bench.folder.path + "/pipe.jpg"
    try #require(mkfifo(pipe, 0o600) == 0)
    expectFailure(
      try run(bench, "predict", pipe), 65, "pipe.jpg: it is neither a file nor a folder")
  }

  @Test func `of names that aren't UTF-8 that is said, however they are given`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let few = "\(bench.folder.path)/few"
    let script = """
      set -e
      mkdir '\(few)'; cd '\(few)'
      cp '\(try bench.classFolders()[0])/000.jpg' good.jpg
      bad=$(printf 'bad\\377.jpg'); cp good.jpg "$bad"; cd ..
      set +e
      """
    let program = "'\(RunningCommand.folder)/tl-coord'"
    let options = "--run run --runs '\(bench.runsFolder)'"
    let said = ": its name is not UTF-8: rename it"
    func outcome(_ command: String) throws -> RunningCommand.Outcome {
      try RunningCommand.run("/bin/bash", ["-c", "cd '\(bench.folder.path)'; \(command)"])
    }
    let made = try RunningCommand.run("/bin/bash", ["-c", script])
    try #require(made.exitCode == 0, "\(made)")
    for command in [
      "\(program) predict --csv \(options) few", "\(program) predict --csv \(options) few/*",
      "printf 'few/bad\\377.jpg\\0few/good.jpg' | \(program) predict --csv \(options) -",
      "printf 'few/bad\\377.jpg\\nfew/good.jpg\\n' | \(program) predict --csv \(options) -",
      "\(program) explain --output why \(options) few",
      "\(program) predict --csv \(options) --sort-into sorted few",
    ] {
      let outcome = try outcome(command)
      #expect(outcome.exitCode == 65 && outcome.errors.contains(said), "\(command): \(outcome)")
      #expect(outcome.output.contains("few/good.jpg"), "\(command): \(outcome)")
    }
    let folder = "$(printf 'few\\377')"
    for command in [
      "evaluate \(options) \"\(folder)\"", "predict \(options) --sort-into \"\(folder)\" few",
      "evaluate \(options) --labels \"\(folder)\" few", "suspects \(options) --data \"\(folder)\"",
    ] {
      let outcome = try outcome("\(program) \(command)")
      expectFailure(outcome, 64, "is not UTF-8")
    }
  }

  @Test func `that standard input is empty is said`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    for text in ["", "\n\n"] {
      let outcome = try piped(bench, text)
      #expect(outcome.exitCode == 0 && outcome.output.isEmpty, "\(outcome)")
      #expect(outcome.errors.contains("standard input names no photograph"), "\(outcome)")
    }
  }

  private func run(
    _ bench: Workbench, _ command: String, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", [command, "--run", "run", "--runs", bench.runsFolder] + arguments)
  }

  /// Predicts what standard input names.
  private func piped(_ bench: Workbench, _ text: String) throws -> RunningCommand.Outcome {
    let list = try bench.folder.write(Array(text.utf8), to: "list")
    return try RunningCommand.run(
      "/bin/sh",
      [
        "-c",
        "'\(RunningCommand.folder)/tl-coord' predict --run run --runs '\(bench.runsFolder)' --top 1 - "
          + "< '\(list)'",
      ])
  }
}
