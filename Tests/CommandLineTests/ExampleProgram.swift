import CommandLine
import Options

/// A program with an option of every kind.
enum Example {
  static let epochs = Option<Int>("epochs", .integer(1...1000), default: 6, "how often to go round")
  static let rate = Option<Double>(
    "learning-rate", .number(above: 0, to: 10), default: 0.001,
    "how far a step goes")
  static let optimizer = Option<String>(
    "optimizer", .choice(["adam", "sgd"]), default: "adam", "what turns gradients into steps")
  static let run = Option<String?>("run", .text("NAME"), "the name of the run")
  static let resume = Option<String>(
    "resume", .text("PATH"), default: "", shown: "", bareValue: "newest", "go on")
  static let quick = Option<Bool>(flag: "quick", "skip the rest")
  static let listen = Option<HostPort>(
    "listen", .listeningAddress, default: HostPort(host: "127.0.0.1", port: 5555), "where")

  static let program = Program(
    name: "ex", version: "1.2.3", summary: "an example",
    commands: [
      Command(
        "start", "begin something",
        groups: [
          OptionGroup("Training", [epochs.declaration, rate.declaration, optimizer.declaration]),
          OptionGroup(
            "Run",
            [run.declaration, resume.declaration, quick.declaration, listen.declaration]),
        ],
        readsConfiguration: true, notes: ["Example: ex start --epochs 12"]),
      Command("join", "join something", positional: Positional("HOST:PORT", "where to go")),
      Command(
        "status", "tell something",
        positional: Positional("RUN", count: 0...1, "which run to tell about")),
    ],
    environment: [EnvironmentVariable("TL_SPEED", choices: ["slow", "fast"], "how fast")])

  static func settings(
    _ arguments: String, environment: [String: String] = [:], file: String = ""
  ) throws -> Settings {
    let words = arguments.split(separator: " ").map(String.init)
    guard
      case .run(_, let settings) = try program.parse(
        words, environment: environment, readFile: { _ in file })
    else { throw CommandLineError(.software, "help instead of settings") }
    return settings
  }

  static func failure(
    _ arguments: String, environment: [String: String] = [:], file: String = ""
  ) -> CommandLineError? {
    do {
      _ = try settings(arguments, environment: environment, file: file)
      return nil
    } catch { return error as? CommandLineError }
  }
}
