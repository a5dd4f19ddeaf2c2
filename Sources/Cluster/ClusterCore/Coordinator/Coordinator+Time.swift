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
    if (round?.counted ?? 0) == 0 { checkpointIfDue() }
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
    guard let round, round.liveCount > 0, membership.servingCount > 1 else { return }
    var duplicated = 0
    relieveStuckPairs()
    for (index, live) in (self.round?.shares ?? []).enumerated()
    where live.isAwaited && live.backup == nil {
      let late = shareDuration.lateNanoseconds(units: live.share.samples.count)
      guard
        busyNanoseconds(live, of: live.holder) > late
          || membership[live.holder].isQuiet(at: now)
      else { continue }
      if case .holding = live.audit {
        membership[live.holder].isLate = true
        judgeAlone(index)
        continue
      }
      guard let backup = leastLoaded(except: live.holder, live.share) else { continue }
      self.round?.duplicate(index, to: backup)
      membership[live.holder].isLate = true
      move(live.share.samples.map { leases.slot($0, live.share.variant) }, to: backup)
      switch round.kind {
      case .step: send(backup, .step(live.share))
      case .evaluation: send(backup, .evaluate(live.share))
      }
      duplicated += 1
      if duplicated == Limits.duplicatesPerTickMax { return }
    }
  }

  /// Both workers of a share are late: one makes room for a third, once. More than that could keep
  /// a share that takes long from ever being answered.
  private mutating func relieveStuckPairs() {
    for (index, live) in (round?.shares ?? []).enumerated() {
      guard live.isAwaited, !live.isRelieved, let backup = live.backup else { continue }
      let late = shareDuration.lateNanoseconds(units: live.share.samples.count)
      guard
        [live.holder, backup].allSatisfy({ busyNanoseconds(live, of: $0) > 2 * min(late, .max / 2) }
        )
      else { continue }
      for member in [live.holder, backup] { membership[member].isLate = true }
      guard leastLoaded(except: live.holder, live.share) != backup else { continue }
      round?.relieve(index)
    }
  }

  private func leastLoaded(except holder: MemberID, _ share: Share) -> MemberID? {
    let loadClass = loadClass(leases.slot(share.samples[0], share.variant))
    return membership.ids
      .filter { member in
        member != holder && membership[member].isServing
          && !membership[member].isQuiet(at: now)
      }
      .min { left, right in
        let (left, right) = (membership[left], membership[right])
        return left.isLate == right.isLate
          ? left.loads[loadClass] < right.loads[loadClass] : right.isLate
      }
  }

  /// Whoever lost its last lease without an answer, as its copy went elsewhere, has room.
  private mutating func feedTheIdle() {
    for member in membership.ids
    where membership[member].isServing && membership[member].leases.isEmpty
      && !membership[member].isQuiet(at: now)
    {
      feed(member)
    }
  }

  /// Workers are idle only when nothing is left to lease: they take over claims that nobody
  /// answers and duplicate the oldest leases.
  private mutating func giveIdleWorkersMore() {
    guard isLeasing, leases.leasedCount + leases.claimedCount > 0 else { return }
    var idle = membership.ids.filter {
      membership[$0].isServing && membership[$0].leases.isEmpty
        && !membership[$0].isQuiet(at: now)
    }
    guard !idle.isEmpty else { return }
    returnUnansweredClaims()
    for member in idle { feed(member) }
    idle.removeAll { !membership[$0].leases.isEmpty }
    for (lease, holder) in lateLeases(countMax: idle.count) {
      guard let at = idle.firstIndex(where: { $0 != holder }) else { continue }
      let member = idle.remove(at: at)
      leases.duplicate(lease.slot, to: member)
      membership[member].leases.append(IssuedLease(slot: lease.slot, since: now))
      send(member, .lease(Lease(item: leases.item(lease.slot), withFeatures: false)))
    }
  }

  private mutating func returnUnansweredClaims() {
    for member in membership.ids where !membership[member].claims.isEmpty {
      guard let oldest = membership[member].leases.first,
        now.nanoseconds(since: oldest.since) > leaseDuration.lateNanoseconds()
      else { continue }
      for slot in membership[member].claims
      where leases.state(slot) == .claimed && leases.holder(slot) == member {
        leases.giveBack(slot)
      }
      membership[member].claims = []
    }
  }

  /// The oldest leases that have been out too long and have no second worker.
  private func lateLeases(countMax: Int) -> [(lease: IssuedLease, holder: MemberID)] {
    var late: [(lease: IssuedLease, holder: MemberID)] = []
    for member in membership.ids {
      for lease in membership[member].leases
      where !lease.isAudit && now.nanoseconds(since: lease.since) > leaseDuration.lateNanoseconds()
        && !leases.hasBackup(lease.slot)
      {
        late.append((lease, member))
      }
    }
    late.sort { ($0.lease.since, $0.lease.slot) < ($1.lease.since, $1.lease.slot) }
    return Array(late.prefix(countMax))
  }
}
