/// What is known of every (sample, variant), and of every worker in regard to them: whether features
/// are kept, who computes them, and who holds a copy. It is the one owner of leases, claims, copies
/// and loads: each verb changes both sides, so that they can't differ.
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

  let slots: SlotNumbering
  private var states: [State]
  private var holders: [MemberID]
  /// The second worker of a leased slot.
  private var backups: [Slot: MemberID] = [:]
  /// Who computes a kept slot for the second time.
  private var auditors: [Slot: MemberID] = [:]
  /// By member.
  private var workloads: [Workload] = []
  private var sources: FeatureSources
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
    slots = SlotNumbering(plan)
    self.queue = queue
    states = Array(repeating: .idle, count: slots.count)
    holders = Array(repeating: Self.nobody, count: slots.count)
    sources = FeatureSources(slotCount: slots.count)
  }

  func state(_ slot: Slot) -> State { states[slot] }

  /// What a worker has.
  func workload(_ member: MemberID) -> Workload { workloads[member.index] }

  /// Who computes it, has claimed it, or holds a copy of what is kept.
  func holder(_ slot: Slot) -> MemberID? {
    holders[slot] == Self.nobody ? nil : holders[slot]
  }

  /// Whose features are kept; nil where none are.
  func source(_ slot: Slot) -> WorkerID? { sources[slot] }

  /// The slots of which a worker's features are kept.
  func kept(from worker: WorkerID) -> [Slot] { sources.slots(of: worker) }

  /// All whose features are kept.
  var sourcesOfKept: Set<WorkerID> { sources.all }

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

// MARK: - Candidates

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

  /// Who computes a slot for the second time.
  func auditor(_ slot: Slot) -> MemberID? { auditors[slot] }

  /// The second leases under way.
  var audits: [(slot: Slot, member: MemberID)] {
    auditors.map { ($0.key, $0.value) }.sorted { $0.slot < $1.slot }
  }

  func reliefCount(_ slot: Slot) -> Int { reliefs[slot, default: 0] }
}

// MARK: - Transitions

extension LeaseBook {
  /// A session begins: its worker has nothing yet.
  mutating func admit(_ member: MemberID) {
    let empty = Workload(loadClasses: slots.loadClassCount)
    if member.index == workloads.count { return workloads.append(empty) }
    precondition(
      workloads[member.index].leases.isEmpty && workloads[member.index].heldCount == 0,
      "what the last session had was given back")
    workloads[member.index] = empty
  }

  /// A session ends: what its worker had goes to others. Returns the slots whose audits that
  /// interrupts.
  mutating func leave(_ member: MemberID) -> [Slot] {
    var interrupted: [Slot] = []
    for lease in workloads[member.index].leases {
      switch lease.purpose {
      case .audit:
        _ = endAudit(of: lease.slot)
        interrupted.append(lease.slot)
      case .proof: endProof(of: lease.slot, with: member)
      case .features: endLease(of: lease.slot, with: member, fate: .returned)
      }
    }
    giveBackClaims(of: member)
    for slot in workloads[member.index].held where holds(member, slot) { takeCopy(of: slot) }
    workloads[member.index] = Workload(loadClasses: slots.loadClassCount)
    return interrupted
  }

  // MARK: Leases

  /// The first lease of a slot. A claimed one may also go to somebody else than who claimed it.
  mutating func lease(_ slot: Slot, to member: MemberID, at now: Instant) {
    switch states[slot] {
    case .idle, .returned: break
    case .claimed: claimedCount -= 1
    case .leased, .doubted, .kept, .dead: preconditionFailure("a slot has one first lease")
    }
    states[slot] = .leased
    holders[slot] = member
    leasedCount += 1
    begin(slot, .features, with: member, at: now)
  }

  /// Leases a slot to a second worker.
  mutating func duplicate(_ slot: Slot, to member: MemberID, at now: Instant) {
    precondition(states[slot] == .leased && backups[slot] == nil, "a slot has one lease before")
    precondition(holders[slot] != member, "two leases are of two workers")
    backups[slot] = member
    begin(slot, .features, with: member, at: now)
  }

