import Digest

/// Which features are to be looked at twice, and how far that has come. Who computes them for the
/// second time `LeaseBook` knows, and what is audited of shares their round.
struct AuditBook: Sendable {
  /// An audit that the shell compares or computes.
  struct Case: Sendable {
    let source: WorkerID
    let second: WorkerID?
    /// Whether the second worker called the photograph undecodable.
    let isReport: Bool
  }

  private let fraction: Double
  private var numbers: SplitMix64
  private var waiting = Fifo<Slot>()
  private(set) var judging: [Slot: Case] = [:]
  /// What an earlier incarnation left open, and which of it the shell computes.
  private var earlier: [OpenAudit] = []
  private(set) var earlierJudging: Set<OpenAudit> = []

  init(_ policy: AuditPolicy, earlier: [OpenAudit]) {
    if policy.fraction > 0 { self.earlier = earlier.sorted().reversed() }
    fraction = policy.fraction
    numbers = SplitMix64(seed: policy.seed, purpose: "audits")
  }

  var isOn: Bool { fraction > 0 }

  /// Whether nothing waits or is compared any more.
  var isSettled: Bool {
    waiting.isEmpty && judging.isEmpty && earlier.isEmpty && earlierJudging.isEmpty
  }

  /// What the shell computes for audits now.
  var underWayCount: Int { judging.count + earlierJudging.count }

  /// What is open of an earlier incarnation.
  var earlierOpen: [OpenAudit] { earlier + earlierJudging.sorted() }

  /// The slots that wait or are compared; some may not be kept any more.
  var openSlots: Set<Slot> { Set(waiting.all).union(judging.keys) }

  mutating func nextEarlier() -> OpenAudit? {
    guard let audit = earlier.popLast() else { return nil }
    earlierJudging.insert(audit)
    return audit
  }

  mutating func settle(_ audit: OpenAudit) {
    precondition(earlierJudging.remove(audit) != nil, "an answer to a question that was asked")
  }

  /// Whether one more answer is to be looked at twice.
  mutating func draws() -> Bool { isOn && numbers.unit() < fraction }

  /// One of so many, any of them.
  mutating func pick(of count: Int) -> Int { Int(numbers.below(UInt64(count))) }

  mutating func add(_ slot: Slot) { waiting.append(slot) }

  /// The next waiting slot that `suits`, among the first few; those that aren't `current` any more
  /// are dropped.
  mutating func next(where suits: (Slot) -> Bool, current: (Slot) -> Bool) -> Slot? {
    for _ in 0..<min(waiting.count, Limits.slotsInViewMax) {
      guard let slot = waiting.popFirst() else { return nil }
      guard current(slot) else { continue }
      if judging[slot] == nil, suits(slot) { return slot }
      waiting.append(slot)
    }
    return nil
  }

  mutating func judge(_ slot: Slot, _ audit: Case) {
    precondition(judging[slot] == nil, "one audit of a slot at a time")
    judging[slot] = audit
  }

  mutating func settle(_ slot: Slot) -> Case {
    guard let audit = judging.removeValue(forKey: slot) else {
      preconditionFailure("an answer to a question that was asked")
    }
    return audit
  }
}
