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
    for place in membership.members.indices
    where membership.members[place].isPresent
      && now.nanoseconds(since: membership.members[place].lastHeard) > silence
    {
      lose(place, reason: "silent")
    }
  }

  private mutating func sendHeartbeats() {
    for place in membership.members.indices
    where membership.members[place].isPresent
      && now.nanoseconds(since: membership.members[place].lastSent)
        >= Limits.heartbeatIntervalNanoseconds
    {
      send(place, .heartbeat)
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
    for (shareAt, live) in (self.round?.shares ?? []).enumerated()
    where live.isAwaited && live.twin == nil {
      let late = shareDuration.lateNanoseconds(units: live.share.samples.count)
      guard
        busyNanoseconds(live, of: live.holder) > late
          || membership.members[live.holder].isQuiet(at: now)
      else { continue }
      if case .holding = live.audit {
        membership.members[live.holder].isLate = true
        judgeAlone(shareAt)
        continue
      }
      guard let twin = leastLoaded(except: live.holder, live.share) else { continue }
      self.round?.duplicate(shareAt, to: twin)
      membership.members[live.holder].isLate = true
      move(live.share.samples.map { leases.slot($0, live.share.variant) }, to: twin)
      switch round.kind {
      case .step: send(twin, .step(live.share))
      case .evaluation: send(twin, .evaluate(live.share))
      }
      duplicated += 1
      if duplicated == Limits.duplicatesPerTickMax { return }
    }
  }

  /// Both workers of a share are late: one makes room for a third, once. More than that could keep
  /// a share that takes long from ever being answered.
  private mutating func relieveStuckPairs() {
    for (shareAt, live) in (round?.shares ?? []).enumerated() {
      guard live.isAwaited, !live.isRelieved, let twin = live.twin else { continue }
      let late = shareDuration.lateNanoseconds(units: live.share.samples.count)
      guard
        [live.holder, twin].allSatisfy({ busyNanoseconds(live, of: $0) > 2 * min(late, .max / 2) })
      else { continue }
      for place in [live.holder, twin] { membership.members[place].isLate = true }
      guard leastLoaded(except: live.holder, live.share) != twin else { continue }
      round?.relieve(shareAt)
    }
  }

  private func leastLoaded(except holder: Int, _ share: Share) -> Int? {
    let loadClass = loadClass(leases.slot(share.samples[0], share.variant))
    return membership.members.indices
      .filter { place in
        place != holder && membership.members[place].isServing
          && !membership.members[place].isQuiet(at: now)
      }
      .min { left, right in
        let (left, right) = (membership.members[left], membership.members[right])
        return left.isLate == right.isLate
          ? left.loads[loadClass] < right.loads[loadClass] : right.isLate
      }
  }

  /// Whoever lost its last lease without an answer, as its copy went elsewhere, has room.
  private mutating func feedTheIdle() {
    for place in membership.members.indices
    where membership.members[place].isServing && membership.members[place].leases.isEmpty
      && !membership.members[place].isQuiet(at: now)
    {
      feed(place)
    }
  }

  /// Workers are idle only when nothing is left to lease: they take over claims that nobody
  /// answers and duplicate the oldest leases.
  private mutating func giveIdleWorkersMore() {
    guard isLeasing, leases.leasedCount + leases.claimedCount > 0 else { return }
    var idle = membership.members.indices.filter {
      membership.members[$0].isServing && membership.members[$0].leases.isEmpty
        && !membership.members[$0].isQuiet(at: now)
    }
    guard !idle.isEmpty else { return }
    returnUnansweredClaims()
    for place in idle { feed(place) }
    idle.removeAll { !membership.members[$0].leases.isEmpty }
    for (lease, holder) in lateLeases(countMax: idle.count) {
      guard let at = idle.firstIndex(where: { $0 != holder }) else { continue }
      let place = idle.remove(at: at)
      leases.duplicate(lease.slot, to: place)
      membership.members[place].leases.append(IssuedLease(slot: lease.slot, since: now))
      send(place, .lease(Lease(item: leases.item(lease.slot), withFeatures: false)))
    }
  }

  private mutating func returnUnansweredClaims() {
    for place in membership.members.indices where !membership.members[place].claims.isEmpty {
      guard let oldest = membership.members[place].leases.first,
        now.nanoseconds(since: oldest.since) > leaseDuration.lateNanoseconds()
      else { continue }
      for slot in membership.members[place].claims
      where leases.state(slot) == .claimed && leases.holder(slot) == place {
        leases.giveBack(slot)
      }
      membership.members[place].claims = []
    }
  }

  /// The oldest leases that have been out too long and have no second worker.
  private func lateLeases(countMax: Int) -> [(lease: IssuedLease, holder: Int)] {
    var late: [(lease: IssuedLease, holder: Int)] = []
    for place in membership.members.indices {
      for lease in membership.members[place].leases
      where !lease.isAudit && now.nanoseconds(since: lease.since) > leaseDuration.lateNanoseconds()
        && !leases.hasTwin(lease.slot)
      {
        late.append((lease, place))
      }
    }
    late.sort { ($0.lease.since, $0.lease.slot) < ($1.lease.since, $1.lease.slot) }
    return Array(late.prefix(countMax))
  }
}
