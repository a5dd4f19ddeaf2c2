import CommandLine
import Glibc
import Inspection
import RunFiles
import Threading

/// `tl-coord predict`: what a run's classifier sees in photographs.
enum PredictCommand {
  static let run = Option<String?>(
    "run", .text("RUN", expectation: "a run"),
    "the run whose classifier answers; the newest one "
      + "where it is left out")
  static let best = Option<Bool>(
    flag: "best", "use the epoch with the highest validation accuracy instead of the last one")
  static let flipAverage = Option<Bool>(
    flag: "flip-average",
    "answer with the mean of a photograph and its mirror image, which takes twice as long")
  static let top = Option<Int>("top", .integer(1...1000), default: 3, "classes to name")

  /// What `evaluate` has as well.
  static let classifierOptions = [
    run.declaration, best.declaration, flipAverage.declaration, StartOptions.runs.declaration,
    csv.declaration,
  ]

  static let json = Option<Bool>(
    flag: "json", "print a JSON array with an object for each photograph, for programs")

  static let csv = Option<Bool>(
    flag: "csv", "print comma-separated values, a line for each photograph, for programs")
  static let jsonLines = Option<Bool>(
    flag: "json-lines", "print a JSON object a line, each as soon as it is known, for programs")
  static let sortInto = Option<String?>(
    "sort-into", .text("DIR", expectation: "a folder"),
    "make a folder for each class in DIR, with the photographs of that class")
  static let sortBy = Option<PhotographSorting.Way>(
    "sort-by", .word(), default: .link, "what to put there: links to the photographs, or copies")

  static let noneOfThese = Option<Bool>(
    flag: "none-of-these",
    "say of pictures that are less like the classes than 95 % of the validation photographs that they "
      + "are none of these; one of twenty that belongs to a class is told so as well")

  static let command = Command(
    "predict", "say what photographs show",
    positional: Positional(
      "IMAGE|DIR|-", count: 1...100_000,
      "photographs, folders of them, or '-': a photograph or a list of paths from standard input"),
    groups: [
      OptionGroup(
        "Options",
        [top.declaration] + classifierOptions + [
          json.declaration, jsonLines.declaration, noneOfThese.declaration, sortInto.declaration,
          sortBy.declaration,
        ])
    ],
    notes: [
      "Examples:",
      "  tl-coord predict --run photos-1 holiday/*.jpg",
      "  tl-coord predict --run photos-1 --csv holiday > holiday.csv",
      "  tl-coord predict --run photos-1 --sort-into sorted --none-of-these holiday",
    ])

  /// So many are classified before any of them is printed: few enough to see them come, many enough
  /// to keep all cores busy.
  private static let batchSize = 1024

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let format = try OutputFormat(settings)
    let classifier = try calibratedClassifier(settings)
    let tellsNone = settings[noneOfThese]
    // Who sends one path after the other gets one answer after the other; folders to sort into need all.
    let isStream = settings.arguments == ["-"] && settings[sortInto] == nil
    let found = try PredictionInputs(isStream ? [] : settings.arguments)
    let inputs = found.inputs
    var sorting = try settings[sortInto].map { folder in
      try PhotographSorting(
        into: folder, by: settings[sortBy], classes: classifier.classes, of: inputs,
        hasNone: tellsNone)
    }
    var printer = PredictionPrinter(
      format, classifier, top: settings[top], tellsNone: tellsNone, terminal.style)
    var display = CountDisplay(total: inputs.count, of: "photographs")
    var exitCode = ExitCode.success
    var rest = inputs[...]
    var standardInput = StandardInput()
    func nextBatch() throws -> [Classifier.Input]? {
      if isStream { return try standardInput.next(countMax: batchSize) }
      let batch = rest.prefix(batchSize)
      rest = rest.dropFirst(batch.count)
      return batch.isEmpty ? nil : Array(batch)
    }
    while let batch = try nextBatch() {
      let done = inputs.count - rest.count - batch.count
      let results = try classifier.answers(to: batch, threads: processorCount) {
        if !isStream { display.show(done: done + $0) }
      }
      display.erase()
      for (input, result) in zip(batch, results) {
        switch result {
        case .success(let answer):
          let ranked = classifier.ranked(answer)
          printer.print(input.name, ranked, answer)
          try sorting?.put(input, tellsNone && answer.isOfNoClass ? nil : ranked[0])
        case .failure(let failure):
          exitCode = .data
          report(
            .error, "\(printable(input.name)): \(failure.reason)",
            program: CoordinatorProgram.program.name)
        }
      }
    }
    printer.end()
    if let sorting { report(.note, sorting.summary, program: CoordinatorProgram.program.name) }
    return found.areWhole && standardInput.isWhole ? exitCode : .data
  }

  /// The classifier that the options ask for; throws where it would have to be calibrated and isn't.
  static func calibratedClassifier(_ settings: Settings) throws -> Classifier {
    let classifier = try classifier(settings, notesUncalibrated: !settings[noneOfThese])
    if settings[noneOfThese], let reason = classifier.reasonUncalibrated {
      throw CommandLineError(
        .data, "'--none-of-these' needs a calibration: \(printable(reason))",
        advice: try calibrationAdvice(settings))
    }
    return classifier
  }

  /// The classifier that the options ask for; says which newer runs have learnt nothing, what is wrong with
  /// newer checkpoints, and where its percentages are as trained.
  static func classifier(
    _ settings: Settings, notesUncalibrated: Bool = true
  ) throws -> Classifier {
    let (run, newerRuns) = try RunTarget.classifier(
      settings[run], root: settings[StartOptions.runs])
    for newer in newerRuns {
      report(
        .warning,
        "the newer run '\(newer.name)' is passed over: it hasn't trained for an epoch yet; run "
          + "'\(run.name)' answers", program: CoordinatorProgram.program.name)
    }
    var classifier = try Classifier(run, useBest: settings[best])
    classifier.averagesMirrorImage = settings[flipAverage]
    for reason in classifier.passedOver {
      report(
        .warning, "a newer checkpoint was passed over: \(printable(reason))",
        program: CoordinatorProgram.program.name)
    }
    if notesUncalibrated, let reason = classifier.reasonUncalibrated {
      report(
        .note, "\(printable(reason)): \(try calibrationAdvice(settings))",
        program: CoordinatorProgram.program.name)
    }
    return classifier
  }

  private static func calibrationAdvice(_ settings: Settings) throws -> String {
    "'tl-coord report --run \(try directory(settings).argument)' calibrates it."
  }

  /// The run that the options name, or the newest that has learnt something.
  static func directory(_ settings: Settings) throws -> RunDirectory {
    try RunTarget.classifier(settings[run], root: settings[StartOptions.runs]).run
  }
}
