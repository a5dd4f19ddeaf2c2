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
    guard !message.hasWrongFrameCount else { throw .unknownMessage }
    let envelope = try message.control.withBytes { (bytes) throws(WireError) in
      try reader.envelope(bytes)
    }
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

extension Received<CoordinatorMessage> {
  public init(
    _ message: borrowing IncomingMessage, _ reader: CoordinatorMessageReader
  ) throws(WireError) {
    guard !message.hasWrongFrameCount else { throw .unknownMessage }
    let envelope = try message.control.withBytes { (bytes) throws(WireError) in
      try reader.envelope(bytes)
    }
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
