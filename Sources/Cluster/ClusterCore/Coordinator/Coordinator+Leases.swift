/// Forward passes: who does which, and what comes of them.
extension Coordinator {
  // MARK: Giving out

  /// Gives a worker as many leases as it has room for.
  mutating func feed(_ member: MemberID) {
    guard isLeasing, membership[member].isServing else { return }
    feedAudits(member)
    if suspectedDivergence != nil { return }
    feedClaims(member)
    while hasRoom(member) {
      if let slot = leases.nextUnleased() {
        issue(slot, to: member)
      } else if !leaseLateSlot(to: member) {
        return askForProof(of: member)
      }
    }
  }

  /// Where nothing is left to lease, a newcomer shows by a forward pass for nothing that others may
  /// wait for its shares.
  private mutating func askForProof(of member: MemberID) {
    guard membership[member].owes(.proof), leases.workload(member).leases.isEmpty,
      membership.ids.contains(where: isPrompt), let slot = leases.nextProof(),
      leases.holder(slot) != member
    else { return }
    leases.prove(slot, by: member, at: now)
    ask(member, toCompute: slot)
  }

  func hasRoom(_ member: MemberID) -> Bool {
    leases.workload(member).leases.count < membership[member].leasesMax
  }

  /// What a worker says it has already costs it nothing: more of that at a time.
  private mutating func feedClaims(_ member: MemberID) {
    let leasesMax = membership[member].owes(.lease) ? 1 : Limits.claimedLeasesMax
    while leases.workload(member).leases.count < leasesMax,
      let slot = leases.nextClaim(of: member)
    {
      issue(slot, to: member)
    }
  }

  mutating func feedAll() {
    guard isLeasing else { return }
    for member in membership.ids where !membership[member].isQuiet(at: now) {
      feed(member)
    }
  }

  private mutating func issue(_ slot: Slot, to member: MemberID) {
    leases.lease(slot, to: member, at: now)
    ask(member, toCompute: slot)
  }

  mutating func ask(_ member: MemberID, toCompute slot: Slot) {
    send(member, .lease(Lease(item: leases.slots.item(slot), withFeatures: false)))
  }

  /// Whatever the worker has of the slot, a lease or a copy, it is to forget.
  mutating func revoke(_ slot: Slot, from member: MemberID) {
    let item = leases.slots.item(slot)
    send(member, .revoke(Revoke(variant: item.variant, samples: [item.sample])))
  }

  // MARK: Kept before

  /// Features that were computed before this incarnation are as good as those that come now, and are
  /// audited like them.
  mutating func recover(_ kept: [KeptFeatures]) {
    var refused: [SampleVariant] = []
    for features in kept {
      guard let slot = leases.slots.slot(of: features.item), leases.state(slot) == .idle else {
        continue
      }
      guard !condemned.contains(features.source) else {
        refused.append(features.item)
        continue
      }
      leases.recover(slot, computedBy: features.source)
      contributors.insert(features.source)
      if audits.draws() { audits.add(slot) }
    }
    if !refused.isEmpty { actions.append(.forgetFeatures(refused)) }
  }

  // MARK: Answers

  mutating func receive(_ features: Features, from member: MemberID) {
    guard let slot = leases.slots.slot(of: features.item) else {
      return refuse(member, .malformed, "features of \(features.item), which the run doesn't have")
    }
    // Without a lease it is a repetition, or it crossed with a revocation: the features are kept
    // already.
    guard let lease = leases.lease(of: slot, with: member) else { return }
    leaseDuration.add(nanoseconds: now.nanoseconds(since: lease.since))
    membership[member].settle(isShare: false, at: now)
    switch lease.purpose {
    case .audit: return receiveSecond(slot, .tensor, from: member)
    case .proof: return receiveProof(slot, from: member)
    case .features: keep(slot, from: member)
    }
  }

  private mutating func keep(_ slot: Slot, from member: MemberID) {
    let (item, worker) = (leases.slots.item(slot), membership[member].worker)
    let backup = leases.keep(slot, from: member, worker)
    contributors.insert(worker)
    if audits.draws() { audits.add(slot) }
    actions.append(.keepFeatures(KeptFeatures(item: item, source: worker)))
    if let backup {
      revoke(slot, from: backup)
      feed(backup)
    }
    rounds.settle(item)
    feed(member)
  }

  /// It has shown that it computes; what it computed is kept already.
  private mutating func receiveProof(_ slot: Slot, from member: MemberID) {
    leases.endProof(of: slot, with: member)
    if leases.holder(slot) != member { revoke(slot, from: member) }
    feed(member)
  }

