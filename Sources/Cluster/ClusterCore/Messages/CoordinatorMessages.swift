import Digest

/// Everything that a coordinator tells a worker, or somebody who asked for the status.
///
/// As in `WorkerMessage`, tensors travel beside the message; the shell attaches them.
public enum CoordinatorMessage: Equatable, Sendable {
  case welcome(Welcome)
  case refuse(Refuse)
  case lease(Lease)
  case revoke(Revoke)
  case step(Share)
  case evaluate(Share)
  case heartbeat
  case finished(Finished)
  case statusReply(StatusReply)
}

/// The answer to `Hello`. The envelope carries the new session.
public struct Welcome: Equatable, Sendable {
  /// The attempt of the hello that this answers.
  public var attempt: UInt64
  /// What the worker needs to know of the run.
  public var terms: WorkerTerms

  public init(attempt: UInt64, terms: WorkerTerms) {
    self.attempt = attempt
    self.terms = terms
  }
}

/// What a worker needs to know of the run's configuration. Immutable in an incarnation.
public struct WorkerTerms: Equatable, Sendable {
  /// The object that is the manifest.
  public var manifest: ContentDigest
  /// The object that is the backbone.
  public var backbone: ContentDigest
  /// How pixels are normalized for the backbone: `inception`, `imagenet`, `unit`, `raw`, or mean and
  /// deviation in digits.
  public var normalization: String
  /// The version of the rules that turn a photograph into pixels. A worker with another one leaves.
  public var preprocessingVersion: UInt32
  /// How a picture of one shape becomes an input of another: `crop`, `stretch` or `pad`.
  public var fit: String
  /// The arithmetic of the forward pass: `fp32` or `int8`.
  public var precision: String
  public var classCount: UInt32
  public var featureCount: UInt32
  /// From 0 to 1, without 1.
  public var labelSmoothing: Float
  /// What the gradients of each class's samples are multiplied by, above 0 and at most 1; empty where
  /// all count the same.
  public var classWeights: [Float]

  public init(
    manifest: ContentDigest, backbone: ContentDigest, normalization: String,
    preprocessingVersion: UInt32, fit: String, precision: String, classCount: UInt32,
    featureCount: UInt32, labelSmoothing: Float, classWeights: [Float] = []
  ) {
    self.manifest = manifest
    self.backbone = backbone
    self.normalization = normalization
    self.preprocessingVersion = preprocessingVersion
    self.fit = fit
    self.precision = precision
    self.classCount = classCount
    self.featureCount = featureCount
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
  }
}

/// The coordinator wants nothing more of this session.
public struct Refuse: Equatable, Sendable {
  public enum Code: UInt8, Sendable, CaseIterable {
    /// The worker speaks another protocol version.
    case protocolVersion = 1
    /// The worker's probe gave another digest: its arithmetic or its decoder differs.
    case probe = 2
    /// The worker called a good photograph undecodable, or a sound head divergent.
    case falseReport = 3
    /// The worker sent what no sound worker sends.
    case malformed = 4
    /// The worker's answer to an audited lease or share was wrong.
    case audit = 5
    /// As many workers as `Limits.workersMax` are here already. Worth trying again.
    case full = 6
    /// The session has ended, because the worker seemed lost or the connection changed. The worker
    /// says hello again.
    case sessionEnded = 7
    /// The worker's token isn't taken, or not any more, or is good for looking alone.
    case access = 8
  }

  public var code: Code
  /// What happened and what to do about it, for people.
  public var reason: String

  public init(code: Code, reason: String) {
    self.code = code
    self.reason = reason
  }

  /// Whether the same worker may say hello again.
  public var isFinal: Bool { code != .full && code != .sessionEnded }
}

/// A forward pass to do, or features to keep. With `withFeatures` it carries one tensor, the
/// features, float32 [featureCount], and wants no answer.
public struct Lease: Equatable, Sendable {
  public var item: SampleVariant
  public var withFeatures: Bool

  public init(item: SampleVariant, withFeatures: Bool) {
    self.item = item
    self.withFeatures = withFeatures
  }
}

/// These samples are no longer the worker's: it stops their forward passes and forgets their
/// features.
public struct Revoke: Equatable, Sendable {
  public var variant: UInt16
  /// At most `Limits.samplesPerListMax`.
  public var samples: [SampleIndex]

  public init(variant: UInt16, samples: [SampleIndex]) {
    self.variant = variant
    self.samples = samples
  }
}

/// A share of a step (`.step`, answered by `GradientAnswer`) or of an evaluation (`.evaluate`,
/// answered by `Evaluation`). Carries one tensor: the head, float32
/// [classCount × featureCount + classCount], weight row-major and then bias.
public struct Share: Equatable, Sendable {
  public var id: ShareID
  public var variant: UInt16
  /// At least one and at most `Limits.samplesPerListMax`.
  public var samples: [SampleIndex]

  public init(id: ShareID, variant: UInt16, samples: [SampleIndex]) {
    self.id = id
    self.variant = variant
    self.samples = samples
  }
}

/// The coordinator's goodbye.
public struct Finished: Equatable, Sendable {
  public enum Outcome: UInt8, Sendable, CaseIterable {
    /// The run has its result: the worker exits 0.
    case completed = 1
    /// The coordinator stops and can be resumed: the worker waits for its next incarnation.
    case interrupted = 2
    /// The run can't go on: the worker exits 0, as it did nothing wrong.
    case failed = 3
  }

  public var outcome: Outcome

  public init(outcome: Outcome) { self.outcome = outcome }
}
