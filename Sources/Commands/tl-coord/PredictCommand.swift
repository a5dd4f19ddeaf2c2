import CommandLine
import Glibc
import RunFiles

/// `tl-coord predict`: what a run's classifier sees in photographs.
enum PredictCommand {
  static let run = Option<String?>(
    "run", .text("RUN", expectation: "a run"),
    "the run whose classifier answers; the newest one "
      + "where it is left out")
  static let best = Option<Bool>(
    flag: "best", "use the epoch with the highest validation accuracy instead of the last one")
  static let top = Option<Int>("top", .integer(1...1000), default: 3, "classes to name")

  /// What `evaluate` has as well.
  static let classifierOptions = [
    run.declaration, best.declaration, StartOptions.runs.declaration,
    StatusCommand.json.declaration,
  ]

  static let command = Command(
    "predict", "say what photographs show",
    positional: Positional("IMAGE", count: 1...100_000, "files of photographs"),
    groups: [OptionGroup("Options", [top.declaration] + classifierOptions)],
    notes: ["Example: tl-coord predict --run photos-1 holiday/*.jpg"])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let classifier = try classifier(settings)
    let files = settings.arguments
    let results = classifier.probabilities(of: files, threads: threadCount)
    var exitCode = ExitCode.success
    var rows: [JSONValue] = []
    for (file, result) in zip(files, results) {
      switch result {
      case .success(let probabilities):
        let ranked = classifier.classes.indices.sorted { probabilities[$0] > probabilities[$1] }
          .prefix(settings[top])
        let named = ranked.map { (classifier.classes[$0], probabilities[$0]) }
        if settings[StatusCommand.json] {
          rows.append(json(file, named))
        } else {
          write(line(file, named, terminal.style) + "\n", to: STDOUT_FILENO)
        }
      case .failure(let failure):
        exitCode = .data
        report(
          .error, "\(printable(file)): \(failure.reason)", program: CoordinatorProgram.program.name)
      }
    }
    if settings[StatusCommand.json] {
      write(JSONValue.array(rows).encodedForPeople, to: STDOUT_FILENO)
    }
    return exitCode
  }

  /// The classifier that the options ask for.
  static func classifier(_ settings: Settings) throws -> Classifier {
    let target = try RunTarget(settings[run], root: settings[StartOptions.runs])
    guard case .run(let directory) = target else {
      throw CommandLineError(
        .usage, "'--run' needs the name or folder of a run, not an address")
    }
    return try Classifier(directory, useBest: settings[best])
  }

  /// As many as the machine runs at once.
  static var threadCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  private static func line(
    _ file: String, _ named: [(String, Double)], _ style: TextStyle
  ) -> String {
    let parts = named.enumerated().map { index, entry in
      let text = "\(printable(entry.0)) \(percentage(entry.1))"
      return index == 0 ? style.apply(.bold, text) : text
    }
    return "\(printable(file)): " + parts.joined(separator: ", ")
  }

  private static func json(_ file: String, _ named: [(String, Double)]) -> JSONValue {
    .object([
      .init("file", .string(file)),
      .init(
        "classes",
        .array(
          named.map { name, probability in
            .object([.init("class", .string(name)), .init("probability", .double(probability))])
          })),
    ])
  }
}
