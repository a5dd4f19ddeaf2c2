import CommandLine
import Monitoring

/// Says that a run stands still because nobody works for it: once each time that it does, and not before
/// workers that are on their way have had time to come.
struct WaitingForWorkers: Sendable {
  /// What to type on another machine; nil before it is known.
  var joinCommand: String?
  /// Whether workers were started beside the coordinator.
  var expectsLocalWorkers = false
  /// When the run began to stand still, in seconds of its coordinator.
  private var since: Double?
  private var hasTold = false

  private static let patienceSeconds = 3.0
  /// For workers that were just started, on a machine that has much to do.
  private static let patienceSecondsForLocal = 15.0

  /// What there is to say now; nil for nothing.
  ///
  /// - Parameter seconds: since the coordinator began.
  mutating func line(_ view: RunView, atSeconds seconds: Double) -> String? {
    guard view.phase == .waitingForWorkers else {
      (since, hasTold) = (nil, false)
      return nil
    }
    let since = since ?? seconds
    self.since = since
    let patience = expectsLocalWorkers ? Self.patienceSecondsForLocal : Self.patienceSeconds
    let here = view.workers.filter { !$0.isGone }
    guard !hasTold, seconds - since >= patience, here.allSatisfy({ $0.state == "serving" })
    else { return nil }
    hasTold = true
    let count =
      here.isEmpty
      ? "none is here" : "\(here.count) of \(view.workersNeeded) that it needs are here"
    let command = joinCommand.map { "; one joins with: \($0)" } ?? ""
    return "The run waits for workers: \(count)\(command)"
  }
}
