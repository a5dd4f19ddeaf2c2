import CLinux
import Glibc

/// A counter in the kernel that a thread can wait for together with sockets.
final class EventDescriptor: Sendable {
  enum Kind {
    /// One read takes everything that was raised.
    case latch
    /// One read takes one.
    case semaphore
  }

  let fileDescriptor: Int32

  init(_ kind: Kind) {
    var flags = Int32(EFD_CLOEXEC)
    switch kind {
    case .latch: flags |= Int32(EFD_NONBLOCK)
    case .semaphore: flags |= Int32(EFD_SEMAPHORE)
    }
    fileDescriptor = eventfd(0, flags)
    precondition(
      fileDescriptor >= 0, "no descriptor for an event; raise the limit with `ulimit -n`")
  }

  func raise() {
    // Cannot block: the counter would have to reach 2⁶⁴ − 2.
    while eventfd_write(fileDescriptor, 1) != 0 {
      precondition(errno == EINTR, "an event was raised after its descriptor was closed")
    }
  }

  /// Lowers the counter; a semaphore waits until there is something to lower.
  func lower() {
    var value: eventfd_t = 0
    while unsafe eventfd_read(fileDescriptor, &value) != 0 && errno == EINTR {}
  }

  deinit { close(fileDescriptor) }
}
