import ClusterCore
import CommandLine
import CoordinatorDaemon
import Glibc
import Report
import RunFiles

/// `tl-coord start`: runs a coordinator to its end.
enum StartCommand {
  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    var request = try StartConfiguration(settings: settings).request()
    let configuration = request.configuration
    let directory = try RunDirectory(root: request.runsFolder, name: configuration.run)
    // Before anything is fetched, or said to be.
    try Inputs.checkData(configuration.data)
    // First of all: an address that can't be used is to be known at once.
    let page = try settings[PageOption.start].map {
      try PageServer(directory, at: $0, settings, feed: PageFeed(directory))
    }
    var presenter = RunPresenter(
      configuration.progress, directory, localWorkers: configuration.localWorkers, terminal,
      isResumed: request.resume != .never)
    presenter.say(
      greeting(request)
        + (try Inputs.announcement(data: configuration.data, backbone: request.backbonePath)))
    if let page { presenter.announce(page, of: directory.name) }
    let isRecorded = TensorBoard.isWanted(
      settings, directory, isResumed: request.resume != .never)
    let reporter = RunReporter(
      presenter, feed: page?.feed, recorded: isRecorded ? directory : nil)
    let outcome: RunOutcome
    do {
      let fetching = Inputs.Fetching.allowed(mirror: settings[StartOptions.mirror])
      let observer = Inputs.Observer(
        progress: { reporter.prepare($0, share: $1) }, news: { reporter.say(["\($1)"]) })
      do {
        request.backbonePath = try request.backbonePath.map {
          try Inputs.backbonePath($0, fetching, observer)
        }
      } catch let error as CommandLineError {
        throw Inputs.failure(error, needing: configuration.data)
      }
      request.dataFolder = try Inputs.dataFolder(configuration.data, fetching, observer)
      outcome = try CoordinatorDaemon.run(request, observer: reporter)
    } catch {
      reporter.end()
      throw error
    }
    reporter.end()
    guard outcome.isLogged, case .completed = outcome.outcome else {
      report(.error, outcome.description, program: CoordinatorProgram.program.name)
      return outcome.isLogged ? exitCode(of: outcome.outcome) : .inputOutput
    }
    let written = FinalReport.write(
      of: directory, request, outcome, feed: page?.feed, isRecorded: isRecorded)
    if configuration.progress != .json && configuration.progress != .none {
      let lines =
        results(directory, page: written) + [""]
        + advice(directory, configuration, page: written)
        + (isRecorded ? TensorBoard.advice(directory) : [])
      write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    }
    FinalReport.wait(for: page)
    return .success
  }

  /// What is going to happen, where somebody may not have asked for it in so many words.
  private static func greeting(_ request: CoordinatorRequest) -> [String] {
    let configuration = request.configuration
    if configuration.data == RunConfiguration.demo {
      return [
        "This is the demo: it learns to tell five kinds of flowers apart, in pictures that tl paints",
        "itself. A MobileNet turns each picture into numbers once, workers compute that in parallel,",
        "and what is trained is a new last layer on top. Your own photographs: --data DIR, with a",
        "subfolder for each class.",
        "",
      ]
    }
    if request.backbonePath == RunConfiguration.demo,
      configuration.origin(of: \.backbone) == .default
    {
      return [
        "No --backbone given: the demo's small MobileNet serves. One that was pretrained on ImageNet",
        "knows more: --backbone mobilenet-v2 fetches one, --backbone FILE.onnx takes your own.",
        "",
      ]
    }
    return []
  }

  private static func exitCode(of outcome: CoordinatorOutcome) -> ExitCode {
    switch outcome {
    case .completed: .success
    case .interrupted, .shortage: .interrupted
    case .tooManyUndecodable, .diverged: .data
    case .checkpointFailed: .inputOutput
    }
  }

  /// Where the results lie.
  private static func results(_ directory: RunDirectory, page: String?) -> [String] {
    var files = [
      ("checkpoints/", "the classifier"), ("progress.jsonl", "the whole story"),
    ]
    if page != nil {
      files.insert(
        (RunReport.pageName, "curves, predictions and mistakes: open it in a browser"), at: 0)
      files.insert(
        ("\(RunReport.curvesName), \(RunReport.predictionsName)", "the same for slides"), at: 1)
    }
    let columns = files.map(\.0.count).max() ?? 0
    return ["Results in \(printable(directory.path)):"]
      + files.map { "  \(padded($0.0, columns: columns))  \($0.1)" }
  }

  /// What to try next.
  private static func advice(
    _ directory: RunDirectory, _ configuration: RunConfiguration, page: String?
  ) -> [String] {
    let start =
      "tl-coord start --data \(shellWord(configuration.data)) "
      + "--backbone \(shellWord(configuration.backbone))"
    let isDemo = configuration.data == RunConfiguration.demo
    let next =
      isDemo
      ? [
        "  tl-coord start --data flowers --backbone mobilenet-v2",
        "      real photographs and a MobileNet that was pretrained on ImageNet: fetches 231 MiB",
        "  tl-coord start --data DIR --backbone mobilenet-v2",
        "      photographs of your own",
        "  tl-coord start --listen 0.0.0.0:5555",
        "      the demo again, with other machines: it prints what to type there",
      ]
      : [
        "  \(start) --variants 4 --epochs \(configuration.epochs * 2)",
        "      train on shifted and mirrored crops as well",
        "  \(start) --listen 0.0.0.0:5555",
        "      let other machines join: it prints what to type there",
      ]
    let look =
      page.map {
        [
          "  xdg-open \(shellWord($0))",
          "      how it went, what it gets wrong, and how to use it",
        ]
      } ?? [
        "  tl-coord monitor \(directory.argument)", "      its curves",
      ]
    return ["Try next:"] + look + [
      "  tl-coord predict --run \(directory.argument) IMAGE.jpg",
      "      what the classifier sees in a photograph",
      "  tl-coord explain --run \(directory.argument) IMAGE.jpg",
      "      where in it the classifier sees that",
      "  tl-coord suspects --run \(directory.argument)",
      "      photographs whose label the others doubt",
    ] + next
  }
}
