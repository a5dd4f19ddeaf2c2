/// Which answers of workers are looked at twice.
public struct AuditPolicy: Equatable, Sendable {
  /// The fraction of leases and shares whose answers are compared with a second worker's, or where
  /// there is none with the coordinator's own: from 0 to 1.
  public var fraction: Double
  /// Where the choice comes from. Whoever knows it knows when it is safe to lie.
  public var seed: UInt64

  public init(fraction: Double, seed: UInt64) {
    precondition(fraction >= 0 && fraction <= 1, "a fraction")
    self.fraction = fraction
    self.seed = seed
  }

  public static let none = AuditPolicy(fraction: 0, seed: 0)
}

/// Features that were to be looked at twice and weren't yet when a checkpoint was written.
public struct OpenAudit: Hashable, Comparable, Sendable {
  public var item: SampleVariant
  /// Who computed them.
  public var source: WorkerID

  public init(item: SampleVariant, source: WorkerID) {
    self.item = item
    self.source = source
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.item, left.source.number) < (right.item, right.source.number)
  }
}

/// A worker's answer to a share; its tensor travels beside it.
public enum ShareAnswer: Equatable, Sendable {
  case gradient(GradientAnswer)
  case evaluation(Evaluation)

  public var share: ShareID {
    switch self {
    case .gradient(let sum): sum.share
    case .evaluation(let evaluation): evaluation.share
    }
  }
}

/// What the second answer to an audited lease is.
public enum SecondFeatures: Equatable, Sendable {
  /// There is none.
  case none
  /// The tensor of the current event.
  case tensor
  /// The second worker calls the photograph undecodable.
  case undecodable
}

/// What came of an audit.
public enum AuditVerdict: Equatable, Sendable {
  /// The two answers are the same, byte for byte.
  case equal
  /// The coordinator has computed it itself. Without a second answer, `isSecondRight` is true.
  case judged(isFirstRight: Bool, isSecondRight: Bool)
  /// The coordinator can't compute it: its photograph can't be read any more.
  case unknown(reason: String)
}
