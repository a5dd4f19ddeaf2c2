import Monitoring
import RunDisplay

/// A run as Prometheus scrapes it (text format 0.0.4). What isn't known is left out.
public enum Metrics {
  public static let type = "text/plain; version=0.0.4; charset=utf-8"

  /// More workers than that would make a series each of names that come and go.
  private static let workersMax = 200

  private enum Kind: String { case counter, gauge }

  private struct Sample {
    let labels: [(String, String)]
    let value: Double?
  }

  public static func text(of view: RunView) -> String {
    var text = ""
    func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
      let known = samples.filter { $0.value?.isFinite ?? false }
      guard !known.isEmpty else { return }
      text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
      for sample in known {
        text += "\(name)\(labels(sample.labels)) \(number(sample.value ?? 0))\n"
      }
    }
    func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
      add(name, kind, help, [Sample(labels: [], value: value)])
    }
    func split(_ name: String, _ value: Double?) -> Sample {
      Sample(labels: [("split", name)], value: value)
    }
    let last = view.epochs.last
    let test = view.result?.test
    add(
      "tl_run_info", .gauge, "The run and what it is doing; always 1.",
      [Sample(labels: [("run", view.name), ("state", view.phaseName)], value: 1)])
    add("tl_steps_total", .counter, "Steps of training done.", Double(view.step))
    add("tl_steps_planned", .gauge, "Steps of the whole run.", planned(view.stepsTotal))
    add("tl_epochs_total", .counter, "Epochs done.", Double(last?.number ?? 0))
    add("tl_epochs_planned", .gauge, "Epochs of the whole run.", planned(view.epochsTotal))
    add(
      "tl_photographs_total", .counter,
      "Photographs, with their variants, whose features are computed.",
      view.photographsDone.map { Double($0.done) })
    add(
      "tl_photographs_planned", .gauge, "Photographs, with their variants, of the whole run.",
      view.photographsDone.map { Double($0.total) })
    add(
      "tl_photographs_skipped", .gauge, "Photographs left out because they can't be decoded.",
      Double(view.skipped))
    add(
      "tl_photographs_per_second", .gauge, "Forward passes a second, lately.", view.imagesPerSecond)
    add("tl_steps_per_second", .gauge, "Steps a second, lately.", view.stepsPerSecond)
    add(
      "tl_loss", .gauge, "Mean loss of the last epoch.",
      [split("training", last?.trainLoss), split("validation", last?.validationLoss)])
    add("tl_step_loss", .gauge, "Mean training loss of the newest steps.", view.losses.last?.loss)
    add(
      "tl_accuracy", .gauge, "Share of photographs classified correctly, from 0 to 1.",
      [
        split("training", last?.trainAccuracy), split("validation", last?.validationAccuracy),
        split("test", test?.accuracy),
      ])
    add(
      "tl_balanced_accuracy", .gauge, "Mean of the classes' recalls, from 0 to 1.",
      [
        split("validation", last?.validationBalancedAccuracy),
        split("test", test?.balancedAccuracy),
      ])
    add("tl_workers", .gauge, "Workers by what they do.", workers(view))
    add(
      "tl_worker_threads", .gauge, "Threads of the workers that serve.",
      Double(view.workers.filter { $0.state == "serving" }.reduce(0) { $0 + $1.threads }))
    add(
      "tl_worker_samples_held", .gauge, "Features that a worker holds.",
      view.workers.prefix(workersMax).map {
        Sample(labels: [("worker", $0.name)], value: $0.held.map(Double.init))
      })
    add(
      "tl_checkpoint_step", .gauge, "Steps complete in the newest checkpoint.",
      view.checkpoints.last.map { Double($0.step) })
    add(
      "tl_checkpoint_timestamp_seconds", .gauge, "When the newest checkpoint was written.",
      view.checkpoints.last.map { Double($0.writtenAt.millisecondsSince1970) / 1000 })
    add("tl_run_seconds_total", .counter, "Time that coordinators spent.", view.elapsedSeconds)
    add(
      "tl_remaining_seconds", .gauge, "What is left at the present speed.", view.secondsRemaining)
    add(
      "tl_warnings", .gauge, "Warnings, of which a hundred are kept.", Double(view.warnings.count))
    return text
  }

  private static func planned(_ count: Int) -> Double? { count > 0 ? Double(count) : nil }

  private static func workers(_ view: RunView) -> [Sample] {
    var counts = ["serving": 0]
    for worker in view.workers { counts[worker.state, default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map {
      Sample(labels: [("state", $0.key)], value: Double($0.value))
    }
  }

  private static func labels(_ labels: [(String, String)]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{\(labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ","))}"
  }

  /// As the format wants the values of labels.
  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    let whole = value.rounded()
    return whole == value && abs(value) < 1e15 ? String(Int(whole)) : "\(value)"
  }
}
