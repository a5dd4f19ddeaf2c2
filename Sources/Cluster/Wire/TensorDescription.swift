import ClusterCore

/// The size of a run's head, from which the length of every tensor follows.
public struct HeadDimensions: Equatable, Sendable {
  public let classCount: Int
  public let featureCount: Int

  public init(classCount: UInt32, featureCount: UInt32) {
    self.classCount = Int(classCount)
    self.featureCount = Int(featureCount)
  }

  /// Whether there is a class and a feature and every tensor is within `WireLimits`.
  public var isValid: Bool {
    // Neither product overflows: the factors have 32 bits, and an Int64 has a sign.
    classCount >= 1 && featureCount >= 1 && classCount < 1 << 31 && featureCount < 1 << 31
      && max(parameterCount, classCount * classCount)
        <= WireLimits.tensorByteCountMax / MemoryLayout<Int64>.size
  }

  /// Weight and bias together.
  public var parameterCount: Int { classCount * featureCount + classCount }
}

/// Which tensor a message carries.
public enum TensorDescription: Equatable, Sendable {
  case float32(count: Int)
  case int64(count: Int)

  /// The length of the tensor's frame.
  public var byteCount: Int {
    switch self {
    case .float32(let count): count * MemoryLayout<Float>.size
    case .int64(let count): count * MemoryLayout<Int64>.size
    }
  }
}

extension WorkerMessage {
  /// The tensor in the frame after this message's; nil if none follows.
  public func tensor(_ dimensions: HeadDimensions) -> TensorDescription? {
    switch self {
    case .features: .float32(count: dimensions.featureCount)
    case .gradientSum: .int64(count: dimensions.parameterCount)
    case .evaluation: .int64(count: dimensions.classCount * dimensions.classCount)
    case .hello, .joined, .holding, .undecodable, .decline, .diverged, .heartbeat, .leave, .status:
      nil
    }
  }
}

extension CoordinatorMessage {
  /// The tensor in the frame after this message's; nil if none follows.
  public func tensor(_ dimensions: HeadDimensions) -> TensorDescription? {
    switch self {
    case .lease(let lease):
      lease.withFeatures ? .float32(count: dimensions.featureCount) : nil
    case .step, .evaluate: .float32(count: dimensions.parameterCount)
    case .welcome, .refuse, .revoke, .heartbeat, .finished, .statusReply: nil
    }
  }
}
