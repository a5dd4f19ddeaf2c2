/// Workers that are heard but give nothing: a hung disk, a thread that waits for ever. Others do
/// their work as that of any late worker; where there are none the run waits, and people are told.
extension Coordinator {
  mutating func noticeTheStalled() {
    // Then they wait for photographs, and people know that.
    guard shortage.since == nil else { return }
    for member in membership.ids {
      guard let lease = leases.workload(member).leases.first else { continue }
      noteIfStalled(member, since: lease.since, usually: leaseDuration.lateNanoseconds())
    }
    guard let shares = rounds.current?.shares else { return }
    for live in shares where live.isAwaited {
      let usually = shareDuration.lateNanoseconds(units: live.share.samples.count)
      noteIfStalled(live.holder, since: live.askedAt(of: live.holder), usually: usually)
    }
  }

  private mutating func noteIfStalled(_ member: MemberID, since: Instant, usually late: UInt64) {
    let record = membership[member]
    guard record.isAvailable(at: now), !record.owes(.anything) else { return }
    let age = now.nanoseconds(since: max(since, record.lastResult))
    guard age / Limits.stallLatesFactor > late, age > Limits.stallNanosecondsMin else { return }
    membership[member].incur(.anything)
    notice(
      .workerStalled(
        record.worker, name: record.name, nanoseconds: age, isAlone: membership.servingCount == 1))
  }
}
