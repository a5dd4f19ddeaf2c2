/// What follows from the states and the workloads.
extension LeaseBook {
  /// The lease of a slot that a worker has; nil where it has none.
  func lease(of slot: Slot, with member: MemberID) -> IssuedLease? {
    workload(member).lease(of: slot)
  }

  func isClaimed(_ slot: Slot, by member: MemberID) -> Bool {
    state(slot) == .claimed && holder(slot) == member
  }

  /// Whether a worker holds a copy of what is kept of a slot.
  func holds(_ member: MemberID, _ slot: Slot) -> Bool {
    state(slot) == .kept && holder(slot) == member
  }

  /// What a worker computes, claims or holds.
  func items(of member: MemberID) -> Set<SampleVariant> {
    let workload = workload(member)
    let copies = workload.held.filter { holds(member, $0) }
    let claims = workload.claims.all.filter { isClaimed($0, by: member) }
    return Set((copies + claims + workload.leases.map(\.slot)).map(slots.item))
  }

  /// So many of the copies of a load class that a worker holds, those first that it got last.
  func copies(of member: MemberID, loadClass: Int, countMax: Int) -> [Slot] {
    var copies: Set<Slot> = []
    for slot in workload(member).held.reversed() {
      if copies.count == countMax { break }
      if holds(member, slot), slots.loadClass(slot) == loadClass { copies.insert(slot) }
    }
    return copies.sorted()
  }
}
