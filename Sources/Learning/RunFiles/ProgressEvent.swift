import Digest
import Training

/// A line of the progress log: what happened, when, and how far the run was.
public struct ProgressLine: Equatable, Sendable {
  public var time: Timestamp
  /// Steps complete.
  public var step: UInt64
  /// The epoch under way, or the one that the event is about, from 0.
  public var epoch: Int
  public var event: ProgressEvent

  public init(time: Timestamp, step: UInt64, epoch: Int, event: ProgressEvent) {
    self.time = time
    self.step = step
    self.epoch = epoch
    self.event = event
  }
}

/// What a progress log tells.
public enum ProgressEvent: Equatable, Sendable {
  case start(RunStart)
  /// Of so many features that the run needs, these were kept by earlier runs; the others need a forward
  /// pass each.
  case features(kept: Int, needed: Int)
  case workerJoined(worker: String, threads: Int)
  case workerLost(worker: String, reason: String)
  /// An audit found a worker's answers wrong; its number, by which it is refused from then on.
  case workerFaulty(worker: String, id: UInt64, reason: String)
  case step(StepRange)
  case epoch(EpochResult)
  /// The run does without samples from here on, as far as this coordinator takes it without a rollback.
  case skipped(SkippedSamples)
  /// A checkpoint is durable; the name of its file.
  case checkpoint(file: String)
  /// The run goes on from a step: earlier lines with a later step are void.
  case resume(fromStep: UInt64)
  /// The run was taken back to a step, for a reason: earlier lines with a later step are void.
  case rollback(fromStep: UInt64, reason: String)
  case warning(String)
  /// What the coordinator took for granted about its input.
  case note(String)
  /// One of the things that a warning before it sums up.
  case finding(String)
  case finished(RunResult)
  /// The coordinator ended before the run did; why, and what to do next.
  case stopped(String)
  /// An event that this program doesn't know, by its name.
  case unknown(String)
}

/// What a run is about to do.
public struct RunStart: Equatable, Sendable {
  public var run: String
  /// Where workers can join: HOST:PORT, several with commas between them.
  public var listen: String
  public var classes: [String]
  public var trainingSamples: Int
  public var validationSamples: Int
  /// 0 where the log doesn't say.
  public var testSamples: Int
  public var batchSize: Int
  public var epochs: Int
  /// Of the whole run.
  public var steps: UInt64
  public var seed: UInt64
  public var inputs: RunInputs
  /// The run whose head it began with; nil for zeros.
  public var predecessor: Predecessor?
  /// The instruction set of the coordinator's kernels; nil where the log doesn't say.
  public var kernels: String?
  /// Workers that the run waits for before it begins; nil where the log doesn't say.
  public var minWorkers: Int?
  /// None where the log doesn't say.
  public var unmeasured: UnmeasuredClasses

  public init(
    run: String, listen: String, classes: [String], trainingSamples: Int, validationSamples: Int,
    testSamples: Int = 0, batchSize: Int, epochs: Int, steps: UInt64, seed: UInt64,
    inputs: RunInputs, predecessor: Predecessor? = nil,
    kernels: String? = nil, minWorkers: Int? = nil,
    unmeasured: UnmeasuredClasses = UnmeasuredClasses()
  ) {
    self.run = run
    self.listen = listen
    self.classes = classes
    self.trainingSamples = trainingSamples
    self.validationSamples = validationSamples
    self.testSamples = testSamples
    self.batchSize = batchSize
    self.epochs = epochs
    self.steps = steps
    self.seed = seed
    self.inputs = inputs
    self.predecessor = predecessor
    self.kernels = kernels
    self.minWorkers = minWorkers
    self.unmeasured = unmeasured
  }
}

/// Samples that a run does without.
public struct SkippedSamples: Equatable, Sendable {
  /// In one line of the log.
  public static let samplesMax = 10_000

  /// The first step that does, or the one before which the evaluation is made that does.
  public var fromStep: UInt64
  public var isEvaluation: Bool
  /// Their places in the manifest.
  public var samples: [UInt32]

  public init(fromStep: UInt64, isEvaluation: Bool, samples: [UInt32]) {
    (self.fromStep, self.isEvaluation, self.samples) = (fromStep, isEvaluation, samples)
  }
}

/// Some consecutive steps of one epoch.
public struct StepRange: Equatable, Sendable {
  /// From 0, over all epochs.
  public var first: UInt64
  /// Included.
  public var last: UInt64
  /// Distinct samples that were counted.
  public var samples: Int
  /// Distinct samples that are undecodable.
  public var skipped: Int
  /// Mean over the samples; nil without any.
  public var trainLoss: Double?
  /// Samples trained on; nil where no time has passed.
  public var imagesPerSecond: Double?

  public init(
    first: UInt64, last: UInt64, samples: Int, skipped: Int, trainLoss: Double?,
    imagesPerSecond: Double?
  ) {
    self.first = first
    self.last = last
    self.samples = samples
    self.skipped = skipped
    self.trainLoss = trainLoss
    self.imagesPerSecond = imagesPerSecond
  }
}

/// An epoch that is over.
public struct EpochResult: Equatable, Sendable {
  /// Training samples that were counted.
  public var samples: Int
  /// Training samples that are undecodable.
  public var skipped: Int
  public var metrics: EpochMetrics
  public var head: ContentDigest

  public init(samples: Int, skipped: Int, metrics: EpochMetrics, head: ContentDigest) {
    self.samples = samples
    self.skipped = skipped
    self.metrics = metrics
    self.head = head
  }
}

/// What a run came to.
public struct RunResult: Equatable, Sendable {
  /// Of the last epoch, in [0, 1].
  public var validationAccuracy: Double?
  /// The mean of the classes' recalls in the last epoch, in [0, 1].
  public var validationBalancedAccuracy: Double?
  /// Of the test samples, with the same head; nil where the dataset has none.
  public var test: Measurement?
  public var head: ContentDigest
  /// That all coordinators of the run have spent on it.
  public var seconds: Double

  public init(
    validationAccuracy: Double?, validationBalancedAccuracy: Double? = nil,
    test: Measurement? = nil, head: ContentDigest, seconds: Double
  ) {
    self.validationAccuracy = validationAccuracy
    self.validationBalancedAccuracy = validationBalancedAccuracy
    self.test = test
    self.head = head
    self.seconds = seconds
  }
}
