import Digest

/// Everything that a worker, or somebody who asks for the status, tells a coordinator.
///
/// The core never sees tensors. Where a message is documented to carry one, it travels in a frame
/// of its own; the shell checks its length and its bounds before it delivers the message.
public enum WorkerMessage: Equatable, Sendable {
  case hello(Hello)
  case joined(Joined)
  case holding(Holding)
  case features(Features)
  case undecodable(Undecodable)
  case gradientSum(GradientAnswer)
  case evaluation(Evaluation)
  case decline(Decline)
  case diverged(Diverged)
  case heartbeat
  case leave
  case status
}

/// A worker's first message on every connection.
public struct Hello: Equatable, Sendable {
  /// `Limits.protocolVersion` of the worker's build.
  public var protocolVersion: UInt32
  /// The worker process, across its sessions.
  public var worker: WorkerID
  /// Counts the hellos of this process; `Welcome` repeats it, so that an answer to an earlier
  /// attempt is recognized.
  public var attempt: UInt64
  /// Compute threads, from 1 to `Limits.threadsPerWorkerMax`.
  public var threads: UInt32
  /// For people: host name and process number.
  public var name: String
  /// For people: the version of the worker's build.
  public var softwareVersion: String

  public init(
    protocolVersion: UInt32, worker: WorkerID, attempt: UInt64, threads: UInt32, name: String,
    softwareVersion: String
  ) {
    self.protocolVersion = protocolVersion
    self.worker = worker
    self.attempt = attempt
    self.threads = threads
    self.name = name
    self.softwareVersion = softwareVersion
  }
}

/// The worker has every object it needs and has run the probe.
public struct Joined: Equatable, Sendable {
  /// SHA-256 of all that the probe computed.
  public var probe: ContentDigest

  public init(probe: ContentDigest) { self.probe = probe }
}

/// Features that a worker kept from an earlier session: it answers a lease of one at once. Sent
/// after `Joined`, in as many messages as `Limits.samplesPerListMax` makes necessary.
public struct Holding: Equatable, Sendable {
  public var variant: UInt16
  public var samples: [SampleIndex]

  public init(variant: UInt16, samples: [SampleIndex]) {
    self.variant = variant
    self.samples = samples
  }
}

/// A lease's result. Carries one tensor: the features, float32 [featureCount].
public struct Features: Equatable, Sendable {
  public var item: SampleVariant

  public init(item: SampleVariant) { self.item = item }
}

/// The photograph of a lease can't be turned into features.
public struct Undecodable: Equatable, Sendable {
  /// What kept it from that.
  public enum Cause: UInt32, CaseIterable, Sendable {
    /// The decoder refuses its bytes. Everybody must come to the same.
    case content = 0
    /// The coordinator gave no such bytes. They may be there again by the time it looks itself.
    case absence = 1
  }

  public var item: SampleVariant
  public var cause: Cause
  /// What the decoder said, or what came instead of the bytes, for people.
  public var reason: String

  public init(item: SampleVariant, cause: Cause, reason: String) {
    self.item = item
    self.cause = cause
    self.reason = reason
  }
}

/// The answer to `Step`. Carries one tensor: the exact gradient sum, Int64
/// [classCount × featureCount + classCount], weight row-major and then bias.
public struct GradientAnswer: Equatable, Sendable {
  public var share: ShareID
  /// Samples summed: all of the share.
  public var count: UInt32
  /// Samples whose greatest logit is their class's.
  public var correct: UInt32
  /// The exact loss sum in units of 2⁻³².
  public var lossSum: Int64

  public init(share: ShareID, count: UInt32, correct: UInt32, lossSum: Int64) {
    self.share = share
    self.count = count
    self.correct = correct
    self.lossSum = lossSum
  }
}

/// The answer to `Evaluate`. Carries one tensor: the confusion matrix, Int64
/// [classCount × classCount], a row for each true class.
public struct Evaluation: Equatable, Sendable {
  public var share: ShareID
  /// Samples evaluated: all of the share.
  public var count: UInt32
  /// Samples whose greatest logit is their class's.
  public var correct: UInt32
  /// The exact loss sum in units of 2⁻³².
  public var lossSum: Int64

  public init(share: ShareID, count: UInt32, correct: UInt32, lossSum: Int64) {
    self.share = share
    self.count = count
    self.correct = correct
    self.lossSum = lossSum
  }
}

/// The worker can't answer a share because it lacks features of these samples of it.
public struct Decline: Equatable, Sendable {
  public var share: ShareID
  /// In the share's order, at least one.
  public var missing: [SampleIndex]

  public init(share: ShareID, missing: [SampleIndex]) {
    self.share = share
    self.missing = missing
  }
}

/// A logit of a share was not finite or absurdly large.
public struct Diverged: Equatable, Sendable {
  public var share: ShareID
  /// What was seen, for people.
  public var reason: String

  public init(share: ShareID, reason: String) {
    self.share = share
    self.reason = reason
  }
}
