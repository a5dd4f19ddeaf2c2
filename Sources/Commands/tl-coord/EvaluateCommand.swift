import CommandLine
import CoordinatorDaemon
import Glibc
import Inspection
import Manifest
import RunFiles
import Threading

/// `tl-coord evaluate`: how well a run's classifier does on other labelled photographs.
enum EvaluateCommand {
  static let labels = Option<String?>(
    "labels", .text("FILE.csv", expectation: "a file of lines PATH,LABEL"),
    "the labels, if folders don't say them: a file of lines PATH,LABEL")

  static let command = Command(
    "evaluate", "measure a classifier on labelled photographs",
    positional: Positional(
      "DIR",
      "a folder with a subfolder for each class, one that is split, or a name of the catalogue"),
    groups: [
      OptionGroup(
        "Options",
        PredictCommand.classifierOptions + [
          StatusCommand.json.declaration, labels.declaration, StartOptions.cache.declaration,
        ])
    ],
    notes: [
      "Photographs that the run was trained on are counted apart: only the others show how well it",
      "does on new ones. Features that runs kept of the same photographs aren't computed again.",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let format = try OutputFormat(settings)
    let classifier = try PredictCommand.classifier(settings)
    let folder = try Inputs.dataFolder(settings.arguments[0])
    let photographs: LabelledPhotographs
    do throws(ManifestError) {
      // The folder's classes may be some of the run's.
      photographs = try LabelledPhotographs(
        reading: folder, labels: settings[labels], classes: classifier.classes,
        threads: processorCount)
    } catch {
      throw CommandLineError(.data, error.description)
    }
    let program = CoordinatorProgram.program.name
    for note in photographs.notes { report(.note, note, program: program) }
    for summary in Finding.summaries(of: photographs.findings) {
      report(.warning, summary.text, program: program)
    }
    var display = CountDisplay(total: photographs.entries.count, of: "photographs")
    let results = try classifier.answers(
      to: zip(photographs.paths, photographs.entries).map { path, entry in
        Classifier.Photograph(path: path, digest: entry.digest)
      }, store: settings[StartOptions.cache].folder(environment), threads: processorCount
    ) { display.show(done: $0) }
    display.erase()
    let known = KnownPhotographs(
      try PredictCommand.directory(settings), threads: processorCount
    ) { configuration in
      Dataset.Source(
        folder: try Inputs.dataFolder(configuration.data), as: configuration)
    }
    var evaluation = Evaluation(classes: classifier.classes, reasonUnknown: known.reasonUnknown)
    var exitCode = ExitCode.success
    for (entry, result) in zip(photographs.entries, results) {
      switch result {
      case .success(let answer):
        evaluation.add(
          Evaluation.Answer(
            path: entry.path, label: Int(entry.classIndex),
            probabilities: answer.probabilities, predicted: answer.predicted,
            acquaintance: known.acquaintance(with: entry.digest),
            plainProbabilities: classifier.calibration == nil ? nil : answer.plainProbabilities))
      case .failure(let failure):
        exitCode = .data
        report(
          .warning, "\(printable(entry.path)) is left out: \(failure.reason)", program: program)
      }
    }
    let shown = EvaluationReport(
      evaluation: evaluation, averagesMirrorImage: classifier.averagesMirrorImage)
    let text =
      switch format {
      case .json, .jsonLines: shown.json.encodedForPeople
      case .csv: shown.csv
      case .text: shown.lines(terminal.style).joined(separator: "\n") + "\n"
      }
    write(text, to: STDOUT_FILENO)
    return exitCode
  }
}