  mutating func receive(_ report: Undecodable, from member: MemberID) {
    guard let slot = leases.slots.slot(of: report.item) else {
      return refuse(member, .malformed, "\(report.item) is not of this run")
    }
    guard let lease = leases.lease(of: slot, with: member) else { return }
    // Who gets no bytes has given nothing either.
    if report.cause == .content { membership[member].settle(isShare: false, at: now) }
    switch (lease.purpose, report.cause) {
    case (.audit, .content): return receiveSecond(slot, .undecodable, from: member)
    case (.audit, .absence):
      _ = leases.endAudit(of: slot)
      audits.add(slot)
      return feed(member)
    // Another photograph may suit it better.
    case (.proof, _):
      leases.endProof(of: slot, with: member)
      return feed(member)
    case (.features, _): leases.endLease(of: slot, with: member, fate: .doubted)
    }
    let accuser = report.cause == .content ? membership[member].worker : nil
    if doubts.add(report.item.sample, by: accuser, reason: report.reason) {
      actions.append(.checkUndecodable(report.item.sample))
    }
    feed(member)
  }

  /// What a worker kept from an earlier session it can give without a forward pass. What nobody
  /// holds it keeps, and what others hold it forgets.
  mutating func receive(_ holding: Holding, from member: MemberID) {
    var superfluous: [SampleIndex] = []
    for sample in holding.samples {
      let item = SampleVariant(sample: sample, variant: holding.variant)
      guard let slot = leases.slots.slot(of: item), leases.slots.role(sample) != .none else {
        continue
      }
      // It was asked for this one meanwhile, and answers from memory: to revoke it would take the answer
      // back while it is on its way.
      guard leases.lease(of: slot, with: member) == nil else { continue }
      switch (leases.state(slot), leases.holder(slot)) {
      case (.idle, _), (.returned, _): leases.claim(slot, for: member)
      case (.kept, nil) where isTrusted(slot, to: member): leases.giveCopy(of: slot, to: member)
      case (_, member): break
      case (.kept, _), (.claimed, _), (.leased, _), (.doubted, _), (.dead, _):
        superfluous.append(sample)
      }
    }
    if !superfluous.isEmpty {
      send(member, .revoke(Revoke(variant: holding.variant, samples: superfluous)))
    }
    feed(member)
  }

  /// Whether what a worker computed once is surely what is kept. Where answers are looked at twice a
  /// faulty worker's may be kept, and an honest worker must not be blamed for the difference.
  private func isTrusted(_ slot: Slot, to member: MemberID) -> Bool {
    !audits.isOn || leases.source(slot) == membership[member].worker
  }

  // MARK: Taking back

  /// The coordinator's own decode decides.
  mutating func settleDoubt(_ sample: SampleIndex, _ verdict: PhotographVerdict) {
    if case .unknown(let reason) = verdict { return postponeDoubt(sample, reason) }
    endPostponement(of: sample)
    let doubt = doubts.settle(sample)
    if case .undecodable(let reason) = verdict {
      notice(.sampleSkipped(sample, reason: reason))
      bury(sample)
      return
    }
    for variant in 0..<leases.slots.variants {
      let slot = leases.slots.slot(sample, UInt16(variant))
      if leases.state(slot) == .doubted { leases.endDoubt(of: slot) }
    }
    for worker in doubt.workers {
      guard let member = membership.member(of: worker) else { continue }
      refuse(
        member, .falseReport,
        "it called sample \(sample) undecodable (\(doubt.reason)), but the coordinator can decode it"
      )
    }
    feedAll()
  }

  /// The sample will be skipped in every epoch.
  mutating func bury(_ sample: SampleIndex) {
    guard leases.slots.role(sample) != .none else { return }
    guard leases.state(leases.slots.slot(sample, 0)) != .dead else { return }
    undecodableCount += 1
    for variant in 0..<UInt16(leases.slots.variants) {
      let slot = leases.slots.slot(sample, variant)
      if leases.state(slot) == .kept {
        auditBuried(slot)
      } else {
        rounds.settle(leases.slots.item(slot))
      }
      for member in leases.bury(slot) { revoke(slot, from: member) }
    }
  }

  /// Whether more of the manifest than an operator takes for normal can't be used.
  var hasTooManyUndecodable: Bool {
    Double(undecodableCount) > policy.undecodableShareMax * Double(plan.sampleCount)
  }
}
