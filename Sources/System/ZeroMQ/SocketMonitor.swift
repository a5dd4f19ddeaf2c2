import CZeroMQ
import Synchronization

/// What happens to a socket's connections, as the library tells it.
public enum ConnectionEvent: Equatable, Sendable {
  /// The connection is up and its handshake done.
  case ready
  /// A connection ended, or could not be made.
  case lost(reason: String)
  /// The other side speaks otherwise: it is no coordinator, has other keys, or only one of the two
  /// encrypts.
  case handshakeFailed
  /// The other side refused our credentials, or we its: another try won't help.
  case authenticationFailed
}

/// Tells what happens to the connections of one socket.
///
/// The library's own thread hands events over and waits where nobody can take them: a monitor that
/// ends before its socket without `stop` would bring every connection of the process to a halt.
public struct SocketMonitor: ~Copyable, Sendable {
  private let reader: Socket

  private static let count = Atomic<Int>(0)

  private static let events =
    ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED
    | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
    | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

  /// Begins to watch; do so before the socket binds or connects.
  public init(_ socket: borrowing Socket) throws(ZeroMQError) {
    let number = SocketMonitor.count.wrappingAdd(1, ordering: .relaxed).newValue
    let address = "inproc://monitor-\(number)"
    guard unsafe zmq_socket_monitor(socket.pointer, address, SocketMonitor.events) == 0 else {
      throw .last("monitor")
    }
    let reader = try Socket(.pair, in: socket.context)
    try reader.set(ZMQ_LINGER, Int32(0))
    guard unsafe zmq_connect(reader.pointer, address) == 0 else {
      throw .last("monitor")
    }
    self.reader = reader
  }

  /// Ends the watch over the socket; due before the monitor goes, unless the socket went before.
  public func stop(watching socket: borrowing Socket) {
    // Fails only where the context has ended, and its threads with it.
    _ = unsafe zmq_socket_monitor(socket.pointer, nil, 0)
  }

  /// Watches the monitor for events to read.
  public func add(to poller: inout Poller) -> Poller.Token { poller.add(reader) }

  /// The next event, or nil where none has come.
  public func next() throws(ZeroMQError) -> ConnectionEvent? {
    while let frame = try reader.receive() {
      // The event's number in two bytes, a value in four; the endpoint follows in another frame.
      let bytes = frame.array()
      guard bytes.count >= 2 else { continue }
      let number = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
      if frame.hasMore { _ = try reader.receive() }
      switch Int32(number) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .ready
      case ZMQ_EVENT_DISCONNECTED: return .lost(reason: "the connection ended")
      case ZMQ_EVENT_CLOSED: return .lost(reason: "nobody listens there")
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return .handshakeFailed
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .authenticationFailed
      default: continue
      }
    }
    return nil
  }
}
