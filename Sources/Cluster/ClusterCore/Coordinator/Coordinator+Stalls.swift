/// Workers that are heard but give nothing: a hung disk, a thread that waits for ever. Others do
/// their work as that of any late worker; where there are none the run waits, and people are told.
extension Coordinator {
  /// A result of any kind shows that a worker isn't stuck, one of a share that it isn't late.
  mutating func noteResult(_ message: WorkerMessage, of member: MemberID) {
    switch message {
    case .gradientSum, .evaluation, .decline, .diverged: membership[member].isLate = false
    case .features, .undecodable: break
    case .hello, .joined, .holding, .heartbeat, .leave, .status: return
    }
    membership[member].lastResult = now
    membership[member].isStalled = false
    membership[member].owesAudit = false
  }

  mutating func noticeTheStalled() {
    for member in membership.ids {
      guard let lease = membership[member].leases.first else { continue }
      noteIfStalled(member, since: lease.since, usually: leaseDuration.lateNanoseconds())
    }
    guard let shares = round?.shares else { return }
    for live in shares where live.isAwaited {
      let usually = shareDuration.lateNanoseconds(units: live.share.samples.count)
      noteIfStalled(live.holder, since: live.sentAt, usually: usually)
    }
  }

  private mutating func noteIfStalled(_ member: MemberID, since: Instant, usually late: UInt64) {
    let record = membership[member]
    guard record.isServing, !record.isStalled, !record.isQuiet(at: now) else { return }
    let age = now.nanoseconds(since: max(since, record.lastResult))
    guard age / Limits.stallLatesFactor > late, age > Limits.stallNanosecondsMin else { return }
    membership[member].isStalled = true
    notice(
      .workerStalled(
        record.worker, name: record.name, nanoseconds: age, isAlone: membership.servingCount == 1))
  }
}
