import CommandLine
import Glibc
import Monitoring
import RunFiles
import Synchronization
import Threading

/// Shows a run while it goes on, from a thread of its own: a terminal that stands still, or a pipe
/// that nobody reads, must not hold up the run.
final class RunReporter: RunObserver {
  private enum Item: Sendable {
    case preparing(String, share: Double)
    case lines([String])
    case event(RunEvent)
    case end
  }

  /// How many events wait to be shown.
  private final class Backlog: Sendable {
    let count = Atomic<Int>(0)
  }

  private let queue = WorkQueue<Item>()
  private let backlog = Backlog()
  private let thread: NamedThread
  /// Of the page that shows the run, if there is one.
  private let feed: PageFeed?

  /// Beyond that, states of everything are left out; news are not.
  private static let pendingStatusesMax = 1_000

  /// - Parameter recorded: of the run, if it is written for TensorBoard as well.
  init(_ presenter: consuming RunPresenter, feed: PageFeed?, recorded: RunDirectory? = nil) {
    self.feed = feed
    let presenter = Mutex(presenter)
    let queue = queue
    let backlog = backlog
    thread = NamedThread(name: "display") {
      var recorder = recorded.map { EventRecorder($0) }
      while let item = queue.take() {
        switch item {
        case .preparing(let what, let share):
          presenter.withLock { $0.prepare(what, share: share) }
        case .lines(let lines):
          presenter.withLock { $0.say(lines) }
        case .event(let event):
          backlog.count.subtract(1, ordering: .relaxed)
          presenter.withLock { $0.present(event) }
          if case .logged(let line) = event { recorder?.take(line) }
        case .end:
          presenter.withLock { $0.end() }
          return
        }
      }
    }
  }

  func observe(_ event: RunEvent) {
    feed?.note(event)
    if case .status = event,
      backlog.count.load(ordering: .relaxed) > RunReporter.pendingStatusesMax
    {
      return
    }
    backlog.count.add(1, ordering: .relaxed)
    queue.add(.event(event))
  }

  /// Shows how far something has come that must be done before the coordinator runs.
  func prepare(_ what: String, share: Double) {
    feed?.note(preparing: what, share: share)
    queue.add(.preparing(what, share: share))
  }

  /// Shows lines that stay.
  func say(_ lines: [String]) {
    queue.add(.lines(lines))
  }

  /// Waits until everything has been shown. Call it last.
  func end() {
    queue.add(.end)
    thread.join()
  }
}
