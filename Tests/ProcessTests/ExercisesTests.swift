import Foundation
import TestSupport
import Testing

/// The commands of docs/EXERCISES.md, typed as they stand there, but for the names of what would be
/// downloaded: painted photographs and a tiny backbone take their places.
@Suite struct `The exercises` {
  @Test func `are what their page says`() throws {
    let bench = try Workbench()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appending(path: "docs/EXERCISES.md"), encoding: .utf8)
    let commands = Self.commands(in: page)
    #expect(commands.count >= 9, "\(commands)")
    let rose = try #require(bench.classFolders().first)
    let photograph = try #require(
      FileManager.default.contentsOfDirectory(atPath: rose).sorted().first)
    try FileManager.default.copyItem(
      atPath: "\(rose)/\(photograph)", toPath: "\(bench.folder.path)/rose.jpg")
    for command in commands {
      let outcome = try RunningCommand.run(
        "tl-coord", Self.words(of: command, bench), environment: ["TL_LISTEN": "127.0.0.1:0"],
        folder: bench.folder.path)
      #expect(outcome.exitCode == 0, "\(command): \(outcome)")
    }
    for path in [
      "runs/flowers/report.html", "runs/flowers/curves.png", "runs/flowers/predictions.png",
      "runs/flowers/suspects.html", "model/model.onnx", "pictures", "runs/pets/report.html",
    ] {
      #expect(FileManager.default.fileExists(atPath: "\(bench.folder.path)/\(path)"), "\(path)")
    }
  }

  /// The lines of blocks that say no language: what is to be typed.
  private static func commands(in page: String) -> [String] {
    var commands: [String] = []
    var fence: Substring?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        fence = fence == nil ? line : nil
      } else if fence == "```" {
        commands.append(String(line))
      }
    }
    return commands
  }

  private static func words(of command: String, _ bench: Workbench) -> [String] {
    var words = command.split(separator: " ").map(String.init)
    #expect(words.removeFirst() == "tl-coord", "\(command)")
    for (option, value) in [("--data", bench.photographs), ("--backbone", bench.backbone)] {
      if let place = words.firstIndex(of: option) { words[place + 1] = value }
    }
    return words
  }
}
