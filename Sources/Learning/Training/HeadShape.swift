import Kernels

/// The size of a head: a linear layer from features to one logit for each class.
public struct HeadShape: Hashable, Sendable {
  /// At most 65,535 classes, so that a class index fits 16 bits.
  public static let classCountMax = 65_535
  /// Far beyond any image classifier's last layer.
  public static let featureCountMax = 1 << 16
  /// What the head's tensors may take: 64 Mi parameters are 256 MiB.
  public static let parameterCountMax = 1 << 26

  public let featureCount: Int
  public let classCount: Int

  /// Refuses fewer than two classes, no features, and whatever exceeds the limits above.
  public init(featureCount: Int, classCount: Int) throws(TrainingError) {
    guard (1...Self.featureCountMax).contains(featureCount),
      (2...Self.classCountMax).contains(classCount),
      classCount * (featureCount + 1) <= Self.parameterCountMax
    else {
      throw .unusableShape(featureCount: featureCount, classCount: classCount)
    }
    self.featureCount = featureCount
    self.classCount = classCount
  }

  public var weightCount: Int { classCount * featureCount }

  /// Weights and biases.
  public var parameterCount: Int { weightCount + classCount }
}

/// How large a feature may be, so that gradient sums stay exact.
public enum FeatureBound {
  /// Every |feature| of a run must be below this: 2³¹ divided by the batch size rounded up to a
  /// power of two, so that the Int64 sum over a batch can't overflow, and at most 2¹⁸, so that a
  /// single scaled gradient rounds exactly in double precision. MobileNets stay far below 100.
  public static func limit(batchSize: Int) -> Float {
    precondition(batchSize > 0)
    var limit: Float = 0x1p31
    var covered = 1
    while covered < batchSize, limit > 1 {
      covered *= 2
      limit /= 2
    }
    return min(limit, HeadKernels.featureMagnitudeLimit)
  }

  /// The place of the first feature that isn't a number below the limit, or nil. Call it when
  /// features arrive, from a backbone or from another process: everything after relies on it.
  public static func firstViolation(in features: Span<Float>, batchSize: Int) -> Int? {
    let limit = limit(batchSize: batchSize)
    // The comparison is false for NaN.
    for index in features.indices where !(abs(features[index]) < limit) { return index }
    return nil
  }
}
