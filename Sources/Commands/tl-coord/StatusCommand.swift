import AccessOptions
import CommandLine
import Glibc
import Monitoring
import RunDisplay
import RunFiles

/// `tl-coord status`: one look at a run.
enum StatusCommand {
  static let json = Option<Bool>(flag: "json", "print one JSON object, for programs")

  static let command = Command(
    "status", "tell how a run is doing, once",
    positional: MonitorCommand.command.positional,
    groups: [
      OptionGroup("Options", [json.declaration, StartOptions.runs.declaration]),
      AccessOptions.group,
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let target = try RunTarget(settings.arguments.first, root: settings[StartOptions.runs])
    var watcher = try RunWatcher(target, settings)
    let view = try watcher.look()
    if settings[json] {
      write(view.json.encodedForPeople, to: STDOUT_FILENO)
      return .success
    }
    var lines = view.progressLines(terminal.style)
    if let head = view.headDigest { lines.append("  head      \(head)") }
    write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    return .success
  }
}

extension RunView {
  /// For `status --json`; what isn't known is null.
  var json: JSONValue {
    func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
    let workers = self.workers.map { worker in
      JSONValue.object([
        .init("name", .string(worker.name)), .init("threads", .integer(worker.threads)),
        .init("state", .string(worker.condition)),
        .init("last_seen_seconds", optional(worker.silentSeconds)),
      ])
    }
    return .object([
      .init("run", .string(name)),
      .init("state", .string(phaseName)),
      .init("step", .integer(step)),
      .init("steps", .integer(stepsTotal)),
      .init("epochs_done", .integer(epochs.last?.number ?? 0)),
      .init("epochs", .integer(epochsTotal)),
      .init("train_loss", optional(newestLoss)),
      .init("validation_accuracy", optional(epochs.last?.validationAccuracy)),
      .init("validation_balanced_accuracy", optional(epochs.last?.validationBalancedAccuracy)),
      .init("best_validation_accuracy", optional(best?.validationAccuracy)),
      .init("test_accuracy", optional(result?.test?.accuracy)),
      .init("test_balanced_accuracy", optional(result?.test?.balancedAccuracy)),
      .init("features", .integer(photographsDone?.done ?? 0)),
      .init("features_total", .integer(photographsDone?.total ?? 0)),
      .init("images_per_second", optional(imageRate)),
      .init("steps_per_second", optional(stepRate)),
      .init("elapsed_seconds", optional(elapsedSeconds)),
      .init("remaining_seconds", optional(secondsRemaining)),
      .init("skipped", .integer(skipped)),
      .init("head_sha256", headDigest.map(JSONValue.string) ?? .null),
      .init("workers", .array(workers)),
    ])
  }
}
