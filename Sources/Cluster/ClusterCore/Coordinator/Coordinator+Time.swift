/// What is due because time has passed.
extension Coordinator {
  mutating func tick() {
    loseTheSilent()
    sendHeartbeats()
    guard case .running = phase else { return retryLastCheckpoint() }
    retryPostponedDoubts()
    advanceAudits()
    guard suspectedDivergence == nil else { return }
    feedTheIdle()
    duplicateLateShares()
    giveIdleWorkersMore()
    noticeTheStalled()
    // While a round has counted nothing, the shell's sums are those of whole steps.
    if (rounds.current?.counted ?? 0) == 0 { checkpointIfDue() }
  }

  /// With the last tick before the silence has lasted too long.
  private mutating func loseTheSilent() {
    let silence = Limits.silenceMaxNanoseconds - Limits.tickIntervalNanoseconds
    for member in membership.ids
    where membership[member].isPresent
      && now.nanoseconds(since: membership[member].lastHeard) > silence
    {
      lose(member, reason: "silent")
    }
  }

  private mutating func sendHeartbeats() {
    for member in membership.ids
    where membership[member].isPresent
      && now.nanoseconds(since: membership[member].lastSent)
        >= Limits.heartbeatIntervalNanoseconds
    {
      send(member, .heartbeat)
    }
  }

  // MARK: Stragglers

  /// A share that takes too long goes to a second worker under the same name, and its features move
  /// there, so that the next step doesn't wait for the same worker. Until the late one answers, the
  /// shares of its other samples go elsewhere at once.
  private mutating func duplicateLateShares() {
    guard let round = rounds.current, round.liveCount > 0, membership.servingCount > 1 else {
      return
    }
    var duplicated = 0
    let now = now
    relieveLatePairs()
    for (index, live) in (rounds.current?.shares ?? []).enumerated()
    where live.isAwaited && live.backup == nil {
      let late = shareDuration.lateNanoseconds(units: live.share.samples.count)
      guard
        busyNanoseconds(live, of: live.holder) > late
          || membership[live.holder].isQuiet(at: now)
      else { continue }
      if case .holding = live.audit {
        membership[live.holder].incur(.share)
        judgeAlone(index)
        continue
      }
      guard let backup = leastLoaded(except: live.holder, live.share) else { continue }
      rounds.current?.duplicate(index, to: backup, at: now)
      membership[live.holder].incur(.share)
      move(live.share.samples.map { leases.slots.slot($0, live.share.variant) }, to: backup)
      ask(backup, for: live.share, round.kind)
      duplicated += 1
      if duplicated == Limits.duplicatesPerTickMax { return }
    }
  }

  /// Both workers of a share are late: the first makes room for another. Each time the two get twice as
  /// long, so that a share that takes long is answered in the end.
  private mutating func relieveLatePairs() {
    for (index, live) in (rounds.current?.shares ?? []).enumerated() {
      guard live.isAwaited, let backup = live.backup else { continue }
      let factor = UInt64(2) << UInt64(min(live.reliefCount, 32))
      let (patience, overflow) = shareDuration.lateNanoseconds(units: live.share.samples.count)
        .multipliedReportingOverflow(by: factor)
      guard !overflow,
        [live.holder, backup].allSatisfy({ busyNanoseconds(live, of: $0) > patience })
      else { continue }
      for member in [live.holder, backup] { membership[member].incur(.share) }
      guard leastLoaded(except: live.holder, live.share) != backup else { continue }
      rounds.current?.relieve(index)
    }
  }

  /// Whoever owes nothing first, then newcomers, then who is late too.
  private func leastLoaded(except holder: MemberID, _ share: Share) -> MemberID? {
    let loadClass = leases.slots.loadClass(leases.slots.slot(share.samples[0], share.variant))
    func rank(_ member: MemberID) -> (Int, Int) {
      let record = membership[member]
      return (
        record.owes(.share) ? 2 : record.owes(.proof) ? 1 : 0,
        leases.workload(member).loads[loadClass]
      )
    }
    return membership.available(at: now).filter { $0 != holder }.min { rank($0) < rank($1) }
  }
}
