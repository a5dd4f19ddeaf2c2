import CommandLine
import Glibc
import RunFiles
import Threading
import ZeroMQ

/// `tl-coord show`: the page of a run, of one that is over as well.
enum ShowCommand {
  static let command = Command(
    "show", "show a run as a page in a browser, and to Prometheus",
    positional: Positional(
      "RUN", count: 0...1, "a run's name or folder; the newest run where it is left out"),
    groups: [
      OptionGroup(
        "Options",
        [
          PageOption.show.declaration, PageOption.keyFile.declaration,
          StartOptions.runs.declaration,
          ReportCommand.data.declaration, StartOptions.cache.declaration,
        ])
    ],
    notes: [
      "It only looks: end it with Ctrl-C at any time, a run that goes on does so. /metrics is for",
      "Prometheus, /healthz says whether the page is served.",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    // Before any other thread, so that none of them takes the signals.
    let signals = SignalSource([SIGTERM, SIGINT])
    let directory = try RunTarget.directory(
      settings.arguments.first, root: settings[StartOptions.runs], for: "tl-coord show")
    let photographs = try Inputs.photographs(
      of: directory.configuration(), given: settings[ReportCommand.data])
    let feed = PageFeed(directory)
    let outcome = OutcomeMaker(
      directory, photographs: photographs,
      features: .store(folder: settings[StartOptions.cache].folder(environment)), feed: feed
    ) { results in
      write(
        "step \(formatted(results.step)): \(formatted(results.matrix.correct)) of "
          + "\(counted(results.matrix.sampleCount, "validation photograph")) classified correctly\n",
        to: STDOUT_FILENO)
    }
    let page = try PageServer(
      directory, at: settings[PageOption.show], settings, feed: feed, outcome: outcome)
    page.waitForFirstLook()
    let lines = announcement(page, of: directory.name, terminal.style, tellsSecrets: tellsSecrets())
    write((lines + ["Ctrl-C ends it."]).joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    var poller = Poller()
    let signal = poller.add(fileDescriptor: signals.fileDescriptor)
    repeat { try poller.wait(timeoutMilliseconds: nil) } while !poller.isReady(signal)
    page.stop()
    return .success
  }

  private static func tellsSecrets() -> Bool { !isReadByOthers(STDOUT_FILENO, environment) }

  /// Where the page of a run can be opened.
  static func announcement(
    _ page: PageServer, of run: String, _ style: TextStyle, tellsSecrets: Bool
  ) -> [String] {
    guard let first = page.addresses.first else { return [] }
    guard tellsSecrets || !page.hasKey || page.hasGivenKey else {
      return [
        "The page of \(run), at \(page.plainAddresses.joined(separator: ", or at ")), needs a key, which is "
          + "written to nothing that others read: choose one with --key-file, or give --http a port of this "
          + "machine alone, and reach it with 'ssh -L'."
      ]
    }
    let who =
      page.hasGivenKey
      ? ", for whoever has the key" : page.hasKey ? ", for whoever has the address" : ""
    var lines = ["The page of \(run)\(who): \(style.apply(.bold, first))"]
    let others = page.addresses.dropFirst()
    if !others.isEmpty {
      lines.append(style.apply(.dim, "or at " + others.joined(separator: ", or at ")))
    }
    return lines
  }
}
