import CommandLine
import Foundation
import Testing

struct CompletionTests {
  private static func text(_ arguments: String...) throws -> String {
    guard case .show(let text) = try Example.program.parse(arguments, environment: [:]) else {
      throw CommandLineError(.software, "settings instead of a text")
    }
    return text
  }

  /// What a program answers; nil where it isn't on this machine.
  private static func run(_ program: String, _ arguments: [String]) throws -> (Int32, String)? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let paths = folders.map { "\($0)/\(program)" }
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { return nil }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  /// What bash offers for the last of the words, in an empty folder with one file.
  private static func offered(_ words: [String]) throws -> [String]? {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(text("completion", "bash").utf8).write(to: folder.appending(path: "a file"))
    let script = """
      cd "$0"; source 'a file'; compopt() { :; }
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ex; printf '%s\\n' "${COMPREPLY[@]}"
      """
    let path = folder.path(percentEncoded: false)
    return try run("bash", ["-c", script, path] + words).map { _, output in
      output.split(separator: "\n").map(String.init).sorted()
    }
  }

  @Test func `bash offers commands, options and values`() throws {
    for (words, expected) in [
      (["ex", ""], ["help", "join", "start", "status"]), (["ex", "st"], ["start", "status"]),
      (["ex", "help", "j"], ["join"]),
      (["ex", "start", "--r"], ["--resume", "--run"]),
      (["ex", "start", "--quick", "--e"], ["--epochs"]),
      (["ex", "start", "--optimizer", ""], ["adam", "sgd"]),
      (["ex", "start", "--optimizer", "=", "s"], ["sgd"]),
      (["ex", "start", "--optimizer", "="], ["adam", "sgd"]),
      (["ex", "start", "--epochs", ""], []), (["ex", "start", "--config", "a"], ["a file"]),
      (["ex", "join", ""], []), (["ex", "status", ""], ["a file"]),
    ] {
      if let offered = try Self.offered(words) { #expect(offered == expected, "\(words)") }
    }
  }

  @Test func `fish offers the same`() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(Self.text("completion", "fish").utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let path = file.path(percentEncoded: false)
    for (line, expected) in [
      ("ex st", ["start", "status"]), ("ex start --opt", ["--optimizer"]),
      ("ex start --optimizer ", ["adam", "sgd"]), ("ex start --epochs ", []),
    ] {
      guard
        let (_, output) = try Self.run("fish", ["-c", "source \(path); complete -C '\(line)'"])
      else { return }
      let words = output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
      #expect(words.sorted() == expected, "\(line)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `shells can read their completions`(shell: String) throws {
    let text = try Self.text("completion", shell)
    for option in ["epochs", "learning-rate", "optimizer", "run", "resume", "quick", "config"] {
      #expect(text.contains(option), "\(shell) offers no \(option)")
    }
    if let (status, output) = try Self.run(shell, ["-n", "-c", text]) {
      #expect(status == 0, "\(output)")
    }
  }

  @Test func `another shell is refused with those there are`() {
    #expect(throws: CommandLineError.self) { try Self.text("completion") }
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
