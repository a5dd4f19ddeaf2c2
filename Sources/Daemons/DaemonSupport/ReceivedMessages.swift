import ClusterCore
import ClusterShell
import Wire
import ZeroMQ

/// A message that has passed every check which the core relies on, with its tensor.
public struct Received<Content: Equatable & Sendable>: Sendable {
  public let envelope: Envelope<Content>
  public let tensor: Tensor
}

extension Received<WorkerMessage> {
  public init(
    _ message: borrowing IncomingMessage, _ reader: WorkerMessageReader
  ) throws(WireError) {
    let envelope = try message.control.withBytes { (bytes) throws(WireError) in
      try Envelope<WorkerMessage>(decoding: bytes)
    }
    try self.init(envelope, message, reader)
  }

  /// - Parameter envelope: what the message's control frame holds.
  public init(
    _ envelope: Envelope<WorkerMessage>, _ message: borrowing IncomingMessage,
    _ reader: WorkerMessageReader
  ) throws(WireError) {
    guard !message.hasWrongFrameCount else { throw .unknownMessage }
    try reader.check(envelope)
    switch message.tensor {
    case .none: tensor = try reader.tensorMissing(of: envelope.message)
    case .some(let frame):
      tensor = try frame.withBytes { (bytes) throws(WireError) in
        try reader.tensor(of: envelope.message, bytes)
      }
    }
    self.envelope = envelope
  }
}

/// Puts the frames of one connection with a coordinator together: a control frame, and where its
/// message has a tensor that in the next.
public struct CoordinatorStream: Sendable {
  /// A message whose tensor has yet to come.
  private var awaited: Envelope<CoordinatorMessage>?

  public init() {}

  /// Takes the next frame.
  ///
  /// - Returns: a complete message, or nil where its tensor is still to come.
  public mutating func take(
    _ frame: borrowing Message, _ reader: CoordinatorMessageReader
  ) throws(WireError) -> Received<CoordinatorMessage>? {
    let waiting = awaited
    awaited = nil
    return try frame.withBytes { (bytes) throws(WireError) in
      if let waiting {
        return Received(
          envelope: waiting, tensor: try reader.tensor(of: waiting.message, bytes))
      }
      let envelope = try reader.envelope(bytes)
      guard envelope.message.tensor == nil else {
        awaited = envelope
        return nil
      }
      return Received(envelope: envelope, tensor: .none)
    }
  }
}
