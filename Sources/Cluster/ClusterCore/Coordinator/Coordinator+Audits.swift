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
    let (leases, record) = (leases, membership[member])
    while membership[member].hasRoom {
      let slot = audits.next(
        where: { leases.canBeAudited($0, by: record, at: member) },
        current: { leases.state($0) == .kept })
      guard let slot else { return }
      audits.lease(slot, to: member)
      begin(slot, for: .audit, with: member)
    }
  }

  /// Whoever has room gets more second leases. Those that are late, and those that nobody else can
  /// do, the coordinator does itself.
  mutating func advanceAudits() {
    guard audits.isOn, !audits.isSettled else { return }
    for (slot, member) in audits.open
    where audits.underWayCount < Limits.ownAuditsMax && isLate(slot, of: member) {
      takeBack(slot, from: member)
      membership[member].incur(.audit)
      if !membership[member].isQuiet(at: now) { feed(member) }
      judge(slot, .none, of: nil)
    }
    for member in membership.available(at: now) { feedAudits(member) }
    while audits.underWayCount < Limits.ownAuditsMax, let audit = audits.nextEarlier() {
      actions.append(.auditEarlier(audit))
    }
    let (leases, membership, now) = (leases, membership, now)
    while audits.underWayCount < Limits.ownAuditsMax {
      let slot = audits.next(
        where: { slot in
          !membership.ids.contains { member in
            !membership[member].isQuiet(at: now)
              && leases.canBeAudited(slot, by: membership[member], at: member)
          }
        }, current: { leases.state($0) == .kept })
      guard let slot else { return }
      judge(slot, .none, of: nil)
    }
  }

  private func isLate(_ slot: Slot, of member: MemberID) -> Bool {
    guard let lease = membership[member].lease(of: slot) else {
      preconditionFailure("the book and the member agree")
    }
    return now.nanoseconds(since: lease.since) > leaseDuration.lateNanoseconds()
  }

  /// A second lease of a slot ends without an answer.
  mutating func endAudit(_ slot: Slot) {
    audits.endLease(slot)
    audits.add(slot)
  }

  private mutating func takeBack(_ slot: Slot, from member: MemberID) {
    audits.endLease(slot)
    _ = membership[member].endLease(of: slot)
    // A copy that it was given meanwhile it keeps; its answer to the lease is ignored.
    guard leases.holder(slot) != member else { return }
    let item = leases.item(slot)
    send(member, .revoke(Revoke(variant: item.variant, samples: [item.sample])))
  }

  /// Features are kept of a photograph that can't be decoded: somebody made them up, unless the file
  /// has gone meanwhile, which the coordinator sees when it computes them.
  mutating func auditBuried(_ slot: Slot) {
    guard audits.isOn, leases.source(slot) != nil, audits.judging[slot] == nil else { return }
    judge(slot, .none, of: nil)
  }

  // MARK: Answers

  /// The second answer to an audited lease.
  mutating func receiveSecond(_ slot: Slot, _ answer: SecondFeatures, from member: MemberID) {
    audits.endLease(slot)
    judge(slot, answer, of: membership[member].worker)
    if answer == .tensor, leases.holder(slot) != member {
      let item = leases.item(slot)
      send(member, .revoke(Revoke(variant: item.variant, samples: [item.sample])))
    }
    feed(member)
  }

  private mutating func judge(_ slot: Slot, _ answer: SecondFeatures, of second: WorkerID?) {
    guard let source = leases.source(slot) else {
      preconditionFailure("only a worker's features are audited")
    }
    audits.judge(
      slot, AuditBook.Case(source: source, second: second, isReport: answer == .undecodable))
    actions.append(.auditFeatures(leases.item(slot), second: answer))
  }

  mutating func settleAudit(of item: SampleVariant, _ verdict: AuditVerdict) {
    let audit = audits.settle(leases.slot(item.sample, item.variant))
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
    let own = audits.openSlots.compactMap { slot in
      leases.source(slot).map { OpenAudit(item: leases.item(slot), source: $0) }
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
    record.isServing && !record.owes(.audit) && source(slot) != record.worker
      && holder(slot) != member && record.lease(of: slot) == nil
  }
}
