/// What is known of every (sample, variant): whether its features are kept, who computes them, and
/// who holds a copy.
///
/// A slot goes idle → leased → kept. It may be claimed before it is leased, returned when its
/// worker is lost, in doubt while the coordinator decodes a photograph that a worker couldn't, and
/// dead when that confirms it.
struct LeaseBook: Sendable {
  enum State: UInt8 {
    /// Not leased yet: `queue` will come to it.
    case idle
    /// In `returned`.
    case returned
    /// The holder said that it has the features and will be asked for them.
    case claimed
    /// The holder computes it; perhaps `backups` names a second one that does.
    case leased
    /// A worker couldn't decode it, and nobody else computes it.
    case doubted
    /// The coordinator keeps the features; the holder, if any, has a copy.
    case kept
    /// Undecodable.
    case dead
  }

  private static let nobody = MemberID(index: -1)
  private static let noSource: Int32 = -1

  let sampleCount: Int
  let variants: Int
  private var states: [State]
  private var holders: [MemberID]
  /// The second worker of a leased slot.
  private var backups: [Slot: MemberID] = [:]
  /// Who computed what is kept: the number of the worker in `sourceWorkers`.
  private var sourceNumbers: [Int32]
  private var sourceWorkers: [WorkerID] = []
  private var numberOfSource: [WorkerID: Int32] = [:]
  private var queue: LeaseQueue
  private var proofNext = 0
  /// How often a leased slot was taken from one of two workers that were both late.
  private var reliefs: [Slot: Int] = [:]
  private var returned = Fifo<Slot>()
  /// Slots whose first worker is late, as the last tick saw it.
  private var late = Fifo<Slot>()
  private(set) var keptCount = 0
  private(set) var leasedCount = 0
  private(set) var claimedCount = 0

  init(plan: TrainingPlan, queue: LeaseQueue) {
    sampleCount = plan.sampleCount
    variants = plan.variants
    self.queue = queue
    states = Array(repeating: .idle, count: plan.sampleCount * plan.variants)
    holders = Array(repeating: Self.nobody, count: plan.sampleCount * plan.variants)
    sourceNumbers = Array(repeating: Self.noSource, count: states.count)
  }

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

  func state(_ slot: Slot) -> State { states[slot] }

  /// Who computes it, has claimed it, or holds a copy of what is kept.
  func holder(_ slot: Slot) -> MemberID? {
    holders[slot] == Self.nobody ? nil : holders[slot]
  }

  /// Whose features are kept; nil where none are.
  func source(_ slot: Slot) -> WorkerID? {
    sourceNumbers[slot] == Self.noSource ? nil : sourceWorkers[Int(sourceNumbers[slot])]
  }

  /// The slots of which a worker's features are kept.
  func kept(from worker: WorkerID) -> [Slot] {
    guard let number = numberOfSource[worker] else { return [] }
    return sourceNumbers.indices.filter { sourceNumbers[$0] == number }
  }

  /// All whose features are kept.
  var sources: Set<WorkerID> {
    Set(Set(sourceNumbers).filter { $0 != Self.noSource }.map { sourceWorkers[Int($0)] })
  }

  /// The next slot that needs a lease, in the order of need; nil where none does.
  mutating func nextUnleased() -> Slot? {
    while let slot = returned.popFirst() {
      if states[slot] == .returned { return slot }
    }
    while let slot = queue.popFirst() {
      if states[slot] == .idle { return slot }
    }
    return nil
  }
}

extension LeaseBook {
  /// A kept slot that a newcomer may compute for nothing, another one each time; nil where none is
  /// near.
  mutating func nextProof() -> Slot? {
    for _ in 0..<min(states.count, Limits.proofsInViewMax) {
      defer { proofNext = (proofNext + 1) % states.count }
      if states[proofNext] == .kept { return proofNext }
    }
    return nil
  }

  mutating func noteLate(_ slots: [Slot]) {
    late = Fifo()
    for slot in slots { late.append(slot) }
  }

  /// The next late slot that has no second worker and whose first one `suits`, among the first few.
  mutating func nextLate(where suits: (MemberID) -> Bool) -> Slot? {
    for _ in 0..<min(late.count, Limits.slotsInViewMax) {
      guard let slot = late.popFirst() else { return nil }
      guard states[slot] == .leased, backups[slot] == nil else { continue }
      if suits(holders[slot]) { return slot }
      late.append(slot)
    }
    return nil
  }

  func backup(_ slot: Slot) -> MemberID? { backups[slot] }

  func reliefCount(_ slot: Slot) -> Int { reliefs[slot, default: 0] }
}

// MARK: - Transitions

extension LeaseBook {
  /// The first lease of a slot. A claimed one may also go to somebody else than who claimed it.
  mutating func lease(_ slot: Slot, to member: MemberID) {
    switch states[slot] {
    case .idle, .returned: break
    case .claimed: claimedCount -= 1
    case .leased, .doubted, .kept, .dead: preconditionFailure("a slot has one first lease")
    }
    states[slot] = .leased
    holders[slot] = member
    leasedCount += 1
  }

