import CommandLine
import Files
import Glibc
import Monitoring
import RunFiles

/// `tl-coord runs`: all runs of a folder.
enum RunsCommand {
  static let command = Command(
    "runs", "list all runs with their state and accuracy",
    groups: [
      OptionGroup("Options", [StatusCommand.json.declaration, StartOptions.runs.declaration])
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let root = settings[StartOptions.runs]
    // The folder's own name may be missing where no run was ever started here.
    guard isFolder(root) || settings.origin(of: StartOptions.runs) == .default else {
      throw CommandLineError(
        .usage, "there is no folder \(printable(root))",
        advice: "'--runs' names the folder of all runs, in which each has a folder of its own.")
    }
    let views = try RunDirectory.runs(in: root).map(look)
    if settings[StatusCommand.json] {
      write(JSONValue.array(views.map(\.json)).encodedForPeople, to: STDOUT_FILENO)
      return .success
    }
    guard !views.isEmpty else {
      write(
        "There is no run in \(printable(root)) yet; begin one with 'tl-coord start'.\n",
        to: STDOUT_FILENO)
      return .success
    }
    var rows = [["run", "state", "epochs", "accuracy", "balanced", "best", "test", "head"]]
    for view in views {
      rows.append([
        view.name, view.phaseName.replacing("_", with: " "),
        "\(view.epochs.last?.number ?? 0) of \(view.epochsTotal)",
        view.epochs.last.map { percentage($0.validationAccuracy) } ?? "-",
        view.epochs.last.map { percentage($0.validationBalancedAccuracy) } ?? "-",
        view.best.map { percentage($0.validationAccuracy) } ?? "-",
        view.result?.test?.accuracy.map { percentage($0) } ?? "-",
        view.headDigest.map { String($0.prefix(12)) } ?? "-",
      ])
    }
    let lines = table(rows, alignRight: [2, 3, 4, 5, 6], terminal.style)
    write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    return .success
  }

  /// A damaged log is one run's trouble, not the list's.
  private static func look(_ directory: RunDirectory) -> RunView {
    var log = LogReading(directory)
    do throws(RunFilesError) {
      try log.update()
      return log.view
    } catch {
      return RunView(name: directory.name, phase: .stopped(error.description))
    }
  }
}
