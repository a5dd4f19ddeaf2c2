import CZeroMQ

/// What a socket is set to before it binds or connects. Every limit is deliberate: the library's
/// defaults are unlimited frames, endless handshakes and endless lingering.
public struct SocketOptions: Sendable {
  /// The largest frame accepted; a peer that sends a larger one is disconnected. It limits a frame,
  /// not a message of several.
  public var frameBytesMax: Int
  /// Messages queued for one peer before `send` says `wouldBlock`.
  public var sendQueueMessagesMax: Int
  /// Messages of one peer queued before the library stops reading from its connection.
  public var receiveQueueMessagesMax: Int
  /// How long a peer may take for the handshake.
  public var handshakeMilliseconds = 5_000
  /// How long closing waits for unsent frames.
  public var lingerMilliseconds = 1_000
  /// Whether a router reports frames for unknown peers instead of dropping them.
  public var routerMandatory = true
  /// How long the library waits before it connects anew, or nil for never: then who lost a
  /// connection opens a new socket when it sees fit.
  public var reconnectMilliseconds: Int?
  /// Connections that wait for being accepted.
  public var backlog = 1_024

  /// As good as never. With -1, which the library has for that, it drops with a Unix socket's
  /// connection what came over it and nobody has read yet.
  fileprivate static let reconnectMillisecondsMax = 86_400_000

  /// CURVE adds up to this many bytes to a frame.
  public static let curveOverheadBytes = 33

  public init(
    frameBytesMax: Int, sendQueueMessagesMax: Int = 1_000, receiveQueueMessagesMax: Int = 1_000
  ) {
    precondition(frameBytesMax > 0 && sendQueueMessagesMax > 0 && receiveQueueMessagesMax > 0)
    self.frameBytesMax = frameBytesMax
    self.sendQueueMessagesMax = sendQueueMessagesMax
    self.receiveQueueMessagesMax = receiveQueueMessagesMax
  }
}

extension Socket {
  /// Sets every option; call it before `bind` and `connect`.
  public func apply(_ options: SocketOptions) throws(ZeroMQError) {
    try set(ZMQ_MAXMSGSIZE, Int64(options.frameBytesMax + SocketOptions.curveOverheadBytes))
    try set(ZMQ_SNDHWM, Int32(options.sendQueueMessagesMax))
    try set(ZMQ_RCVHWM, Int32(options.receiveQueueMessagesMax))
    try set(ZMQ_HANDSHAKE_IVL, Int32(options.handshakeMilliseconds))
    try set(ZMQ_LINGER, Int32(options.lingerMilliseconds))
    try set(
      ZMQ_RECONNECT_IVL,
      Int32(options.reconnectMilliseconds ?? SocketOptions.reconnectMillisecondsMax))
    try set(ZMQ_BACKLOG, Int32(options.backlog))
    try set(ZMQ_IPV6, Int32(1))
    if try kindNumber() == ZMQ_ROUTER {
      try set(ZMQ_ROUTER_MANDATORY, Int32(options.routerMandatory ? 1 : 0))
      // A peer never takes over the connection of another by claiming its identity.
      try set(ZMQ_ROUTER_HANDOVER, Int32(0))
    }
  }

  func set<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) throws(ZeroMQError) {
    // Safe: the library copies the plain value of the size that the option has.
    let result = unsafe withUnsafeBytes(of: value) { bytes in
      unsafe zmq_setsockopt(pointer, option, bytes.baseAddress, bytes.count)
    }
    guard result == 0 else { throw .last("set option \(option) of") }
  }

  func set(_ option: Int32, bytes: [UInt8]) throws(ZeroMQError) {
    // Safe: the library copies as many bytes as it is told of.
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe zmq_setsockopt(pointer, option, bytes.baseAddress, bytes.count)
    }
    guard result == 0 else { throw .last("set option \(option) of") }
  }

  private func kindNumber() throws(ZeroMQError) -> Int32 {
    var kind: Int32 = 0
    var byteCount = MemoryLayout<Int32>.size
    // Safe: the option is an int and both arguments are of its size.
    guard unsafe zmq_getsockopt(pointer, ZMQ_TYPE, &kind, &byteCount) == 0 else {
      throw .last("read the type of")
    }
    return kind
  }

  /// The endpoint last bound or connected, with the port that was taken for port 0.
  func lastEndpoint() throws(ZeroMQError) -> String {
    // The longest endpoint: a host name of 253 bytes, scheme, brackets and port.
    var byteCount = 512
    // Safe: the library writes at most byteCount bytes, the last of them a zero.
    let endpoint = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: byteCount) {
      buffer -> String? in
      guard
        unsafe zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, buffer.baseAddress, &byteCount) == 0,
        let start = buffer.baseAddress
      else { return nil }
      return unsafe String(cString: start)
    }
    guard let endpoint else { throw .last("read the endpoint of") }
    return endpoint
  }
}
