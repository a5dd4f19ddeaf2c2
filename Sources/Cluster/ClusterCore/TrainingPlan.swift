/// What is trained, how long, and by which rules: all that the coordinator's core must know of a
/// run's configuration. Two runs with the same plan take the same steps.
public struct TrainingPlan: Equatable, Sendable {
  /// Samples in the manifest; indices are below it. The parts need not cover it.
  public var sampleCount: Int
  /// In manifest order, without repetition, at least one.
  public var training: [SampleIndex]
  /// In manifest order, without repetition, disjoint from `training`.
  public var validation: [SampleIndex]
  /// In manifest order, without repetition, disjoint from both. Evaluated once, with the last head,
  /// and used for nothing.
  public var test: [SampleIndex]
  /// Samples of a global batch, at least 1.
  public var batchSize: Int
  /// At least 1.
  public var epochs: Int
  /// Augmentations of each training sample; epoch `e` uses variant `e mod variants`. At least 1.
  public var variants: Int
  /// Where the visiting orders come from.
  public var seed: UInt64

  public init(
    sampleCount: Int, training: [SampleIndex], validation: [SampleIndex],
    test: [SampleIndex] = [], batchSize: Int, epochs: Int, variants: Int = 1, seed: UInt64
  ) {
    precondition(
      sampleCount >= 1 && sampleCount <= Int(Int32.max), "as many samples as fit 31 bits")
    precondition(!training.isEmpty, "a run trains on something")
    let all = training + validation + test
    precondition(all.count <= sampleCount, "the parts are disjoint")
    precondition(all.allSatisfy { $0 < sampleCount }, "indices of the manifest")
    precondition(batchSize >= 1 && epochs >= 1, "a run has batches and epochs")
    precondition(variants >= 1 && variants <= 256, "a sample has between 1 and 256 variants")
    self.sampleCount = sampleCount
    self.training = training
    self.validation = validation
    self.test = test
    self.batchSize = batchSize
    self.epochs = epochs
    self.variants = variants
    self.seed = seed
  }

  /// Steps of an epoch: the last, smaller batch counts.
  public var stepsPerEpoch: Int { (training.count + batchSize - 1) / batchSize }

  /// Steps of the whole run.
  public var stepsTotal: Int { stepsPerEpoch * epochs }

  /// Everything whose features the run needs: training samples in all variants that its epochs come
  /// to, all others in the first.
  public var items: [SampleVariant] {
    let first = (validation + test).map { SampleVariant(sample: $0, variant: 0) }
    return (0..<UInt16(min(variants, epochs))).reduce(into: first) { items, variant in
      items += training.map { SampleVariant(sample: $0, variant: variant) }
    }
  }

  /// The variant that an epoch, from 0, trains on.
  public func variant(ofEpoch epoch: Int) -> UInt16 { UInt16(epoch % variants) }
}

/// What the operator allows and asks for; it changes when things happen, but never the result.
public struct CoordinatorPolicy: Equatable, Sendable {
  /// Serving workers that the first lease and the first share wait for.
  public var workersMin: Int
  /// Time between two checkpoints within an epoch.
  public var checkpointIntervalNanoseconds: UInt64
  /// The share of the manifest's samples that may turn out undecodable, from 0 to 1.
  public var undecodableShareMax: Double
  /// Which answers of workers are looked at twice.
  public var audit: AuditPolicy

  public init(
    workersMin: Int = 1, checkpointIntervalNanoseconds: UInt64 = 10_000_000_000,
    undecodableShareMax: Double = 0.1, audit: AuditPolicy = .none
  ) {
    precondition(workersMin >= 0, "a number of workers")
    precondition(undecodableShareMax >= 0 && undecodableShareMax <= 1, "a share")
    self.workersMin = workersMin
    self.checkpointIntervalNanoseconds = checkpointIntervalNanoseconds
    self.undecodableShareMax = undecodableShareMax
    self.audit = audit
  }
}

/// How far a run has come, as a checkpoint keeps it beside the head and the optimizer's slots.
public struct Position: Equatable, Sendable {
  /// Steps done since the start of the run.
  public var step: UInt64
  /// The epoch under way, from 0; equal to the plan's epochs when the run is done. It ends with its
  /// evaluation, so `step` may have reached the epoch's end while the epoch has not.
  public var epoch: UInt32
  /// Distinct samples of this epoch counted in a step so far.
  public var counted: UInt32
  /// Distinct samples of this epoch skipped so far.
  public var skipped: UInt32
  /// Samples counted in this epoch whose greatest logit was their class's.
  public var correct: UInt32
  /// The epoch end with the most correct validation samples, the earliest on ties.
  public var best: Best?

  /// An epoch and its validation result.
  public struct Best: Equatable, Sendable {
    public var epoch: UInt32
    public var correct: UInt32

    public init(epoch: UInt32, correct: UInt32) {
      self.epoch = epoch
      self.correct = correct
    }
  }

  public init(
    step: UInt64, epoch: UInt32, counted: UInt32, skipped: UInt32, correct: UInt32, best: Best?
  ) {
    self.step = step
    self.epoch = epoch
    self.counted = counted
    self.skipped = skipped
    self.correct = correct
    self.best = best
  }

  /// Training samples of the epoch under way that its steps have dealt with.
  public func samplesBehind(_ plan: TrainingPlan) -> Int {
    guard epoch < plan.epochs else { return 0 }
    let steps = Int(step) - Int(epoch) * plan.stepsPerEpoch
    return min(steps * plan.batchSize, plan.training.count)
  }

  /// Whether a run of this plan can be at this position. A checkpoint whose position doesn't fit
  /// is another run's, or damaged.
  public func fits(_ plan: TrainingPlan) -> Bool {
    guard epoch <= plan.epochs, step <= UInt64(plan.stepsTotal) else { return false }
    let first = UInt64(epoch) * UInt64(plan.stepsPerEpoch)
    guard step >= first, step - first <= UInt64(plan.stepsPerEpoch) else { return false }
    guard UInt64(counted) + UInt64(skipped) == UInt64(samplesBehind(plan)), correct <= counted
    else { return false }
    guard let best else { return epoch == 0 }
    return best.epoch < epoch && best.correct <= plan.validation.count
  }

  /// Before the first step.
  public static let start = Position(
    step: 0, epoch: 0, counted: 0, skipped: 0, correct: 0, best: nil)
}
