import ClusterCore
import ClusterShell
import Wire
import ZeroMQ

/// How the sockets of the two channels are set up, on both sides.
public enum Channels {
  /// A lease with features is the most frequent message; when samples move between workers, a
  /// whole shard of them is queued at once.
  private static let controlQueueMessagesMax = 16_384

  /// A few chunks in flight for each worker keep a fast network busy.
  private static let objectQueueMessagesMax = 32

  /// What a coordinator has received of one peer and not yet looked at, in bytes and messages.
  private static let unreadByteCountMax = 4 << 20
  private static let unreadMessagesMin = 8

  /// Of a coordinator, which knows the largest frame that a worker of its run sends.
  public static func coordinatorOptions(_ dimensions: HeadDimensions) -> SocketOptions {
    let gradient = TensorContent.gradientSum(count: 0).byteCount(dimensions)
    let confusion = TensorContent.confusionMatrix(count: 0, correct: 0).byteCount(dimensions)
    let frameBytesMax = max(WireLimits.controlFrameByteCountMax, gradient, confusion)
    return SocketOptions(
      frameBytesMax: frameBytesMax, sendQueueMessagesMax: controlQueueMessagesMax,
      receiveQueueMessagesMax: max(unreadMessagesMin, unreadByteCountMax / frameBytesMax))
  }

  /// Of a worker: hellos, leases, shares, sums, heartbeats.
  public static let workerOptions = SocketOptions(
    frameBytesMax: max(WireLimits.controlFrameByteCountMax, WireLimits.tensorByteCountMax),
    sendQueueMessagesMax: controlQueueMessagesMax,
    receiveQueueMessagesMax: controlQueueMessagesMax)

  /// Of a worker: requests for pieces of objects, and the pieces.
  public static let objectOptions = SocketOptions(
    frameBytesMax: WireLimits.chunkByteCountMax + WireLimits.controlFrameByteCountMax,
    sendQueueMessagesMax: objectQueueMessagesMax,
    receiveQueueMessagesMax: objectQueueMessagesMax)

  /// Pieces that one worker asks for before the first of them has arrived: two megabytes, so that a
  /// distant one gets 20 MB a second.
  public static let chunksInFlightMax = 8

  /// Messages that a control thread handles before it looks at signals and the time again.
  public static let messagesPerTurnMax = 256
}

extension Message {
  /// A tensor's frame.
  public static func tensor(_ values: [Float]) -> Message {
    Message(byteCount: values.count * MemoryLayout<Float>.size) { frame in
      TensorFrame.write(values.span, into: &frame)
    }
  }

  /// A tensor's frame.
  public static func tensor(_ values: [Int64]) -> Message {
    Message(byteCount: values.count * MemoryLayout<Int64>.size) { frame in
      TensorFrame.write(values.span, into: &frame)
    }
  }
}

/// The frame of a head, which values can hold on to.
public final class HeadFrame {
  private let message: Message

  public init(_ parameters: [Float]) { message = .tensor(parameters) }

  /// The same bytes again.
  public func shared() -> Message { message.shared() }
}

extension CoordinatorTensor {
  /// The frame that goes with the message; nil where none does.
  public func frame(_ heads: inout HeadFrames<HeadFrame>) -> Message? {
    switch self {
    case .none: nil
    case .features(let row): .tensor(row)
    case .head(let parameters, let version):
      heads.frame(version: version) { HeadFrame(parameters) }.shared()
    }
  }
}

extension Tensor {
  /// The frame that goes with the message; nil where none does.
  public var frame: Message? {
    switch self {
    case .none: nil
    case .floats(let values): .tensor(values)
    case .sums(let values): .tensor(values)
    }
  }
}

/// A message as it comes from a socket: a control frame, and the tensor where one follows.
public struct IncomingMessage: ~Copyable {
  /// Who sent it.
  public let route: [UInt8]
  public let control: Message
  public let tensor: Message?
  /// Whether there were frames missing, or more than any message has.
  public let hasWrongFrameCount: Bool

  public init(
    route: [UInt8], control: consuming Message, tensor: consuming Message?,
    hasWrongFrameCount: Bool
  ) {
    self.route = route
    self.control = control
    self.tensor = tensor
    self.hasWrongFrameCount = hasWrongFrameCount
  }
}

extension Socket {
  /// The next message of a router's, or nil where none has come.
  public func receiveRouted() throws(ZeroMQError) -> IncomingMessage? {
    guard let route = try receive() else { return nil }
    let identity = route.array()
    guard route.hasMore else {
      return IncomingMessage(
        route: identity, control: Message(), tensor: nil, hasWrongFrameCount: true)
    }
    return try receiveMessage(from: identity)
  }

  private func receiveMessage(from route: [UInt8]) throws(ZeroMQError) -> IncomingMessage? {
    guard let control = try receive() else { return nil }
    guard control.hasMore, let tensor = try receive() else {
      return IncomingMessage(
        route: route, control: control, tensor: nil, hasWrongFrameCount: false)
    }
    var hasMore = tensor.hasMore
    let hasWrongFrameCount = hasMore
    while hasMore, let superfluous = try receive() { hasMore = superfluous.hasMore }
    return IncomingMessage(
      route: route, control: control, tensor: tensor, hasWrongFrameCount: hasWrongFrameCount)
  }
}
