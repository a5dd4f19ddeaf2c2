/// Leases that take too long. What a worker doesn't give, others are asked for as soon as they have
/// nothing else to do; and it gets one lease at a time until it gives something.
extension Coordinator {
  /// Whoever lost its last lease without an answer, as its copy went elsewhere, has room.
  mutating func feedTheIdle() {
    for member in idleMembers { feed(member) }
  }

  private var idleMembers: [MemberID] {
    membership.available(at: now).filter { leases.workload($0).leases.isEmpty }
  }

  /// Workers are idle only when nothing is left to lease: they take over claims that nobody
  /// answers and late leases, the oldest first, until they have no room. With each answer they get
  /// the next one.
  mutating func giveIdleWorkersMore() {
    guard isLeasing, leases.leasedCount + leases.claimedCount > 0 else { return }
    if !idleMembers.isEmpty { returnUnansweredClaims() }
    relieveLatePairs(by: idleMembers)
    leases.noteLate(lateLeases)
    for member in idleMembers { feed(member) }
  }

  /// Leases the oldest late slot of somebody else to a member as well; false where there is none. Who
  /// owes a lease itself, or has shown nothing yet, gets one only where nobody else can have it.
  mutating func leaseLateSlot(to member: MemberID) -> Bool {
    let others = betterThan(member)
    let slot = leases.nextLate { holder in
      holder != member && !others.contains { $0 != holder }
    }
    guard let slot, let holder = leases.holder(slot) else { return false }
    leases.duplicate(slot, to: member, at: now)
    membership[holder].incur(.lease)
    ask(member, toCompute: slot)
    return true
  }

  private func betterThan(_ member: MemberID) -> [MemberID] {
    let debts: Standing.Debts = membership[member].owes(.lease) ? .lease : [.lease, .proof]
    guard membership[member].owes(debts) else { return [] }
    return membership.available(at: now).filter { !membership[$0].owes(debts) }
  }

  private mutating func returnUnansweredClaims() {
    for member in membership.ids where !leases.workload(member).claims.isEmpty {
      guard let oldest = leases.workload(member).leases.first, isLate(oldest) else { continue }
      leases.giveBackClaims(of: member)
    }
  }

  /// Both workers of a lease are late: the first makes room for another. Each time the two get twice
  /// as long, so that a photograph that takes long is computed in the end.
  private mutating func relieveLatePairs(by idle: [MemberID]) {
    for member in membership.ids {
      for lease in leases.workload(member).leases where lease.purpose == .features {
        let slot = lease.slot
        guard leases.holder(slot) == member, let backup = leases.backup(slot),
          let second = leases.lease(of: slot, with: backup),
          idle.contains(where: { $0 != member && $0 != backup })
        else { continue }
        let factor = UInt64(2) << UInt64(min(leases.reliefCount(slot), 32))
        guard isLate(lease, times: factor), isLate(second, times: factor) else { continue }
        membership[backup].incur(.lease)
        revoke(slot, from: leases.relieve(slot))
      }
    }
  }

  /// The slots whose leases have been out too long and have no second worker, the oldest first.
  private var lateLeases: [Slot] {
    var late: [IssuedLease] = []
    for member in membership.ids {
      late += leases.workload(member).leases.filter { lease in
        lease.purpose == .features && isLate(lease) && leases.backup(lease.slot) == nil
      }
    }
    return late.sorted { ($0.since, $0.slot) < ($1.since, $1.slot) }.map(\.slot)
  }

  private func isLate(_ lease: IssuedLease, times factor: UInt64 = 1) -> Bool {
    let (late, overflow) = leaseDuration.lateNanoseconds().multipliedReportingOverflow(by: factor)
    return !overflow && now.nanoseconds(since: lease.since) > late
  }
}
