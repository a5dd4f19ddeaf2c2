import CLinux
import Glibc

/// Turns signals into something to read, so that they are handled between two events and not in the
/// middle of a computation.
public final class SignalSource: Sendable {
  /// Readable while a signal waits.
  public let fileDescriptor: Int32

  /// Blocks the signals' usual effect in this thread and in every thread started later; create it
  /// before any other thread.
  ///
  /// - Parameter signals: such as `SIGTERM` and `SIGINT`.
  public init(_ signals: [Int32]) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    fileDescriptor = unsafe signalfd(
      -1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
    precondition(
      fileDescriptor >= 0, "no descriptor for signals; raise the limit with `ulimit -n`")
  }

  /// The next signal that waits, or nil.
  public func next() -> Int32? {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    // Safe: reads at most the structure's own size.
    while unsafe read(fileDescriptor, &information, size) != size {
      guard errno == EINTR else { return nil }
    }
    return Int32(bitPattern: information.ssi_signo)
  }

  deinit { close(fileDescriptor) }
}
