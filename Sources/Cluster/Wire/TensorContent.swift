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

/// Which tensor follows a message, and by what the receiver checks it.
///
/// It isn't on the wire: it follows from the message, and the length from the run's dimensions, by
/// one function for sender and receiver.
public enum TensorContent: Equatable, Sendable {
  /// float32 [featureCount].
  case features
  /// float32 [classCount × featureCount + classCount]: the weight, row-major, and the bias.
  case head
  /// Int64, as long as a head: summed over `count` samples.
  case gradientSum(count: UInt32)
  /// Int64 [classCount × classCount], a row for each true class: of `count` samples, of which so
  /// many lie on the diagonal.
  case confusionMatrix(count: UInt32, correct: UInt32)

  public func elementCount(_ dimensions: HeadDimensions) -> Int {
    switch self {
    case .features: dimensions.featureCount
    case .head, .gradientSum: dimensions.parameterCount
    case .confusionMatrix: dimensions.classCount * dimensions.classCount
    }
  }

  /// The length of the tensor's frame.
  public func byteCount(_ dimensions: HeadDimensions) -> Int {
    switch self {
    case .features, .head: elementCount(dimensions) * MemoryLayout<Float>.size
    case .gradientSum, .confusionMatrix: elementCount(dimensions) * MemoryLayout<Int64>.size
    }
  }
}

/// What an answer to a share counted beside its tensor.
public struct ShareTotals: Equatable, Sendable {
  public let count: UInt32
  public let correct: UInt32
  /// In units of 2⁻³².
  public let lossSum: Int64
}
