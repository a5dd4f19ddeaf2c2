import CAccept
import Glibc
import Testing

@Suite struct AcceptedConnectionTests {
  @Test func `the network gets none of the last descriptors, and Unix sockets get all`() {
    for (descriptor, isKept) in [(3, true), (79, true), (80, false), (95, false)] {
      #expect(tl_accept_keeps(Int32(descriptor), false, 96, 16) == isKept, "\(descriptor)")
      #expect(tl_accept_keeps(Int32(descriptor), true, 96, 16), "\(descriptor)")
    }
  }

  /// libzmq's listener on a Unix socket ends the process at any other.
  @Test func `a listener gets no error that it doesn't know`() {
    for error in [EAGAIN, EINTR, ECONNABORTED, EPROTO] { #expect(tl_accept_error(error) == error) }
    for error in [EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, ENETDOWN, EHOSTUNREACH, ETIMEDOUT] {
      #expect(tl_accept_error(error) == ECONNABORTED)
    }
    // A bug is to be seen.
    for error in [EBADF, EINVAL, ENOTSOCK, EFAULT] { #expect(tl_accept_error(error) == error) }
  }
}