  /// A worker is to compute what is kept for a second time.
  mutating func audit(_ slot: Slot, by member: MemberID, at now: Instant) {
    precondition(states[slot] == .kept && auditors[slot] == nil, "one audit of a slot at a time")
    auditors[slot] = member
    begin(slot, .audit, with: member, at: now)
  }

  /// A worker is to show that it can compute what is kept.
  mutating func prove(_ slot: Slot, by member: MemberID, at now: Instant) {
    precondition(states[slot] == .kept, "what isn't kept is leased")
    begin(slot, .proof, with: member, at: now)
  }

  private mutating func begin(
    _ slot: Slot, _ purpose: IssuedLease.Purpose, with member: MemberID, at now: Instant
  ) {
    workloads[member.index].begin(IssuedLease(slot: slot, since: now, purpose: purpose))
  }

  /// Both workers of a slot are late: the first makes room for another. Returns the first.
  mutating func relieve(_ slot: Slot) -> MemberID {
    precondition(backups[slot] != nil, "the second goes on")
    let first = holders[slot]
    reliefs[slot, default: 0] += 1
    endLease(of: slot, with: first, fate: .returned)
    return first
  }

  /// What becomes of a slot that nobody computes any more.
  enum Fate {
    /// It is leased anew, before others.
    case returned
    /// The coordinator decodes the photograph that a worker couldn't.
    case doubted
  }

  /// One of the leases of a slot ends without features; where it was the only one, the slot meets its
  /// fate.
  mutating func endLease(of slot: Slot, with member: MemberID, fate: Fate) {
    precondition(states[slot] == .leased, "only a leased slot has a lease to end")
    workloads[member.index].endLease(of: slot)
    if let backup = backups.removeValue(forKey: slot) {
      precondition(
        backup == member || holders[slot] == member, "a lease is its holder's or its backup's")
      if holders[slot] == member { holders[slot] = backup }
      return
    }
    precondition(holders[slot] == member, "a lease is its holder's or its backup's")
    leasedCount -= 1
    reliefs[slot] = nil
    holders[slot] = Self.nobody
    switch fate {
    case .returned: putBack(slot)
    case .doubted: states[slot] = .doubted
    }
  }

  /// Ends the audit of a slot. Returns who computed it.
  mutating func endAudit(of slot: Slot) -> MemberID {
    guard let member = auditors.removeValue(forKey: slot) else {
      preconditionFailure("it was leased for an audit")
    }
    workloads[member.index].endLease(of: slot)
    return member
  }

  mutating func endProof(of slot: Slot, with member: MemberID) {
    workloads[member.index].endLease(of: slot)
  }

  /// The features of a leased slot have come from `member`, which holds them now. Returns the other
  /// worker that computes it too, whose lease ends with this.
  mutating func keep(_ slot: Slot, from member: MemberID, _ worker: WorkerID) -> MemberID? {
    precondition(states[slot] == .leased, "features answer a lease")
    let backup = backups.removeValue(forKey: slot)
    precondition(
      holders[slot] == member || backup == member, "features come from who has the lease")
    let other = holders[slot] == member ? backup : holders[slot]
    for computing in [member, other].compactMap(\.self) {
      workloads[computing.index].endLease(of: slot)
    }
    leasedCount -= 1
    reliefs[slot] = nil
    states[slot] = .kept
    sources[slot] = worker
    keptCount += 1
    holders[slot] = Self.nobody
    giveCopy(of: slot, to: member)
    return other
  }

  /// Puts a slot that nobody computes back to where leases are taken from first.
  private mutating func putBack(_ slot: Slot) {
    states[slot] = .returned
    returned.append(slot)
  }

  /// The coordinator could decode what a worker couldn't: it is leased anew.
  mutating func endDoubt(of slot: Slot) {
    precondition(states[slot] == .doubted, "only what is doubted")
    putBack(slot)
  }

  // MARK: Claims

