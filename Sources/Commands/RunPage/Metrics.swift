import HTTP
import Monitoring
import RunDisplay

/// A run as Prometheus scrapes it.
public enum Metrics {
  /// More workers than that would make a series each of names that come and go.
  private static let workersMax = 200

  public static func text(of view: RunView) -> String {
    var text = MetricsText()
    func split(_ name: String, _ value: Double?) -> MetricsText.Sample {
      MetricsText.Sample([("split", name)], value)
    }
    let last = view.epochs.last
    let test = view.result?.test
    text.add(
      "tl_run_info", .gauge, "The run and what it is doing; always 1.",
      [MetricsText.Sample([("run", view.name), ("state", view.phaseName)], 1)])
    text.add("tl_steps_total", .counter, "Steps of training done.", Double(view.step))
    text.add("tl_steps_planned", .gauge, "Steps of the whole run.", planned(view.stepsTotal))
    text.add("tl_epochs_total", .counter, "Epochs done.", Double(last?.number ?? 0))
    text.add("tl_epochs_planned", .gauge, "Epochs of the whole run.", planned(view.epochsTotal))
    text.add(
      "tl_photographs_total", .counter,
      "Photographs, with their variants, whose features are computed.",
      view.photographsDone.map { Double($0.done) })
    text.add(
      "tl_photographs_planned", .gauge, "Photographs, with their variants, of the whole run.",
      view.photographsDone.map { Double($0.total) })
    text.add(
      "tl_photographs_skipped", .gauge,
      "Photographs that are skipped: they went or changed during the run.",
      Double(view.skipped))
    text.add(
      "tl_photographs_per_second", .gauge, "Forward passes a second, lately.", view.imageRate)
    text.add("tl_steps_per_second", .gauge, "Steps a second, lately.", view.stepRate)
    text.add(
      "tl_loss", .gauge, "Mean loss of the last epoch.",
      [split("training", last?.trainLoss), split("validation", last?.validationLoss)])
    text.add(
      "tl_step_loss", .gauge, "Mean training loss of the newest steps.", view.newestLoss)
    text.add(
      "tl_accuracy", .gauge, "Share of photographs classified correctly, from 0 to 1.",
      [
        split("training", last?.trainAccuracy), split("validation", last?.validationAccuracy),
        split("test", test?.accuracy),
      ])
    text.add(
      "tl_balanced_accuracy", .gauge, "Mean of the classes' recalls, from 0 to 1.",
      [
        split("validation", last?.validationBalancedAccuracy),
        split("test", test?.balancedAccuracy),
      ])
    text.add("tl_workers", .gauge, "Workers by what they do.", workers(view))
    text.add(
      "tl_worker_threads", .gauge, "Threads of the workers that serve.",
      Double(view.workers.filter { $0.state == "serving" }.reduce(0) { $0 + $1.threads }))
    text.add(
      "tl_worker_samples_held", .gauge, "Features that a worker holds.",
      view.workers.prefix(workersMax).map {
        MetricsText.Sample([("worker", $0.name)], $0.held.map(Double.init))
      })
    text.add(
      "tl_worker_silent_seconds", .gauge,
      "Since the coordinator last heard of a worker that is here.",
      view.workers.lazy.filter { !$0.isGone }.prefix(workersMax).map {
        MetricsText.Sample([("worker", $0.name)], $0.silentSeconds)
      })
    text.add(
      "tl_checkpoint_step", .gauge, "Steps complete in the newest checkpoint.",
      view.checkpoints.last.map { Double($0.step) })
    text.add(
      "tl_checkpoint_timestamp_seconds", .gauge, "When the newest checkpoint was written.",
      view.checkpoints.last.map { Double($0.writtenAt.millisecondsSince1970) / 1000 })
    text.add("tl_run_seconds_total", .counter, "Time that coordinators spent.", view.elapsedSeconds)
    text.add(
      "tl_remaining_seconds", .gauge, "What is left at the present speed.", view.secondsRemaining)
    text.add(
      "tl_warnings", .gauge, "Warnings, of which a hundred are kept.", Double(view.warnings.count))
    return text.text
  }

  private static func planned(_ count: Int) -> Double? { count > 0 ? Double(count) : nil }

  private static func workers(_ view: RunView) -> [MetricsText.Sample] {
    var counts = ["serving": 0]
    for worker in view.workers where !worker.isGone { counts[worker.state, default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map {
      MetricsText.Sample([("state", $0.key)], Double($0.value))
    }
  }
}
