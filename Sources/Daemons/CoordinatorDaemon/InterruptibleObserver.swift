import Glibc
import Monitoring
import Synchronization
import Threading
import ZeroMQ

/// Observes what precedes the run. A signal ends that, which can take minutes, at once, wherever it is,
/// on a disk that doesn't answer as well: nothing has been begun that would have to be finished.
/// Warnings wait for the log, so that they are in it.
final class InterruptibleObserver: RunObserver {
  private let base: any RunObserver
  private let held: Held
  private let stopping = Mailbox<Void>()
  private let thread: NamedThread

  private final class Held: Sendable {
    let warnings = Mutex<[String]>([])
  }

  init(base: any RunObserver, signals: SignalSource) {
    self.base = base
    let (held, stopping) = (Held(), stopping)
    self.held = held
    thread = NamedThread(name: "signals") {
      var poller = Poller()
      _ = poller.add(fileDescriptor: signals.fileDescriptor)
      let end = poller.add(fileDescriptor: stopping.fileDescriptor)
      while (try? poller.wait(timeoutMilliseconds: nil)) != nil, !poller.isReady(end) {
        while let signal = signals.next() {
          guard signal != SIGCHLD else { continue }
          for text in held.warnings.withLock({ $0 }) { base.observe(.warning(text)) }
          base.observe(.warning("interrupted before the run went on"))
          exit(EX_TEMPFAIL)
        }
      }
    }
  }

  /// Leaves the signals to somebody else.
  func stop() {
    stopping.send(())
    thread.join()
  }

  /// What there was to warn of.
  var warnings: [String] { held.warnings.withLock { $0 } }

  func observe(_ event: RunEvent) {
    if case .warning(let text) = event {
      held.warnings.withLock { $0.append(text) }
    } else {
      base.observe(event)
    }
  }
}
