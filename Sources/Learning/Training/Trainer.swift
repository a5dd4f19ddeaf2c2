import Kernels

/// The state of a training: the head, the optimizer's memory, and the exact sums of the step and the
/// epoch under way. Add the gradient sums of a step in any order, then finish the step.
///
/// It is a value: a copy taken between steps is a complete checkpoint, and the same sums lead from
/// equal values to equal values on every machine.
public struct Trainer: Sendable {
  public let configuration: TrainingConfiguration
  public let length: TrainingLength
  private let kernels: HeadKernels

  public private(set) var state: TrainerState
  private var pending: [Int64]
  private var pendingTotals = RunningTotals()

  /// Begins with this head: zeros, or what another run came to. The optimizer begins without a memory.
  public init(
    configuration: TrainingConfiguration, length: TrainingLength, start: Head,
    kernels: HeadKernels = .best
  ) {
    self.configuration = configuration
    self.length = length
    self.kernels = kernels
    state = TrainerState(start: start, optimizer: configuration.optimizer)
    pending = Array(repeating: 0, count: start.shape.parameterCount)
  }

  /// Begins with zeros.
  public init(
    configuration: TrainingConfiguration, length: TrainingLength, shape: HeadShape,
    kernels: HeadKernels = .best
  ) {
    self.init(
      configuration: configuration, length: length, start: Head(zero: shape), kernels: kernels)
  }

  /// Continues from a state that `state` gave: it must belong to the same optimizer and length.
  public init(
    configuration: TrainingConfiguration, length: TrainingLength, state: TrainerState,
    kernels: HeadKernels = .best
  ) throws(TrainingError) {
    try state.check(configuration: configuration, length: length)
    self.configuration = configuration
    self.length = length
    self.kernels = kernels
    self.state = state
    pending = Array(repeating: 0, count: state.head.shape.parameterCount)
  }

  public var head: Head { state.head }
  public var shape: HeadShape { state.head.shape }

  /// Steps that are complete, over all epochs.
  public var step: UInt64 { state.step }

  /// The epoch of the step under way, counted from 0; the number of epochs once all are done.
  public var epoch: Int { Int(state.step / UInt64(length.stepsPerEpoch)) }

  public var isFinished: Bool { state.step == length.stepCount }

  /// The learning rate of the step under way.
  public var learningRate: Double {
    configuration.learningRate(step: state.step, stepCount: length.stepCount)
  }

  /// Adds the answer to one share of the step under way. Nothing changes where it throws.
  public mutating func add(_ sum: GradientSum) throws(TrainingError) {
    guard sum.values.count == pending.count else {
      throw .wrongLength(
        name: "gradient sum", expected: pending.count, found: sum.values.count)
    }
    let expected = length.sampleCount(step: state.step)
    guard (1...GradientSum.sampleCountMax).contains(sum.sampleCount) else {
      throw .sumOutOfRange(sampleCount: sum.sampleCount)
    }
    guard sum.sampleCount <= expected - pendingTotals.samples else {
      throw .miscountedStep(
        step: state.step, expected: expected, counted: pendingTotals.samples + sum.sampleCount,
        skipped: 0)
    }
    guard (0...sum.sampleCount).contains(sum.correct),
      (0...GradientSum.lossSumMax(sampleCount: sum.sampleCount)).contains(sum.lossSum)
    else {
      throw .sumOutOfRange(sampleCount: sum.sampleCount)
    }
    // No share of so many samples can exceed this, and all shares of a batch together fit Int64.
    let bound = Double(FeatureBound.limit(batchSize: length.batchSize)) * 0x1p32
    let limit = Int64(exactly: bound * Double(sum.sampleCount)) ?? .max
    guard kernels.add(sum.values, to: &pending, limit: limit) else {
      throw .sumOutOfRange(sampleCount: sum.sampleCount)
    }
    pendingTotals += RunningTotals(
      lossSum: Int128(sum.lossSum), correct: sum.correct, samples: sum.sampleCount)
  }

