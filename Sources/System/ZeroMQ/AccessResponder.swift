import CZeroMQ

/// A connection that asks to be let in.
public struct AccessRequest: Sendable {
  /// Of the listener that it reached.
  public let domain: String
  /// The host it comes from, as the library writes it; empty for a Unix socket.
  public let address: String
  /// By which the peer proved its identity; nil where the connection isn't encrypted.
  public let publicKey: CurveKey?
}

/// What becomes of it.
public enum AccessDecision: Equatable, Sendable {
  /// Let in. `Message.userID` of everything it sends is this name, from 1 to 255 bytes.
  case admit(userID: String)
  /// Turned away for good: the peer hears so.
  case deny
  /// Turned away for now: the peer hears nothing and may try again.
  case postpone
}

/// Answers the library's question who may connect (ZAP, rfc.zeromq.org/spec/27).
///
/// The library asks it for every connection to what was bound after `requireCurve` or
/// `requireAdmission`, before anything that the peer sends is let through. There is one in a context.
public struct AccessResponder: ~Copyable, Sendable {
  private let socket: Socket

  public init(in context: Context) throws(ZeroMQError) {
    let socket = try Socket(.reply, in: context)
    try socket.set(ZMQ_LINGER, Int32(0))
    guard unsafe zmq_bind(socket.pointer, "inproc://zeromq.zap.01") == 0 else {
      throw .last("answer for")
    }
    self.socket = socket
  }

  /// Watches for requests.
  public func add(to poller: inout Poller) -> Poller.Token { poller.add(socket) }

  /// Answers all requests that have come.
  public func answerAll(
    _ decide: (AccessRequest) -> AccessDecision
  ) throws(ZeroMQError) {
    while let version = try socket.receive() {
      var frames = [version.array()]
      var hasMore = version.hasMore
      while hasMore, let frame = try socket.receive() {
        frames.append(frame.array())
        hasMore = frame.hasMore
      }
      try answer(frames, decide)
    }
  }

  /// The frames are version, request, domain, address, the server's own identity, mechanism, and
  /// the mechanism's credentials.
  private func answer(
    _ frames: [[UInt8]], _ decide: (AccessRequest) -> AccessDecision
  ) throws(ZeroMQError) {
    // The library itself asks, so these hold; a request of another form is answered like a stranger.
    var decision = AccessDecision.deny
    if frames.count >= 6, frames[0] == Array("1.0".utf8) {
      let isCurve = frames[5] == Array("CURVE".utf8)
      decision = decide(
        AccessRequest(
          domain: String(decoding: frames[2], as: UTF8.self),
          address: String(decoding: frames[3], as: UTF8.self),
          publicKey: isCurve && frames.count == 7 ? CurveKey(bytes: frames[6]) : nil))
    }
    let (code, userID) =
      switch decision {
      case .admit(let userID): ("200", userID)
      case .postpone: ("300", "")
      case .deny: ("400", "")
      }
    let request = frames.count > 1 ? frames[1] : []
    let reply: [[UInt8]] = [
      Array("1.0".utf8), request, Array(code.utf8), [], Array(userID.utf8), [],
    ]
    for (place, frame) in reply.enumerated() {
      _ = try socket.send(Message(frame), more: place < reply.count - 1)
    }
  }
}
