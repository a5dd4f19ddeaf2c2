import CommandLine
import Foundation
import TestSupport
import Testing

struct CompletionTests {
  private static func text(_ arguments: String...) throws -> String {
    guard case .show(let text) = try Example.program.parse(arguments, environment: [:]) else {
      throw CommandLineError(.software, "settings instead of a text")
    }
    return text
  }

  private static let shells = ["bash", "zsh", "fish"].filter { InstalledProgram($0) != nil }

  /// What bash offers for the last of the words, in an empty folder with one file.
  private static func offered(_ words: [String]) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(text("completion", "bash").utf8).write(to: folder.appending(path: "a file"))
    let script = """
      cd "$0"; source 'a file'; compopt() { :; }
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ex; printf '%s\\n' "${COMPREPLY[@]}"
      """
    let path = folder.path(percentEncoded: false)
    let bash = try #require(InstalledProgram("bash"))
    let output = try bash.run(["-c", script, path] + words).output
    return output.split(separator: "\n").map(String.init).sorted()
  }

  @Test(.enabled(if: shells.contains("bash"), "skipped: there is no bash"))
  func `bash offers commands, options and values`() throws {
    for (words, expected) in [
      (["ex", ""], ["completion", "help", "join", "start", "status", "version"]),
      (["ex", "completion", "z"], ["zsh"]),
      (["ex", "st"], ["start", "status"]),
      (["ex", "help", "j"], ["join"]),
      (["ex", "start", "--r"], ["--resume", "--run"]),
      (["ex", "start", "--quick", "--e"], ["--epochs"]),
      (["ex", "start", "--optimizer", ""], ["adam", "sgd"]),
      (["ex", "start", "--optimizer", "=", "s"], ["sgd"]),
      (["ex", "start", "--optimizer", "="], ["adam", "sgd"]),
      (["ex", "start", "--epochs", ""], []), (["ex", "start", "--config", "a"], ["a file"]),
      (["ex", "join", ""], []), (["ex", "status", ""], ["a file"]),
    ] {
      #expect(try Self.offered(words) == expected, "\(words)")
    }
  }

  @Test(.enabled(if: shells.contains("fish"), "skipped: there is no fish"))
  func `fish offers the same`() throws {
    let fish = try #require(InstalledProgram("fish"))
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(Self.text("completion", "fish").utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let path = file.path(percentEncoded: false)
    for (line, expected) in [
      ("ex st", ["start", "status"]), ("ex start --opt", ["--optimizer"]),
      ("ex start --optimizer ", ["adam", "sgd"]), ("ex start --epochs ", []),
    ] {
      let output = try fish.run(["-c", "source \(path); complete -C '\(line)'"]).output
      let words = output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
      #expect(words.sorted() == expected, "\(line)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions have the options`(shell: String) throws {
    let text = try Self.text("completion", shell)
    for option in ["epochs", "learning-rate", "optimizer", "run", "resume", "quick", "config"] {
      #expect(text.contains(option), "\(shell) offers no \(option)")
    }
  }

  @Test(
    .enabled(if: !shells.isEmpty, "skipped: there is neither bash nor zsh nor fish"),
    arguments: shells)
  func `shells that are here can read their completions`(shell: String) throws {
    let program = try #require(InstalledProgram(shell))
    let (status, output) = try program.run(["-n", "-c", Self.text("completion", shell)])
    #expect(status == 0, "\(output)")
  }

  @Test func `another shell is refused with those there are`() {
    #expect(throws: CommandLineError.self) { try Self.text("completion") }
    #expect(try! Self.text("completion", "--help").contains("completion bash|zsh|fish"))
    #expect(throws: CommandLineError.self) { try Self.text("completion", "bash", "zsh") }
    do {
      _ = try Self.text("completion", "bahs")
      Issue.record("it was taken")
    } catch {
      #expect("\(error)".contains("Did you mean 'bash'?"))
      #expect("\(error)".contains("bash, zsh, fish"))
    }
  }

  @Test
  func `the manual has every command, option and exit code, and nothing that troff trips over`()
    throws
  {
    let text = try Self.text("manual")
    for words in [
      ".TH \"EX\" \"1\"", ".SS \"ex start [options]\"", "\\fB\\-\\-learning\\-rate\\fR",
      "[default: 0.001]", ".TP\n75\n", "TL_SPEED", "Example: ex start \\-\\-epochs 12",
    ] {
      #expect(text.contains(words), "no \(words)")
    }
    // Every line that begins with a dot is a request of the man macros.
    let requests: Set = ["TH", "SH", "SS", "TP", "PP", "nf", "fi", "B"]
    for line in text.split(separator: "\n") where line.hasPrefix(".") {
      #expect(requests.contains(String(line.dropFirst().prefix { $0.isLetter })), "\(line)")
    }
    #expect(!text.contains("…"))
  }
}
