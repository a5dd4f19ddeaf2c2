/// How the (sample, variant) pairs of a run are numbered, and what each is for.
struct SlotNumbering: Sendable {
  enum Role: UInt8 {
    case none
    case training
    case validation
    case test
  }

  let sampleCount: Int
  let variants: Int
  /// By sample.
  private let roles: [Role]

  init(_ plan: TrainingPlan) {
    sampleCount = plan.sampleCount
    variants = plan.variants
    var roles = [Role](repeating: .none, count: plan.sampleCount)
    for sample in plan.training { roles[Int(sample)] = .training }
    for sample in plan.validation {
      precondition(roles[Int(sample)] == .none, "training and validation are disjoint")
      roles[Int(sample)] = .validation
    }
    for sample in plan.test {
      precondition(roles[Int(sample)] == .none, "the test is disjoint from both")
      roles[Int(sample)] = .test
    }
    self.roles = roles
  }

  var count: Int { sampleCount * variants }

  /// The slot of an item that a peer named; nil where the run has no such item.
  func slot(of item: SampleVariant) -> Slot? {
    guard item.sample < sampleCount, item.variant < variants else { return nil }
    return slot(item.sample, item.variant)
  }

  func slot(_ sample: SampleIndex, _ variant: UInt16) -> Slot {
    Int(variant) * sampleCount + Int(sample)
  }

  func item(_ slot: Slot) -> SampleVariant {
    SampleVariant(
      sample: SampleIndex(slot % sampleCount), variant: UInt16(slot / sampleCount))
  }

  func role(_ sample: SampleIndex) -> Role { roles[Int(sample)] }

  // MARK: Load classes

  /// Copies are spread evenly within each class: one for every variant of the training samples, and
  /// one for what is only evaluated.
  func loadClass(_ slot: Slot) -> Int {
    roles[slot % sampleCount] == .training ? slot / sampleCount : evaluationLoadClass
  }

  var evaluationLoadClass: Int { variants }
  var loadClassCount: Int { variants + 1 }
}
