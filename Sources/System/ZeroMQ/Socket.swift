import CZeroMQ

/// A socket of one thread.
///
/// It may be handed to another thread, but only one may use it at a time. It closes at the end of
/// its life; frames not yet sent get the linger period.
@safe
public struct Socket: ~Copyable, @unchecked Sendable {
  public enum Kind: Sendable {
    /// Talks with many peers; the first frame of each message names the peer.
    case router
    /// Talks with one peer without a fixed order of requests and replies.
    case dealer
    /// Answers one request after the other.
    case reply
    /// One end of a channel inside the process, and the reader of monitor events.
    case pair
  }

  /// What became of a message offered to the library.
  public enum SendResult: Sendable {
    case sent
    /// The queue of the peer is full.
    case wouldBlock
    /// No connected peer has this routing id.
    case unroutable
  }

  let pointer: UnsafeMutableRawPointer
  // Keeps the library's threads alive for as long as this socket.
  let context: Context

  public init(_ kind: Kind, in context: Context) throws(ZeroMQError) {
    let type =
      switch kind {
      case .router: ZMQ_ROUTER
      case .dealer: ZMQ_DEALER
      case .reply: ZMQ_REP
      case .pair: ZMQ_PAIR
      }
    guard let pointer = unsafe zmq_socket(context.pointer, type) else {
      throw .last("open")
    }
    unsafe self.pointer = unsafe pointer
    self.context = context
  }

  /// Listens on `endpoint`; port 0 takes a free one.
  ///
  /// - Returns: the endpoint with the port that was taken.
  @discardableResult
  public func bind(_ endpoint: Endpoint) throws(ZeroMQError) -> Endpoint {
    try bind(.network(try endpoint.forListening()))
    return try Endpoint(lastEndpoint())
  }

  /// Listens, with the options that are set at this moment: further addresses may get others.
  public func bind(_ address: Address) throws(ZeroMQError) {
    guard unsafe zmq_bind(pointer, address.url) == 0 else {
      throw .last("listen on", address: address)
    }
  }

  /// Has connections to what is bound from now on handled by some of the context's I/O threads alone,
  /// each by the one that has the fewest.
  public func useThreads(_ numbers: Range<Int>) throws(ZeroMQError) {
    try set(ZMQ_AFFINITY, numbers.reduce(UInt64(0)) { $0 | 1 << UInt64($1) })
  }

  /// Connects in the background; the peer needn't exist yet.
  public func connect(_ endpoint: Endpoint) throws(ZeroMQError) {
    try connect(.network(endpoint))
  }

  /// Connects in the background; the peer needn't exist yet.
  public func connect(_ address: Address) throws(ZeroMQError) {
    guard unsafe zmq_connect(pointer, address.url) == 0 else {
      throw .last("connect to", address: address)
    }
  }

  /// Offers one frame without waiting.
  ///
  /// Once the first frame of a multipart message is accepted, the library accepts the others.
  ///
  /// - Parameter more: whether further frames of the same message follow.
  public func send(_ message: consuming Message, more: Bool = false) throws(ZeroMQError)
    -> SendResult
  {
    let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
    while unsafe zmq_msg_send(message.pointer, pointer, flags) < 0 {
      switch zmq_errno() {
      case EINTR: continue
      case EAGAIN: return .wouldBlock
      case EHOSTUNREACH: return .unroutable
      default: throw .last("send on")
      }
    }
    return .sent
  }

  /// Takes the next frame without waiting, or nil where none has come.
  ///
  /// Frames of a multipart message arrive together: once one is here, so are the others.
  public func receive() throws(ZeroMQError) -> Message? {
    let message = Message()
    while unsafe zmq_msg_recv(message.pointer, pointer, ZMQ_DONTWAIT) < 0 {
      switch zmq_errno() {
      case EINTR: continue
      case EAGAIN: return nil
      default: throw .last("receive on")
      }
    }
    return message
  }

  /// Closes now instead of at the end of the value's life.
  public consuming func close() {}

  deinit {
    // Closing makes events that a monitor which is gone would never take.
    _ = unsafe zmq_socket_monitor(pointer, nil, 0)
    // Fails only for what isn't a socket.
    _ = unsafe zmq_close(pointer)
  }
}
