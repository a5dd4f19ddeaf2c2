/// Audits of shares: some go to a second worker too, and count once the two answers are the same.
/// Where they differ, or no second one comes in time, the coordinator computes the share itself.
///
/// A step waits for its audits, so that no sum which was looked at is ever wrong.
extension Coordinator {
  /// Sends a share that was just opened to a second worker as well, with copies of the features for
  /// this share alone.
  mutating func auditShare(_ share: Share, _ kind: ShareKind, heldBy holder: Int) {
    guard audits.draws(), let shareAt = round?.livePlace(of: share.id) else { return }
    round?.audit(shareAt, .awaiting)
    let others = membership.members.indices.filter {
      $0 != holder && isPrompt($0) && !isAuditing(share, $0)
    }
    guard !others.isEmpty else { return }
    let second = others[audits.pick(of: others.count)]
    round?.duplicate(shareAt, to: second)
    let lent = share.samples.filter { leases.holder(leases.slot($0, share.variant)) != second }
    for sample in lent { give(leases.slot(sample, share.variant), to: second) }
    send(share, kind, to: second)
    for list in lent.split(atMost: Limits.samplesPerListMax) {
      send(second, .revoke(Revoke(variant: share.variant, samples: list)))
    }
  }

  /// Whether a worker computes features of a share for the second time: to lend it those and to take
  /// them back would end its lease.
  private func isAuditing(_ share: Share, _ place: Int) -> Bool {
    membership.members[place].leases.contains { lease in
      lease.isAudit && share.variant == leases.item(lease.slot).variant
        && share.samples.contains(leases.item(lease.slot).sample)
    }
  }

  /// An answer to an audited share: the first is held until there is a second.
  mutating func audit(_ answer: ShareAnswer, correct: UInt32, of shareAt: Int, from place: Int) {
    guard let live = round?.shares[shareAt] else { return }
    let worker = membership.members[place].worker
    switch live.audit {
    case .none, .judging: preconditionFailure("an awaited answer to an audited share")
    case .awaiting:
      actions.append(.holdAnswer(answer))
      round?.audit(shareAt, .holding(HeldAnswer(worker: worker, correct: correct)))
      if round?.withdraw(place, from: shareAt) == false { return judgeAlone(shareAt) }
      if let other = round?.shares[shareAt].holder, !isPrompt(other) { judgeAlone(shareAt) }
    case .holding(let first):
      round?.audit(shareAt, .judging(first, second: worker))
      actions.append(.auditAnswer(live.share, second: answer))
    }
  }

  /// No second answer is waited for.
  mutating func judgeAlone(_ shareAt: Int) {
    guard let live = round?.shares[shareAt], case .holding(let first) = live.audit else {
      preconditionFailure("an answer is held")
    }
    round?.audit(shareAt, .judging(first, second: nil))
    actions.append(.auditAnswer(live.share, second: nil))
  }

  mutating func settleAudit(of id: ShareID, _ verdict: AuditVerdict) {
    guard let shareAt = round?.livePlace(of: id), let live = round?.shares[shareAt],
      case .judging(let first, let second) = live.audit
    else { return }  // Its round was given up meanwhile.
    switch verdict {
    case .unknown: preconditionFailure("a share's features are kept, and so it can be computed")
    case .equal: countHeld(shareAt, first)
    case .judged(let isFirstRight, let isSecondRight):
      if isFirstRight {
        countHeld(shareAt, first)
      } else {
        round?.retire(shareAt)
        actions.append(.dropAnswer(id))
      }
      var liars: [WorkerID] = []
      if !isFirstRight { liars.append(first.worker) }
      if let second, !isSecondRight { liars.append(second) }
      condemn(liars, "its answer to \(id) is not what the share comes to")
    }
  }

  private mutating func countHeld(_ shareAt: Int, _ answer: HeldAnswer) {
    guard let share = round?.shares[shareAt].share else { return }
    count(share, at: shareAt, correct: answer.correct, of: answer.worker)
    actions.append(.addHeld(share.id))
  }
}
