import CZeroMQ

/// The library's I/O threads, shared by the sockets of one process.
///
/// Every socket keeps its context alive, so the end of the last of them ends the context, which
/// waits until linger periods are over.
@safe
public final class Context: Sendable {
  // Safe to share: a context is the one object that libzmq declares thread safe.
  nonisolated(unsafe) let pointer: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - ioThreads: one is enough for a gigabyte of traffic per second.
  ///   - socketsMax: sockets that may be open at once; the library keeps a table of this size.
  public init(ioThreads: Int = 1, socketsMax: Int = 1023) throws(ZeroMQError) {
    guard let pointer = unsafe zmq_ctx_new() else { throw .last("create a context for") }
    unsafe self.pointer = unsafe pointer
    guard
      unsafe zmq_ctx_set(pointer, ZMQ_IO_THREADS, Int32(clamping: ioThreads)) == 0,
      unsafe zmq_ctx_set(pointer, ZMQ_MAX_SOCKETS, Int32(clamping: socketsMax)) == 0
    else { throw .last("configure a context for") }
  }

  deinit {
    // A signal may interrupt the wait for the sockets' linger periods.
    while unsafe zmq_ctx_term(pointer) != 0 && zmq_errno() == EINTR {}
  }
}
