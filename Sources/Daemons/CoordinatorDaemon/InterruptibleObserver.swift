import Glibc
import Monitoring
import Synchronization
import Threading

/// Observes what precedes the run. A signal can end that, which can take minutes: nothing has been
/// begun that would have to be finished. Warnings wait for the log, so that they are in it.
final class InterruptibleObserver: RunObserver {
  private let base: any RunObserver
  private let signals: SignalSource
  private let held = Mutex<[String]>([])

  init(base: any RunObserver, signals: SignalSource) {
    self.base = base
    self.signals = signals
  }

  /// What there was to warn of.
  var warnings: [String] { held.withLock { $0 } }

  func observe(_ event: RunEvent) {
    if case .warning(let text) = event {
      held.withLock { $0.append(text) }
      return
    }
    base.observe(event)
    guard case .preparing = event else { return }
    while let signal = signals.next() {
      guard signal != SIGCHLD else { continue }
      for text in warnings { base.observe(.warning(text)) }
      base.observe(.warning("interrupted before the run went on"))
      exit(EX_TEMPFAIL)
    }
  }
}
