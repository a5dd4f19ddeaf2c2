/// Where the features of one (sample, variant) are looked up: variant × sampleCount + sample.
typealias Slot = Int

/// The order in which slots are leased for the first time: what is left of the current epoch in
/// its visiting order, then validation by manifest order, then what later epochs need, then the test.
///
/// It only names slots; `LeaseBook` knows which of them still need a lease.
struct LeaseQueue: Sendable {
  private enum Segment: Sendable {
    case epoch(Int, from: Int)
    case validation
    case test
  }

  private let plan: TrainingPlan
  private var segments = Fifo<Segment>()
  private var slots: [Slot] = []
  private var next = 0

  /// - Parameters:
  ///   - epoch: the epoch under way.
  ///   - offset: samples of its visiting order that are already behind.
  init(plan: TrainingPlan, epoch: Int, offset: Int) {
    self.plan = plan
    if epoch < plan.epochs { segments.append(.epoch(epoch, from: offset)) }
    segments.append(.validation)
    // The last of these comes back to the first variant, for the samples before the offset.
    for later in 1...plan.variants where epoch + later < plan.epochs {
      segments.append(.epoch(epoch + later, from: 0))
    }
    segments.append(.test)
  }

  /// The next slot; nil after the last.
  mutating func popFirst() -> Slot? {
    while next == slots.count {
      guard let segment = segments.popFirst() else { return nil }
      slots = Self.slots(of: segment, plan)
      next = 0
    }
    defer { next += 1 }
    return slots[next]
  }

  private static func slots(of segment: Segment, _ plan: TrainingPlan) -> [Slot] {
    switch segment {
    case .validation:
      return plan.validation.map { Slot($0) }
    case .test:
      return plan.test.map { Slot($0) }
    case .epoch(let epoch, let offset):
      let base = Int(plan.variant(ofEpoch: epoch)) * plan.sampleCount
      return visitingOrder(training: plan.training, seed: plan.seed, epoch: epoch)[offset...]
        .map { base + Slot($0) }
    }
  }
}
