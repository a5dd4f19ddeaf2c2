/// Audits of shares: some go to a second worker too, and count once the two answers are the same.
/// Where they differ, or no second one comes in time, the coordinator computes the share itself.
///
/// A step waits for its audits, so that no sum which was looked at is ever wrong.
extension Coordinator {
  /// Sends a share that was just opened to a second worker as well, with copies of the features for
  /// this share alone.
  mutating func auditShare(_ share: Share, _ kind: ShareKind, heldBy holder: MemberID) {
    guard audits.draws(), let index = rounds.current?.liveIndex(of: share.id) else { return }
    rounds.current?.audit(index, .awaiting)
    let others = membership.ids.filter {
      $0 != holder && isPrompt($0) && !isAuditing(share, $0)
    }
    guard !others.isEmpty else { return }
    let second = others[audits.pick(of: others.count)]
    let now = now
    rounds.current?.duplicate(index, to: second, at: now)
    let lent = share.samples.filter {
      leases.holder(leases.slots.slot($0, share.variant)) != second
    }
    for sample in lent { sendCopy(of: leases.slots.slot(sample, share.variant), to: second) }
    ask(second, for: share, kind)
    for list in lent.split(atMost: Limits.samplesPerListMax) {
      send(second, .revoke(Revoke(variant: share.variant, samples: list)))
    }
  }

  /// Whether a worker computes features of a share for the second time: to lend it those and to take
  /// them back would end its lease.
  private func isAuditing(_ share: Share, _ member: MemberID) -> Bool {
    leases.workload(member).leases.contains { lease in
      let item = leases.slots.item(lease.slot)
      return lease.purpose != .features && share.variant == item.variant
        && share.samples.contains(item.sample)
    }
  }

  /// An answer to an audited share: the first is held until there is a second.
  mutating func audit(_ answer: ShareAnswer, correct: UInt32, at index: Int, from member: MemberID)
  {
    guard let live = rounds.current?.shares[index] else { return }
    let worker = membership[member].worker
    switch live.audit {
    case .none, .judging: preconditionFailure("an awaited answer to an audited share")
    case .awaiting:
      actions.append(.holdAnswer(answer))
      rounds.current?.audit(index, .holding(FirstAnswer(worker: worker, correct: correct)))
      if rounds.current?.withdraw(member, from: index) == false { return judgeAlone(index) }
      if let other = rounds.current?.shares[index].holder, !isPrompt(other) { judgeAlone(index) }
    case .holding(let first):
      rounds.current?.audit(index, .judging(first, second: worker))
      actions.append(.auditAnswer(live.share, second: answer))
    }
  }

  /// No second answer is waited for.
  mutating func judgeAlone(_ index: Int) {
    guard let live = rounds.current?.shares[index], case .holding(let first) = live.audit else {
      preconditionFailure("an answer is held")
    }
    rounds.current?.audit(index, .judging(first, second: nil))
    actions.append(.auditAnswer(live.share, second: nil))
  }

  mutating func settleAudit(of id: ShareID, _ verdict: AuditVerdict) {
    guard let index = rounds.current?.liveIndex(of: id), let live = rounds.current?.shares[index],
      case .judging(let first, let second) = live.audit
    else { return }  // Its round was given up meanwhile.
    switch verdict {
    case .unknown: preconditionFailure("a share's features are kept, and so it can be computed")
    case .equal: countHeld(index, first)
    case .judged(let isFirstRight, let isSecondRight):
      if isFirstRight {
        countHeld(index, first)
      } else {
        rounds.current?.retire(index)
        actions.append(.dropAnswer(id))
      }
      var faultyWorkers: [WorkerID] = []
      if !isFirstRight { faultyWorkers.append(first.worker) }
      if let second, !isSecondRight { faultyWorkers.append(second) }
      condemn(faultyWorkers, "its answer to \(id) is not what the share comes to")
    }
  }

  private mutating func countHeld(_ index: Int, _ answer: FirstAnswer) {
    guard let share = rounds.current?.shares[index].share else { return }
    count(share, at: index, correct: answer.correct, of: answer.worker)
    actions.append(.addHeld(share.id))
  }
}
