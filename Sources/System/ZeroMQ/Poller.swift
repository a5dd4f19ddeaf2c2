import CZeroMQ

/// Waits for several sockets and file descriptors at once.
///
/// What is added must be removed before it is closed.
@safe
public struct Poller: ~Copyable {
  /// Names what was added.
  public struct Token: Hashable, Sendable {
    fileprivate let number: Int
  }

  private var items: [zmq_pollitem_t] = unsafe []
  // Place in `items` of each token; nil once removed.
  private var tokens: [Token] = []
  private var nextNumber = 0

  public init() {}

  /// Watches a socket for frames to receive.
  public mutating func add(_ socket: borrowing Socket) -> Token {
    unsafe insert(
      zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
  }

  /// Watches a descriptor for data to read.
  public mutating func add(fileDescriptor: Int32) -> Token {
    unsafe insert(
      zmq_pollitem_t(socket: nil, fd: fileDescriptor, events: Int16(ZMQ_POLLIN), revents: 0))
  }

  public mutating func remove(_ token: Token) {
    guard let place = tokens.firstIndex(of: token) else {
      preconditionFailure("this token was removed before")
    }
    tokens.remove(at: place)
    unsafe items.remove(at: place)
  }

  /// Waits until something can be read, a signal arrives, or the time is over.
  ///
  /// - Parameter timeoutMilliseconds: nil waits without end, 0 only looks.
  public mutating func wait(timeoutMilliseconds: Int?) throws(ZeroMQError) {
    let timeout = timeoutMilliseconds.map { max(0, $0) } ?? -1
    // Safe: the array holds as many items as the call is told.
    let result = unsafe items.withUnsafeMutableBufferPointer { buffer in
      unsafe zmq_poll(buffer.baseAddress, Int32(buffer.count), timeout)
    }
    guard result < 0 else { return }
    guard zmq_errno() == EINTR else { throw .last("wait for") }
    for place in unsafe items.indices { unsafe items[place].revents = 0 }
  }

  /// Whether the last wait found something to read, or an end or error that reading will show.
  public func isReady(_ token: Token) -> Bool {
    guard let place = tokens.firstIndex(of: token) else { return false }
    return unsafe items[place].revents != 0
  }

  private mutating func insert(_ item: zmq_pollitem_t) -> Token {
    let token = Token(number: nextNumber)
    nextNumber += 1
    tokens.append(token)
    unsafe items.append(item)
    return token
  }
}