  /// Leases a slot to a second worker.
  mutating func duplicate(_ slot: Slot, to member: MemberID) {
    precondition(states[slot] == .leased && backups[slot] == nil, "a slot has one lease before")
    precondition(holders[slot] != member, "two leases are of two workers")
    backups[slot] = member
  }

  /// Both workers of a slot are late: the first makes room for another. Returns the first.
  mutating func relieve(_ slot: Slot) -> MemberID {
    let first = holders[slot]
    reliefs[slot, default: 0] += 1
    let goesOn = endLease(slot, of: first)
    precondition(goesOn, "the second goes on")
    return first
  }

  /// One of the leases of a slot ends without features. Returns whether another one goes on.
  mutating func endLease(_ slot: Slot, of member: MemberID) -> Bool {
    precondition(states[slot] == .leased, "only a leased slot has a lease to end")
    if let backup = backups.removeValue(forKey: slot) {
      if backup == member { return true }
      precondition(holders[slot] == member, "a lease is its holder's or its backup's")
      holders[slot] = backup
      return true
    }
    precondition(holders[slot] == member, "a lease is its holder's or its backup's")
    leasedCount -= 1
    holders[slot] = Self.nobody
    reliefs[slot] = nil
    return false
  }

  /// Puts a slot that nobody computes back to where leases are taken from first.
  mutating func giveBack(_ slot: Slot) {
    switch states[slot] {
    case .leased: precondition(holders[slot] == Self.nobody, "its leases have ended")
    case .claimed: claimedCount -= 1
    case .doubted: break
    case .idle, .returned, .kept, .dead: preconditionFailure("nothing to give back")
    }
    states[slot] = .returned
    holders[slot] = Self.nobody
    returned.append(slot)
  }

  /// A worker couldn't decode a slot that nobody else computes.
  mutating func doubt(_ slot: Slot) {
    precondition(states[slot] == .leased && holders[slot] == Self.nobody, "its leases have ended")
    states[slot] = .doubted
  }

  /// A worker says that it holds a slot that nobody computes.
  mutating func claim(_ slot: Slot, for member: MemberID) {
    precondition(states[slot] == .idle || states[slot] == .returned, "nobody computes it")
    states[slot] = .claimed
    holders[slot] = member
    claimedCount += 1
  }

  /// The features of a leased slot have come from `member`. Returns the other worker that computes
  /// it too, whose lease ends with this.
  mutating func keep(_ slot: Slot, from member: MemberID, _ worker: WorkerID) -> MemberID? {
    precondition(states[slot] == .leased, "features answer a lease")
    let backup = backups.removeValue(forKey: slot)
    precondition(
      holders[slot] == member || backup == member, "features come from who has the lease")
    let other = holders[slot] == member ? backup : holders[slot]
    states[slot] = .kept
    holders[slot] = member
    sourceNumbers[slot] = sourceNumber(worker)
    leasedCount -= 1
    keptCount += 1
    reliefs[slot] = nil
    return other
  }

  private mutating func sourceNumber(_ worker: WorkerID) -> Int32 {
    if let number = numberOfSource[worker] { return number }
    let number = Int32(sourceWorkers.count)
    sourceWorkers.append(worker)
    numberOfSource[worker] = number
    return number
  }

  /// The features of a slot are wrong; nobody holds a copy. It is leased anew.
  mutating func forget(_ slot: Slot) {
    precondition(states[slot] == .kept && holders[slot] == Self.nobody, "it was taken back")
    sourceNumbers[slot] = Self.noSource
    keptCount -= 1
    states[slot] = .returned
    returned.append(slot)
  }

  /// The order of need is another from now on.
  mutating func use(_ queue: LeaseQueue) { self.queue = queue }

  /// The features of a slot were kept before this incarnation; nobody holds a copy yet.
  mutating func recover(_ slot: Slot, computedBy worker: WorkerID) {
    precondition(states[slot] == .idle, "before the first lease, and once")
    states[slot] = .kept
    sourceNumbers[slot] = sourceNumber(worker)
    keptCount += 1
  }

  /// A copy of kept features now is with a worker, or no longer with any.
  mutating func setHolder(_ slot: Slot, _ member: MemberID?) {
    precondition(states[slot] == .kept, "only what is kept has a copy")
    holders[slot] = member ?? Self.nobody
  }

  /// The slot is undecodable; its leases have ended and nobody holds a copy.
  mutating func bury(_ slot: Slot) {
    switch states[slot] {
    case .leased, .kept: precondition(holders[slot] == Self.nobody, "it was taken from its holder")
    case .claimed: claimedCount -= 1
    case .idle, .returned, .doubted, .dead: break
    }
    if states[slot] == .kept { keptCount -= 1 }
    states[slot] = .dead
    holders[slot] = Self.nobody
    sourceNumbers[slot] = Self.noSource
  }
}