  /// Forgets the sums of the step under way.
  public mutating func discardPending() {
    for index in pending.indices { pending[index] = 0 }
    pendingTotals = RunningTotals()
  }

  /// Updates the head from the mean gradient; a step without samples changes nothing but counts.
  ///
  /// - Parameter skipped: the undecodable samples of the batch. Together with those counted they
  ///   must be the whole batch.
  /// - Returns: what was counted. Where it throws `diverged`, the head is spoiled and the run over.
  public mutating func finishStep(skipped: Int) throws(TrainingError) -> RunningTotals {
    let expected = length.sampleCount(step: state.step)
    guard pendingTotals.samples + skipped == expected, skipped >= 0 else {
      throw .miscountedStep(
        step: state.step, expected: expected, counted: pendingTotals.samples, skipped: skipped)
    }
    if pendingTotals.samples > 0 { try update() }
    var totals = pendingTotals
    totals.skipped = skipped
    state.totals += totals
    state.step += 1
    discardPending()
    return totals
  }

  /// The totals of the epoch that has just been completed, checked to contain every sample once;
  /// the next epoch starts from zero.
  public mutating func finishEpoch() throws(TrainingError) -> RunningTotals {
    let totals = state.totals
    guard totals.samples + totals.skipped == length.sampleCount else {
      throw .miscountedEpoch(
        expected: length.sampleCount, counted: totals.samples, skipped: totals.skipped)
    }
    state.totals = RunningTotals()
    return totals
  }

  private mutating func update() throws(TrainingError) {
    let rate = learningRate
    let isSound: Bool
    switch configuration.optimizer {
    case .adam: isSound = stepAdamW(rate: rate)
    case .sgd: isSound = stepMomentum(rate: rate)
    }
    guard !isSound else { return }
    let parameters = state.head.parameters
    let index = parameters.firstIndex { !(abs($0) <= Divergence.magnitudeMax) } ?? 0
    throw .diverged(
      step: state.step, learningRate: rate,
      Divergence(.parameter(index: index, value: parameters[index])))
  }

  // Moments are those of unscaled sums. AdamW divides one by the root of the other, so that a scale
  // cancels in all but ε, which is divided by it instead.
  private mutating func stepAdamW(rate: Double) -> Bool {
    state.firstPower *= TrainerState.firstDecay
    state.secondPower *= TrainerState.secondDecay
    let step = AdamWStep(
      firstComplement: Float(1 - TrainerState.firstDecay),
      secondFactor: Float(TrainerState.secondDecay),
      secondComplement: Float(1 - TrainerState.secondDecay),
      secondCorrection: Float(1 / (1 - state.secondPower).squareRoot()),
      epsilon: Float(1e-8 / configuration.gradientScale),
      stepSize: Float(rate / (1 - state.firstPower)),
      decayFactor: Float(1 - rate * configuration.weightDecay))
    return kernels.stepAdamW(
      parameters: &state.head.parameters, first: &state.firstSlot, second: &state.secondSlot,
      sums: pending, sampleCount: pendingTotals.samples, weightCount: shape.weightCount, step,
      magnitudeMax: Divergence.magnitudeMax)
  }

  // The velocity is that of unscaled sums: the rate is multiplied by the scale, and the decay, which
  // is added to the sums, divided by it.
  private mutating func stepMomentum(rate: Double) -> Bool {
    let step = MomentumStep(
      momentum: Float(configuration.momentum),
      rate: Float(rate * configuration.gradientScale),
      weightDecay: Float(configuration.weightDecay / configuration.gradientScale))
    return kernels.stepMomentum(
      parameters: &state.head.parameters, velocity: &state.firstSlot, sums: pending,
      sampleCount: pendingTotals.samples, weightCount: shape.weightCount, step,
      magnitudeMax: Divergence.magnitudeMax)
  }
}
