import CommandLine
import CoordinatorDaemon
import EventFiles
import Files
import Glibc
import Inspection
import Manifest
import Monitoring
import Report
import RunFiles
import Threading

/// `tl-coord report`: a run's curves, predictions and figures as a page and pictures.
enum ReportCommand {
  static let run = Option<String?>(
    "run", .text("RUN", expectation: "a run"),
    "the run to show: its name or its folder; the newest one where it is left out")
  static let data = Option<String?>(
    "data", .text("DIR", expectation: "a folder with a subfolder of photographs for each class"),
    "where the photographs are now, if not where they were")

  static let command = Command(
    "report", "write a page and pictures of a run: curves, predictions, mistakes",
    groups: [
      OptionGroup(
        "Options",
        [
          run.declaration, StartOptions.runs.declaration, data.declaration,
          StartOptions.cache.declaration, TensorBoard.option.declaration,
        ])
    ],
    notes: [
      "Writes \(RunReport.pageName), a page that needs nothing but itself, and \(RunReport.curvesName) and",
      "\(RunReport.predictionsName) for slides into the run's folder. 'tl-coord start' does so when",
      "a run has finished; a run that goes on is shown as far as its newest checkpoint. It also calibrates",
      "the classifier: 'predict' then says probabilities that are to be expected.",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let directory = try RunTarget.directory(
      settings[run], root: settings[StartOptions.runs], for: "tl-coord report")
    let photographs = try Inputs.photographs(
      of: directory.configuration(), given: settings[data])
    let page: String
    let store = settings[StartOptions.cache].folder(environment)
    do {
      let events = try settings[TensorBoard.option] ? TensorBoard.write(directory) : nil
      page = try make(
        directory, photographs: photographs,
        features: .store(folder: store), allFeatures: .store(folder: store),
        events: events)
    } catch let error as SystemError {
      throw CommandLineError(.inputOutput, "the run can't be written for TensorBoard: \(error)")
    }
    write("\(printable(page))\n", to: STDOUT_FILENO)
    return .success
  }

  /// As many photographs as judge each other in half a second.
  private static let doubtedMax = 1_000
  /// Of those whose label the others doubt, how many are shown.
  private static let doubtedShownMax = 12

  /// Of a page beside the report: those that are seen at once.
  private static let picturesWithReportMax = 48

  /// Writes the report of a run into its folder, and the calibration that follows from the same answers.
  ///
  /// - Parameters:
  ///   - photographs: the folder where they are now.
  ///   - features: where the features of the validation photographs are taken from.
  ///   - allFeatures: where those of all photographs are taken from, by which labels are doubted.
  ///   - feed: of the page that shows the run on, if there is one.
  ///   - events: what is written for TensorBoard, if anything is: the pictures are added.
  /// - Returns: the page's path.
  static func make(
    _ directory: RunDirectory, photographs: String, features: FeatureSource,
    allFeatures: FeatureSource, feed: PageFeed? = nil, events: RunEventWriter? = nil
  ) throws -> String {
    let configuration = try directory.configuration()
    var log = LogReading(directory)
    try log.update()
    let threads = processorCount
    let validation: Result<RunReport.Validation, RunReport.Missing>
    var calibration: Calibration?
    do throws(InspectionError) {
      let answers = try ValidationAnswers(
        directory, features: features,
        source: Dataset.Source(folder: photographs, as: configuration), threads: threads,
        calibrates: true)
      calibration = answers.calibration
      validation = .success(RunReport.Validation(answers, configuration, threads: threads))
      if let feed {
        OutcomeMaker.show(
          answers, configuration, in: feed, threads: threads, picturesMax: picturesWithReportMax)
      }
    } catch {
      // The curves are worth showing by themselves.
      report(
        .warning,
        "the page has curves alone: \(printable(error.description, lengthMax: messageLengthMax))",
        program: CoordinatorProgram.program.name)
      validation = .failure(RunReport.Missing(reason: error.description))
    }
    if let calibration { try directory.saveCalibration(calibration) }
    if let shown = try? validation.get() {
      let pictures =
        (shown.predictions + shown.mistakes).map { $0.thumbnail != nil }
        + shown.missing.map { _ in false }
      try PagePictures(pictures, from: photographs).check(RunReport.pageName, in: directory)
    }
    let source = Dataset.Source(folder: photographs, as: configuration)
    let suspects = Self.suspects(directory, source, allFeatures, log.view)
    try RunReport(
      log.view, configuration, runArgument: directory.argument, validation, suspects: suspects
    ).write(into: directory.path)
    if let events, let shown = try? validation.get() { try TensorBoard.add(shown, to: events) }
    return "\(directory.path)/\(RunReport.pageName)"
  }

  /// What the photographs say of each other's labels; nil where that would take long, or can't be told.
  private static func suspects(
    _ directory: RunDirectory, _ source: Dataset.Source, _ features: FeatureSource,
    _ view: RunView
  ) -> SuspectsPage? {
    guard let start = view.start, view.result != nil,
      start.trainingSamples + start.validationSamples + start.testSamples <= doubtedMax,
      let suspects = try? Suspects(
        directory, features: features, source: source, threads: processorCount)
    else { return nil }
    return SuspectsPage(
      suspects, run: directory.name, count: doubtedShownMax, othersMax: 0, threads: processorCount)
  }
}

extension RunDirectory {
  /// How commands name it, as a word of a shell.
  var argument: String { shellWord(root == StartOptions.runsFolder ? name : path) }
}
