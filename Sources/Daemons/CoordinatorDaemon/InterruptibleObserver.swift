import Glibc
import Threading

/// Lets a signal end what precedes the run, which can take minutes: nothing has been begun that
/// would have to be finished.
struct InterruptibleObserver: RunObserver {
  let base: any RunObserver
  let signals: SignalSource

  func observe(_ event: RunEvent) {
    base.observe(event)
    guard case .preparing = event else { return }
    while let signal = signals.next() {
      guard signal != SIGCHLD else { continue }
      base.observe(.warning("interrupted before the run went on"))
      exit(EX_TEMPFAIL)
    }
  }
}
