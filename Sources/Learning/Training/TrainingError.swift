/// Why a run's numbers left the range in which training means anything.
public struct Divergence: Error, Hashable, Sendable, CustomStringConvertible {
  /// A logit or parameter beyond this magnitude is absurd: softmax has long been one-hot.
  public static let magnitudeMax: Float = 0x1p16

  public enum Cause: Hashable, Sendable {
    /// The logit of a class for one sample, given by its place in the share.
    case logit(position: Int, classIndex: Int, value: Float)
    /// A parameter of the head after an update.
    case parameter(index: Int, value: Float)
    /// A peer found it and said no more.
    case reported
  }

  public let cause: Cause

  public init(_ cause: Cause) { self.cause = cause }

  public var description: String {
    switch cause {
    case .logit(_, let classIndex, let value):
      "the logit of class \(classIndex) became \(value)"
    case .parameter(let index, let value):
      "parameter \(index) of the head became \(value)"
    case .reported:
      "a worker met a logit that is not a number or beyond \(Self.magnitudeMax)"
    }
  }
}

/// What can be wrong with numbers that come from a user, a file or a peer.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  case unusableShape(featureCount: Int, classCount: Int)
  case unusableValue(name: String, value: String, allowed: String)
  case wrongLength(name: String, expected: Int, found: Int)
  case absurdValue(name: String, index: Int, value: Float)
  case sumOutOfRange(sampleCount: Int)
  case miscountedStep(step: UInt64, expected: Int, counted: Int, skipped: Int)
  case miscountedEpoch(expected: Int, counted: Int, skipped: Int)
  case diverged(step: UInt64, learningRate: Double, Divergence)

  public var description: String {
    switch self {
    case .unusableShape(let featureCount, let classCount):
      """
      a head of \(featureCount) features and \(classCount) classes can't be trained; there must be \
      at least 2 classes and at most \(HeadShape.parameterCountMax) parameters
      """
    case .unusableValue(let name, let value, let allowed):
      "\(name) is \(value), but must be \(allowed)"
    case .wrongLength(let name, let expected, let found):
      "\(name) has \(found) values instead of \(expected); it belongs to another run"
    case .absurdValue(let name, let index, let value):
      "value \(index) of \(name) is \(value); the data are damaged or the training diverged"
    case .sumOutOfRange(let sampleCount):
      "a gradient sum over \(sampleCount) samples is larger than such a sum can be; its sender errs"
    case .miscountedStep(let step, let expected, let counted, let skipped):
      """
      step \(step) has \(expected) samples, but \(counted) were counted and \(skipped) skipped; \
      this is a bug, please report it
      """
    case .miscountedEpoch(let expected, let counted, let skipped):
      """
      an epoch has \(expected) samples, but \(counted) were counted and \(skipped) skipped; this \
      is a bug, please report it
      """
    case .diverged(let step, let learningRate, let divergence):
      """
      training diverged at step \(step) with learning rate \(learningRate): \(divergence); start \
      again with a lower --learning-rate
      """
    }
  }
}