  /// A worker says that it holds a slot that nobody computes.
  mutating func claim(_ slot: Slot, for member: MemberID) {
    precondition(states[slot] == .idle || states[slot] == .returned, "nobody computes it")
    states[slot] = .claimed
    holders[slot] = member
    claimedCount += 1
    workloads[member.index].claim(slot)
  }

  /// The next slot that a worker claims, in the order of need; nil where there is none.
  mutating func nextClaim(of member: MemberID) -> Slot? {
    while let slot = workloads[member.index].nextClaim() {
      if isClaimed(slot, by: member) { return slot }
    }
    return nil
  }

  mutating func giveBackClaims(of member: MemberID) {
    for slot in workloads[member.index].takeClaims() where isClaimed(slot, by: member) {
      claimedCount -= 1
      holders[slot] = Self.nobody
      putBack(slot)
    }
  }

  // MARK: Copies

  /// A worker gets a copy of what is kept and nobody holds.
  mutating func giveCopy(of slot: Slot, to member: MemberID) {
    precondition(states[slot] == .kept, "only what is kept has a copy")
    precondition(holders[slot] == Self.nobody, "it was taken from its holder first")
    holders[slot] = member
    let (states, holders) = (states, holders)
    workloads[member.index].gain(slot, of: slots.loadClass(slot)) {
      states[$0] == .kept && holders[$0] == member
    }
  }

  /// Nobody holds a copy any more.
  mutating func takeCopy(of slot: Slot) {
    precondition(states[slot] == .kept, "only what is kept has a copy")
    guard holders[slot] != Self.nobody else { return }
    workloads[holders[slot].index].lose(loadClass: slots.loadClass(slot))
    holders[slot] = Self.nobody
  }

  /// A worker is told to forget its copy. It takes that for the end of its lease of the slot, too.
  /// Returns whether that interrupts an audit.
  mutating func revokeCopy(of slot: Slot, from member: MemberID) -> Bool {
    precondition(holds(member, slot), "only a holder loses a copy")
    takeCopy(of: slot)
    guard let lease = lease(of: slot, with: member) else { return false }
    if lease.purpose == .audit { return endAudit(of: slot) == member }
    endProof(of: slot, with: member)
    return false
  }

  // MARK: The life of a slot

  /// The order of need is another from now on.
  mutating func use(_ queue: LeaseQueue) { self.queue = queue }

  /// The features of a slot were kept before this incarnation; nobody holds a copy yet.
  mutating func recover(_ slot: Slot, computedBy worker: WorkerID) {
    precondition(states[slot] == .idle, "before the first lease, and once")
    states[slot] = .kept
    sources[slot] = worker
    keptCount += 1
  }

  /// The features of a slot are wrong; nobody holds a copy. It is leased anew.
  mutating func forget(_ slot: Slot) {
    precondition(states[slot] == .kept && holders[slot] == Self.nobody, "it was taken back")
    precondition(auditors[slot] == nil, "every session has ended")
    sources[slot] = nil
    keptCount -= 1
    putBack(slot)
  }

  /// The slot is undecodable. Returns the workers that compute it, audit it or hold a copy, and do so
  /// no more.
  mutating func bury(_ slot: Slot) -> [MemberID] {
    var concerned: Set<MemberID> = []
    switch states[slot] {
    case .leased:
      for member in [holders[slot], backups.removeValue(forKey: slot)].compactMap(\.self) {
        workloads[member.index].endLease(of: slot)
        concerned.insert(member)
      }
      leasedCount -= 1
      reliefs[slot] = nil
    case .kept:
      if auditors[slot] != nil { concerned.insert(endAudit(of: slot)) }
      if let holder = holder(slot) {
        concerned.insert(holder)
        _ = revokeCopy(of: slot, from: holder)
      }
      keptCount -= 1
    case .claimed: claimedCount -= 1
    case .idle, .returned, .doubted, .dead: break
    }
    states[slot] = .dead
    holders[slot] = Self.nobody
    sources[slot] = nil
    return concerned.sorted()
  }
}
