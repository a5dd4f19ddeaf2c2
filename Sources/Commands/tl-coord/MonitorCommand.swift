import AccessOptions
import CommandLine
import Glibc
import Monitoring
import RunDisplay
import RunFiles

/// `tl-coord monitor`: follows a run until it ends.
enum MonitorCommand {
  static let interval = Option<Double>(
    "interval", .number(0.1...3600, placeholder: "SECONDS"),
    default: 0.5, "time between two looks")

  static let command = Command(
    "monitor", "follow a run: bars, curves, workers, time left",
    positional: Positional(
      "RUN|HOST:PORT", count: 0...1,
      "a run's name or folder, or a coordinator's address; the newest run where it is left out"),
    groups: [
      OptionGroup("Options", [interval.declaration, StartOptions.runs.declaration]),
      AccessOptions.group,
    ],
    notes: ["It only looks: end it with Ctrl-C at any time, the run goes on."])

  /// The longest that nothing is told in a pipe, less what passes between two looks.
  static let plainInterval = Duration.milliseconds(4_400)

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let target = try RunTarget(settings.arguments.first, root: settings[StartOptions.runs])
    var watcher = try RunWatcher(target, settings)
    var block = LiveBlock()
    var printedEpochs = 0
    var lastPhase = ""
    var toldAt = ContinuousClock.now
    while true {
      let view = try watcher.look()
      if terminal.isInteractive {
        let rows = Terminal.rowCount() - 1
        let lines = view.monitorLines(Terminal.standardOutput(environment).style, rows: rows)
        guard write(block.redraw(Array(lines.prefix(rows)), terminal.style), to: STDOUT_FILENO)
        else { return .success }
      } else {
        // Elsewhere only what is new, once.
        if view.epochs.count < printedEpochs { printedEpochs = view.epochs.count }
        let style = terminal.style.withoutEnd
        var lines = view.epochs[printedEpochs...].map { view.epochLine($0, style) }
        printedEpochs = view.epochs.count
        if view.phaseText != lastPhase { lines.append(view.plainLine) }
        lastPhase = view.phaseText
        if lines.isEmpty, .now - toldAt >= plainInterval { lines.append(view.plainLine) }
        if !lines.isEmpty { toldAt = .now }
        guard lines.isEmpty || write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
        else { return .success }
      }
      switch view.phase {
      case .finished, .stopped: return .success
      case .notStarted, .preparing, .waitingForWorkers, .running, .silent: break
      }
      usleep(UInt32(settings[interval] * 1e6))
    }
  }
}
