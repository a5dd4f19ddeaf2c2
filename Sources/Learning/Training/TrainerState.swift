/// Everything that a training carries from one step to the next, exactly: what a checkpoint keeps.
public struct TrainerState: Equatable, Sendable {
  /// AdamW's β₁ and β₂.
  public static let firstDecay = 0.9
  public static let secondDecay = 0.999

  public internal(set) var head: Head
  /// The optimizer's memory, each of the head's parameter count: AdamW's first and second moments,
  /// or SGD's velocity.
  public var slots: [[Float]] { secondSlot.isEmpty ? [firstSlot] : [firstSlot, secondSlot] }
  var firstSlot, secondSlot: [Float]
  /// β₁ᵗ and β₂ᵗ after t updates: running products, as `pow` differs between libraries.
  public internal(set) var firstPower, secondPower: Double
  /// Steps that are complete, over all epochs.
  public internal(set) var step: UInt64
  /// The running sums of the epoch under way.
  public internal(set) var totals: RunningTotals

  /// - Parameter slots: one or two, as the optimizer's `slotNames`.
  public init(
    head: Head, slots: [[Float]], firstPower: Double, secondPower: Double, step: UInt64,
    totals: RunningTotals
  ) {
    self.head = head
    precondition((1...2).contains(slots.count))
    firstSlot = slots[0]
    secondSlot = slots.count == 2 ? slots[1] : []
    self.firstPower = firstPower
    self.secondPower = secondPower
    self.step = step
    self.totals = totals
  }

  /// Before the first step: the optimizer has no memory.
  init(start head: Head, optimizer: Optimizer) {
    let slot: [Float] = Array(repeating: 0, count: head.shape.parameterCount)
    self.init(
      head: head, slots: Array(repeating: slot, count: optimizer.slotNames.count),
      firstPower: 1, secondPower: 1, step: 0, totals: RunningTotals())
  }

  /// Refuses a state that no training of this configuration and length can have reached.
  func check(
    configuration: TrainingConfiguration, length: TrainingLength
  ) throws(TrainingError) {
    let names = configuration.optimizer.slotNames
    guard slots.count == names.count else {
      throw .wrongLength(name: "optimizer state", expected: names.count, found: slots.count)
    }
    for (name, slot) in zip(names, slots) {
      guard slot.count == head.shape.parameterCount else {
        throw .wrongLength(name: name, expected: head.shape.parameterCount, found: slot.count)
      }
      for (index, value) in slot.enumerated() where !value.isFinite {
        throw .absurdValue(name: name, index: index, value: value)
      }
    }
    for (name, power) in [("beta1 power", firstPower), ("beta2 power", secondPower)]
    where !(power >= 0 && power <= 1) {
      throw .unusableValue(name: name, value: "\(power)", allowed: "from 0 to 1")
    }
    guard step <= length.stepCount else {
      throw .unusableValue(
        name: "step", value: "\(step)", allowed: "at most \(length.stepCount)")
    }
    // Between the last step of an epoch and its end, the totals are the whole epoch's; after it, zero.
    let position = Int(step % UInt64(length.stepsPerEpoch)) * length.batchSize
    let counted = totals.samples.addingReportingOverflow(totals.skipped)
    let whole = step > 0 && position == 0 && counted.partialValue == length.sampleCount
    guard !counted.overflow, counted.partialValue == position || whole,
      totals.samples >= 0, totals.skipped >= 0, totals.lossSum >= 0,
      (0...totals.samples).contains(totals.correct),
      totals.lossSum <= Int128(totals.samples) * Int128(GradientSum.lossSumMax(sampleCount: 1))
    else {
      throw .miscountedEpoch(
        expected: position, counted: totals.samples, skipped: totals.skipped)
    }
  }
}

extension Optimizer {
  /// The names of the optimizer's slots, in their order, as a checkpoint writes them.
  public var slotNames: [String] {
    switch self {
    case .adam: ["first_moment", "second_moment"]
    case .sgd: ["velocity"]
    }
  }
}
