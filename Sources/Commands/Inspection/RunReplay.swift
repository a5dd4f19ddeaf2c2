import ClusterCore
import RunFiles
import Training

/// Trains a run once more, alone and in order, from the features of its samples. What a cluster made
/// of it, with any number of workers and any accidents, must be the same.
public struct RunReplay: ~Copyable {
  private let plan: TrainingPlan
  private let labels: [Int]
  private let features: (SampleVariant) -> [Float]?
  private let skips: LedgerSkips
  private var trainer: Trainer
  private var engine: ShareEngine
  /// Of the epoch under way.
  private var order: [SampleIndex] = []

  /// - Parameters:
  ///   - labels: the class of every sample of the manifest.
  ///   - start: the head that the run began with.
  ///   - weights: of the classes.
  ///   - skips: what the run did without.
  ///   - features: those of a sample and variant; nil where the sample is undecodable.
  public init(
    plan: TrainingPlan, labels: [Int], configuration: TrainingConfiguration, start: Head,
    weights: ClassWeights = .none, skips: LedgerSkips = LedgerSkips(),
    features: @escaping (SampleVariant) -> [Float]?
  ) throws(TrainingError) {
    precondition(labels.count == plan.sampleCount)
    self.plan = plan
    self.labels = labels
    self.features = features
    self.skips = skips
    let length = try TrainingLength(
      sampleCount: plan.training.count, batchSize: plan.batchSize, epochCount: plan.epochs)
    trainer = Trainer(configuration: configuration, length: length, start: start)
    engine = ShareEngine(
      shape: start.shape,
      objective: Objective(
        labelSmoothing: configuration.labelSmoothing, classWeights: weights.relative))
  }

  public var head: Head { trainer.head }
  public var isFinished: Bool { trainer.isFinished }
  /// Steps that are complete.
  public var step: UInt64 { trainer.step }

  /// Takes one step. Throws where it diverges.
  public mutating func takeStep() throws(TrainingError) {
    let length = trainer.length
    let place = Int(trainer.step % UInt64(length.stepsPerEpoch)) * length.batchSize
    let epoch = trainer.epoch
    if place == 0 {
      order = visitingOrder(training: plan.training, seed: plan.seed, epoch: epoch)
    }
    let batch = order[place..<place + length.sampleCount(step: trainer.step)]
    var skipped = 0
    for share in split(batch) {
      let (step, skips) = (trainer.step, skips)
      let (rows, labels) = load(share, variant: plan.variant(ofEpoch: epoch)) {
        skips.skips($0, inStep: step)
      }
      skipped += share.count - rows.count
      guard !rows.isEmpty else { continue }
      let sum: Training.GradientSum
      do {
        sum = try engine.gradientSum(head: trainer.head, features: rows, labels: labels)
      } catch {
        throw .diverged(step: trainer.step, learningRate: trainer.learningRate, error)
      }
      try trainer.add(sum)
    }
    _ = try trainer.finishStep(skipped: skipped)
  }

  /// Whether the last step was the last of its epoch; `finishEpoch` is due then.
  public var isAtEpochEnd: Bool {
    trainer.step > 0 && trainer.step % UInt64(trainer.length.stepsPerEpoch) == 0
  }

  /// Evaluates the validation samples; gives what the progress log says of an epoch.
  public mutating func finishEpoch() throws(TrainingError) -> EpochResult {
    let training = try trainer.finishEpoch()
    let validation = try measure(plan.validation)
    return EpochResult(
      samples: training.samples, skipped: training.skipped,
      metrics: EpochMetrics(training: training, validation: validation), head: trainer.head.digest)
  }

  /// What the progress log says of the test samples; nil where the run has none.
  public mutating func test() throws(TrainingError) -> Measurement? {
    plan.test.isEmpty ? nil : try measure(plan.test)
  }

  private mutating func measure(_ samples: [SampleIndex]) throws(TrainingError) -> Measurement {
    var totals = RunningTotals()
    var confusion = ConfusionMatrix(classCount: trainer.shape.classCount)
    for share in split(samples[...]) {
      let (step, skips) = (trainer.step, skips)
      let (rows, labels) = load(share, variant: 0) { skips.skips($0, inEvaluationBefore: step) }
      let sum: EvaluationSum
      do {
        sum = try engine.evaluation(head: trainer.head, features: rows, labels: labels)
      } catch {
        throw .diverged(
          step: trainer.step, learningRate: trainer.configuration.learningRate, error)
      }
      confusion += sum.confusion
      totals += RunningTotals(
        lossSum: Int128(sum.lossSum), correct: sum.correct, samples: sum.sampleCount)
    }
    return Measurement(totals, confusion)
  }

  /// Lists that a single sum can cover.
  private func split(_ samples: ArraySlice<SampleIndex>) -> [ArraySlice<SampleIndex>] {
    let countMax = Training.GradientSum.sampleCountMax
    return stride(from: samples.startIndex, to: samples.endIndex, by: countMax).map {
      samples[$0..<min($0 + countMax, samples.endIndex)]
    }
  }

  /// Features and labels of those that are decodable and weren't skipped.
  private func load(
    _ samples: ArraySlice<SampleIndex>, variant: UInt16, isSkipped: (SampleIndex) -> Bool
  ) -> (rows: [[Float]], labels: [Int]) {
    var rows: [[Float]] = []
    var rowLabels: [Int] = []
    for sample in samples where !isSkipped(sample) {
      guard let row = features(SampleVariant(sample: sample, variant: variant)) else { continue }
      rows.append(row)
      rowLabels.append(labels[Int(sample)])
    }
    return (rows, rowLabels)
  }
}
