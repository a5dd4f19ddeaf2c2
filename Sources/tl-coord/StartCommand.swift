import ClusterCore
import CommandLine
import CoordinatorDaemon
import Glibc
import RunFiles

/// `tl-coord start`: runs a coordinator to its end.
enum StartCommand {
  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let request = try StartConfiguration(settings: settings).request()
    let configuration = request.configuration
    let directory = try RunDirectory(root: request.runsFolder, name: configuration.run)
    let reporter = RunReporter(
      RunPresenter(
        configuration.progress, directory, localWorkers: configuration.localWorkers, terminal))
    let outcome: RunOutcome
    do {
      outcome = try CoordinatorDaemon.run(request, observer: reporter)
    } catch {
      reporter.end()
      throw error
    }
    reporter.end()
    guard case .completed = outcome.outcome else {
      report(.error, outcome.description, program: CoordinatorProgram.program.name)
      return exitCode(of: outcome.outcome)
    }
    if configuration.progress != .json && configuration.progress != .none {
      write(advice(directory, configuration).joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    }
    return .success
  }

  private static func exitCode(of outcome: CoordinatorOutcome) -> ExitCode {
    switch outcome {
    case .completed: .success
    case .interrupted: .interrupted
    case .tooManyUndecodable, .diverged: .data
    case .checkpointFailed: .inputOutput
    }
  }

  /// Where the results lie, and what to try next.
  private static func advice(
    _ directory: RunDirectory, _ configuration: RunConfiguration
  ) -> [String] {
    let start =
      "tl-coord start --data \(shellWord(configuration.data)) "
      + "--backbone \(shellWord(configuration.backbone))"
    return [
      "Results in \(directory.path): checkpoints/ has the classifier, progress.jsonl the whole story.",
      "",
      "Try next:",
      "  tl-coord monitor \(shellWord(monitorArgument(directory)))",
      "      its curves",
      "  \(start) --local-workers 2 --variants 4 --epochs \(configuration.epochs * 2)",
      "      train on shifted and mirrored crops as well",
      "  \(start) --listen 0.0.0.0:5555",
      "      let other machines join",
    ]
  }

  /// The text as a shell takes it for one word.
  private static func shellWord(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch Unicode.Scalar(byte) {
      case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", "/", ":": true
      default: false
      }
    }
    return isPlain && !text.isEmpty
      ? text : "'" + printable(text).replacing("'", with: "'\\''") + "'"
  }

  private static func monitorArgument(_ directory: RunDirectory) -> String {
    directory.root == "runs" ? directory.name : directory.path
  }
}
