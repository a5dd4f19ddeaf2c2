/// A running coordinator as `tl-coord status` and `tl-coord monitor` show it. The shell composes
/// it from `Coordinator.summary` and from what it knows itself.
public struct StatusReply: Equatable, Sendable {
  /// The name of the run.
  public var run: String
  public var progress: CoordinatorSummary
  /// Mean training loss of the current epoch so far; 0 before its first step.
  public var trainLoss: Double
  /// Steps a second, lately.
  public var stepsPerSecond: Double
  /// Forward passes a second, lately.
  public var imagesPerSecond: Double
  /// Validation accuracy of the last finished epoch, from 0 to 1; negative before the first.
  public var validationAccuracy: Double
  /// The mean of the classes' recalls, likewise.
  public var validationBalancedAccuracy: Double
  /// Since this incarnation started.
  public var elapsedSeconds: Double
  /// At most `Limits.workersInStatusMax`.
  public var workers: [WorkerStatus]

  public init(
    run: String, progress: CoordinatorSummary, trainLoss: Double, stepsPerSecond: Double,
    imagesPerSecond: Double, validationAccuracy: Double, validationBalancedAccuracy: Double,
    elapsedSeconds: Double, workers: [WorkerStatus]
  ) {
    self.run = run
    self.progress = progress
    self.trainLoss = trainLoss
    self.stepsPerSecond = stepsPerSecond
    self.imagesPerSecond = imagesPerSecond
    self.validationAccuracy = validationAccuracy
    self.validationBalancedAccuracy = validationBalancedAccuracy
    self.elapsedSeconds = elapsedSeconds
    self.workers = workers
  }
}

/// The coordinator's counters.
public struct CoordinatorSummary: Equatable, Sendable {
  /// Steps done of `stepsTotal`.
  public var step: UInt64
  public var stepsTotal: UInt64
  /// The epoch under way, from 0; equal to `epochsTotal` when all are done.
  public var epoch: UInt32
  public var epochsTotal: UInt32
  /// Samples of the manifest in training and validation together.
  public var samples: UInt32
  /// (Sample, variant) pairs whose features exist, and how many there will be at most.
  public var featuresKept: UInt64
  public var featuresTotal: UInt64
  /// Samples confirmed undecodable.
  public var undecodable: UInt32
  /// Workers that serve, whether listed or not.
  public var workersServing: UInt32

  public init(
    step: UInt64, stepsTotal: UInt64, epoch: UInt32, epochsTotal: UInt32, samples: UInt32,
    featuresKept: UInt64, featuresTotal: UInt64, undecodable: UInt32, workersServing: UInt32
  ) {
    self.step = step
    self.stepsTotal = stepsTotal
    self.epoch = epoch
    self.epochsTotal = epochsTotal
    self.samples = samples
    self.featuresKept = featuresKept
    self.featuresTotal = featuresTotal
    self.undecodable = undecodable
    self.workersServing = workersServing
  }
}

/// One worker as the coordinator sees it. Its number isn't told: whoever knew it could act as the worker.
public struct WorkerStatus: Equatable, Sendable {
  public var name: String
  public var threads: UInt32
  /// Whether it has passed the probe.
  public var isServing: Bool
  /// Forward passes it is busy with or waits to do.
  public var leases: UInt32
  /// (Sample, variant) pairs that it holds features of, as the coordinator believes.
  public var held: UInt32
  /// Since anything was last heard of it; 0 from coordinators that don't tell.
  public var silentMilliseconds: UInt32

  public init(
    name: String, threads: UInt32, isServing: Bool, leases: UInt32, held: UInt32,
    silentMilliseconds: UInt32
  ) {
    self.name = name
    self.threads = threads
    self.isServing = isServing
    self.leases = leases
    self.held = held
    self.silentMilliseconds = silentMilliseconds
  }
}
