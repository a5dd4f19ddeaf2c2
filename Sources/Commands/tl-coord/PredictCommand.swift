import CommandLine
import Glibc
import Inspection
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
    StatusCommand.json.declaration, csv.declaration,
  ]

  static let csv = Option<Bool>(
    flag: "csv", "print comma-separated values, a line for each photograph, for programs")

  static let command = Command(
    "predict", "say what photographs show",
    positional: Positional(
      "IMAGE|DIR|-", count: 1...100_000,
      "photographs, folders of them, or '-': a photograph or a list of paths from standard input"),
    groups: [OptionGroup("Options", [top.declaration] + classifierOptions)],
    notes: [
      "Examples:",
      "  tl-coord predict --run photos-1 holiday/*.jpg",
      "  tl-coord predict --run photos-1 --csv holiday > holiday.csv",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let format = try OutputFormat(settings)
    let classifier = try classifier(settings)
    let inputs = try PredictionInputs(settings.arguments).inputs
    let results = try classifier.probabilities(of: inputs, threads: threadCount)
    let count = min(settings[top], classifier.classes.count)
    var exitCode = ExitCode.success
    var rows: [JSONValue] = []
    if format == .csv {
      let header = (1...count).flatMap { ["class_\($0)", "probability_\($0)"] }
      write(commaSeparated(["file"] + header), to: STDOUT_FILENO)
    }
    for (input, result) in zip(inputs, results) {
      switch result {
      case .success(let probabilities):
        let ranked = classifier.classes.indices.sorted { probabilities[$0] > probabilities[$1] }
        let named = ranked.prefix(count).map { (classifier.classes[$0], Double(probabilities[$0])) }
        switch format {
        case .json: rows.append(json(input.name, named))
        case .csv:
          let fields = named.flatMap { [$0.0, formatted($0.1, decimals: 6)] }
          write(commaSeparated([input.name] + fields), to: STDOUT_FILENO)
        case .text: write(line(input.name, named, terminal.style) + "\n", to: STDOUT_FILENO)
        }
      case .failure(let failure):
        exitCode = .data
        report(
          .error, "\(printable(input.name)): \(failure.reason)",
          program: CoordinatorProgram.program.name)
      }
    }
    if format == .json { write(JSONValue.array(rows).encodedForPeople, to: STDOUT_FILENO) }
    return exitCode
  }

  /// The classifier that the options ask for.
  static func classifier(_ settings: Settings) throws -> Classifier {
    let classifier = try Classifier(try directory(settings), useBest: settings[best])
    for reason in classifier.passedOver {
      report(
        .warning, "a newer checkpoint was passed over: \(printable(reason))",
        program: CoordinatorProgram.program.name)
    }
    return classifier
  }

  /// The run that the options name.
  static func directory(_ settings: Settings) throws -> RunDirectory {
    let target = try RunTarget(settings[run], root: settings[StartOptions.runs])
    guard case .run(let directory) = target else {
      throw CommandLineError(
        .usage, "'--run' needs the name or folder of a run, not an address")
    }
    return directory
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

/// How `predict` and `evaluate` print.
enum OutputFormat {
  case text
  case json
  case csv

  init(_ settings: Settings) throws(CommandLineError) {
    switch (settings[StatusCommand.json], settings[PredictCommand.csv]) {
    case (true, true):
      throw CommandLineError(.usage, "'--json' and '--csv' don't go together")
    case (true, false): self = .json
    case (false, true): self = .csv
    case (false, false): self = .text
    }
  }
}
