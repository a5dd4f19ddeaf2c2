/// Workers that are heard but give nothing: a hung disk, a thread that waits for ever. Others do
/// their work as that of any late worker; where there are none the run waits, and people are told.
extension Coordinator {
  /// A result of any kind shows that a worker isn't stuck, one of a share that it isn't late.
  mutating func noteResult(_ message: WorkerMessage, of place: Int) {
    switch message {
    case .gradientSum, .evaluation, .decline, .diverged: membership.members[place].isLate = false
    case .features, .undecodable: break
    case .hello, .joined, .holding, .heartbeat, .leave, .status: return
    }
    membership.members[place].lastResult = now
    membership.members[place].isStalled = false
    membership.members[place].owesAudit = false
  }

  mutating func noticeTheStalled() {
    for place in membership.members.indices {
      guard let lease = membership.members[place].leases.first else { continue }
      noteIfStalled(place, since: lease.since, usually: leaseDuration.lateNanoseconds())
    }
    guard let shares = round?.shares else { return }
    for live in shares where live.isAwaited {
      let usually = shareDuration.lateNanoseconds(units: live.share.samples.count)
      noteIfStalled(live.holder, since: live.sentAt, usually: usually)
    }
  }

  private mutating func noteIfStalled(_ place: Int, since: Instant, usually late: UInt64) {
    let member = membership.members[place]
    guard member.isServing, !member.isStalled, !member.isQuiet(at: now) else { return }
    let age = now.nanoseconds(since: max(since, member.lastResult))
    guard age / Limits.stallLatesFactor > late, age > Limits.stallNanosecondsMin else { return }
    membership.members[place].isStalled = true
    notice(
      .workerStalled(
        member.worker, name: member.name, nanoseconds: age, isAlone: membership.servingCount == 1))
  }
}
