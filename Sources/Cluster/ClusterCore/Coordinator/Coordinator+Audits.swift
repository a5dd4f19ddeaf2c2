/// Audits of features: some leases go to a second worker although the features are kept, and the two
/// answers are compared. Where they differ, and where there is no second worker, the coordinator
/// computes the features itself.
///
/// Training doesn't wait for them; the end of the run does.
extension Coordinator {
  // MARK: Giving out

  /// Gives a worker slots that others computed.
  mutating func feedAudits(_ member: MemberID) {
    guard audits.isOn else { return }
    while hasRoom(member), let slot = nextAudit(for: member) {
      leases.audit(slot, by: member, at: now)
      ask(member, toCompute: slot)
    }
  }

  private mutating func nextAudit(for member: MemberID) -> Slot? {
    let (leases, record) = (leases, membership[member])
    return audits.next(
      where: { leases.canBeAudited($0, by: record, at: member) },
      current: { leases.state($0) == .kept })
  }

  /// Whoever has room gets more second leases. Those that are late, and those that nobody else can
  /// do, the coordinator does itself.
  mutating func advanceAudits() {
    guard audits.isOn, !areAuditsSettled else { return }
    for (slot, member) in leases.audits
    where audits.underWayCount < Limits.ownAuditsMax && isLate(slot, of: member) {
      takeBackAudit(of: slot)
      membership[member].incur(.audit)
      if !membership[member].isQuiet(at: now) { feed(member) }
      judge(slot, .none, of: nil)
    }
    for member in membership.available(at: now) { feedAudits(member) }
    while audits.underWayCount < Limits.ownAuditsMax, let audit = audits.nextEarlier() {
      actions.append(.auditEarlier(audit))
    }
    // Who is late with a lease and has room for no other may never have any.
    let able = self.membership.ids.filter { member in
      !self.membership[member].isQuiet(at: now)
        && (hasRoom(member) || !self.membership[member].owes(.lease))
    }
    let (leases, membership) = (leases, membership)
    while audits.underWayCount < Limits.ownAuditsMax {
      let slot = audits.next(
        where: { slot in
          leases.auditor(slot) == nil
            && !able.contains { leases.canBeAudited(slot, by: membership[$0], at: $0) }
        }, current: { leases.state($0) == .kept })
      guard let slot else { return }
      judge(slot, .none, of: nil)
    }
  }

  private func isLate(_ slot: Slot, of member: MemberID) -> Bool {
    guard let lease = leases.lease(of: slot, with: member) else { return false }
    return now.nanoseconds(since: lease.since) > leaseDuration.lateNanoseconds()
  }

  private mutating func takeBackAudit(of slot: Slot) {
    let member = leases.endAudit(of: slot)
    // A copy that it was given meanwhile it keeps; its answer to the lease is ignored.
    if leases.holder(slot) != member { revoke(slot, from: member) }
  }

  /// Whether no audit of features is awaited any more.
  var areAuditsSettled: Bool { audits.isSettled && leases.audits.isEmpty }

  /// Features are kept of a photograph that can't be decoded: somebody made them up, unless the file
  /// has gone meanwhile, which the coordinator sees when it computes them.
  mutating func auditBuried(_ slot: Slot) {
    guard audits.isOn, leases.source(slot) != nil, audits.judging[slot] == nil else { return }
    judge(slot, .none, of: nil)
  }

  // MARK: Answers

  /// The second answer to an audited lease.
  mutating func receiveSecond(_ slot: Slot, _ answer: SecondFeatures, from member: MemberID) {
    _ = leases.endAudit(of: slot)
    judge(slot, answer, of: membership[member].worker)
    if answer == .tensor, leases.holder(slot) != member { revoke(slot, from: member) }
    feed(member)
  }

  private mutating func judge(_ slot: Slot, _ answer: SecondFeatures, of second: WorkerID?) {
    guard let source = leases.source(slot) else {
      preconditionFailure("only a worker's features are audited")
    }
    audits.judge(
      slot, AuditBook.Case(source: source, second: second, isReport: answer == .undecodable))
    actions.append(.auditFeatures(leases.slots.item(slot), second: answer))
  }

  mutating func settleAudit(of item: SampleVariant, _ verdict: AuditVerdict) {
    let audit = audits.settle(leases.slots.slot(item.sample, item.variant))
    switch verdict {
    case .equal: break
    case .unknown(let reason): notice(.auditFailed(item, reason: reason))
    case .judged(let isFirstRight, let isSecondRight):
      var faultyWorkers: [WorkerID] = []
      if !isFirstRight { faultyWorkers.append(audit.source) }
      if let second = audit.second, !isSecondRight {
        // A photograph may have been away for a moment: nothing wrong came into the run.
        if audit.isReport {
          refuseReport(of: item, by: second)
        } else {
          faultyWorkers.append(second)
        }
      }
      condemn(
        faultyWorkers, "its features of sample \(item.sample) are not those of the photograph")
    }
    // Whoever computed the second answer has got the next one already.
    if audit.second == nil { advanceAudits() }
  }

  /// What a checkpoint says is yet to be looked at twice.
  var openAudits: [OpenAudit] {
    guard audits.isOn else { return [] }
    let own = audits.openSlots.union(leases.audits.map(\.slot)).compactMap { slot in
      leases.source(slot).map { OpenAudit(item: leases.slots.item(slot), source: $0) }
    }
    return Set(own + audits.earlierOpen).sorted()
  }

  mutating func settleAudit(_ audit: OpenAudit, _ verdict: AuditVerdict) {
    audits.settle(audit)
    switch verdict {
    case .equal, .judged(isFirstRight: true, _): break
    case .unknown(let reason): notice(.auditFailed(audit.item, reason: reason))
    case .judged(isFirstRight: false, _):
      condemn(
        [audit.source],
        "its features of sample \(audit.item.sample) are not those of the photograph")
    }
    advanceAudits()
  }

  private mutating func refuseReport(of item: SampleVariant, by worker: WorkerID) {
    guard let member = membership.member(of: worker) else { return }
    refuse(
      member, .falseReport,
      "it called sample \(item.sample) undecodable, but the coordinator can decode it")
  }
}

extension LeaseBook {
  /// Nobody looks at its own answer; who was too late with an audit gets no other before it has given
  /// anything; and whoever holds a copy doesn't need to compute another.
  func canBeAudited(_ slot: Slot, by record: Member, at member: MemberID) -> Bool {
    auditor(slot) == nil && record.isServing && !record.owes(.audit)
      && source(slot) != record.worker && holder(slot) != member
      && lease(of: slot, with: member) == nil
  }
}
