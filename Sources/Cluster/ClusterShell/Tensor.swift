/// The numbers that belong to an event or a message; of which kind follows from that.
public enum Tensor: Equatable, Sendable {
  case none
  /// Features [featureCount], or a head's parameters [classCount × featureCount + classCount].
  case floats([Float])
  /// A gradient sum, as long as a head, or a confusion matrix [classCount × classCount].
  case sums([Int64])
}

/// The numbers that go with a coordinator's message.
public enum CoordinatorTensor: Sendable {
  case none
  /// Float32 [featureCount].
  case features([Float])
  /// A head's parameters. Heads of the same version are the same, so that one frame serves all
  /// messages that carry it.
  case head([Float], version: UInt64)
}

/// The frame of the newest head, made once however many workers get it.
public struct HeadFrames<Frame> {
  private var newest: (version: UInt64, frame: Frame)?

  public init() {}

  public mutating func frame(version: UInt64, make: () -> Frame) -> Frame {
    if let newest, newest.version == version { return newest.frame }
    let frame = make()
    newest = (version, frame)
    return frame
  }
}

/// Byte for byte: -0 is not 0 here, and a NaN is itself.
func hasSameBits(_ left: [Float], _ right: [Float]) -> Bool {
  left.count == right.count && zip(left, right).allSatisfy { $0.bitPattern == $1.bitPattern }
}
