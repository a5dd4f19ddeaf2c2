/// Forward passes: who does which, and what comes of them.
extension Coordinator {
  // MARK: Giving out

  /// Gives a worker as many leases as it has room for.
  mutating func feed(_ place: Int) {
    guard isLeasing, membership.members[place].isServing else { return }
    feedAudits(place)
    if suspectedDivergence != nil { return }
    feedClaims(place)
    while membership.members[place].leases.count < membership.members[place].leasesMax {
      guard let slot = leases.nextUnleased() else { return }
      issue(slot, to: place)
    }
  }

  /// What a worker says it has already costs it nothing: more of that at a time.
  private mutating func feedClaims(_ place: Int) {
    while membership.members[place].leases.count < Limits.claimedLeasesMax,
      let slot = membership.members[place].claims.popLast()
    {
      guard leases.state(slot) == .claimed, leases.holder(slot) == place else { continue }
      issue(slot, to: place)
    }
  }

  mutating func feedAll() {
    guard isLeasing else { return }
    for place in membership.members.indices where !membership.members[place].isQuiet(at: now) {
      feed(place)
    }
  }

  private mutating func issue(_ slot: Slot, to place: Int) {
    leases.lease(slot, to: place)
    membership.members[place].leases.append(IssuedLease(slot: slot, since: now))
    send(place, .lease(Lease(item: leases.item(slot), withFeatures: false)))
  }

  // MARK: Answers

  mutating func receive(_ features: Features, from place: Int) {
    guard let slot = leases.slot(of: features.item) else {
      return refuse(place, .malformed, "features of \(features.item), which the run doesn't have")
    }
    // Without a lease it is a repetition, or it crossed with a revocation: the features are kept
    // already.
    guard let lease = membership.members[place].endLease(of: slot) else { return }
    leaseDuration.add(nanoseconds: now.nanoseconds(since: lease.since))
    if lease.isAudit { return receiveSecond(slot, .tensor, from: place) }
    let worker = membership.members[place].worker
    let twin = leases.keep(slot, from: place, worker)
    contributors.insert(worker)
    if audits.draws() { audits.add(slot) }
    actions.append(.keepFeatures(features.item))
    membership.members[place].held.append(slot)
    membership.members[place].loads[loadClass(slot)] += 1
    if let twin { endTwinLease(slot, of: twin) }
    settle(features.item)
    feed(place)
  }

  private mutating func endTwinLease(_ slot: Slot, of place: Int) {
    let lease = membership.members[place].endLease(of: slot)
    precondition(lease != nil, "the book and the member agree")
    let item = leases.item(slot)
    send(place, .revoke(Revoke(variant: item.variant, samples: [item.sample])))
    feed(place)
  }

  mutating func receive(_ report: Undecodable, from place: Int) {
    guard let slot = leases.slot(of: report.item) else {
      return refuse(place, .malformed, "\(report.item) is not of this run")
    }
    guard let lease = membership.members[place].endLease(of: slot) else { return }
    if lease.isAudit { return receiveSecond(slot, .undecodable, from: place) }
    let goesOn = leases.endLease(slot, of: place)
    if !goesOn { leases.doubt(slot) }
    let worker = membership.members[place].worker
    if doubts[report.item.sample] == nil {
      doubts[report.item.sample] = Doubt(workers: [worker], reason: report.reason)
      actions.append(.checkUndecodable(report.item.sample))
    } else {
      doubts[report.item.sample]?.workers.append(worker)
    }
    feed(place)
  }

  /// What a worker kept from an earlier session it can give without a forward pass. What nobody
  /// holds it keeps, and what others hold it forgets.
  mutating func receive(_ holding: Holding, from place: Int) {
    var claimed: [Slot] = []
    var superfluous: [SampleIndex] = []
    for sample in holding.samples {
      let item = SampleVariant(sample: sample, variant: holding.variant)
      guard let slot = leases.slot(of: item), roles[Int(sample)] != .none else { continue }
      switch (leases.state(slot), leases.holder(slot)) {
      case (.idle, _), (.returned, _):
        leases.claim(slot, for: place)
        claimed.append(slot)
      case (.kept, nil) where isTrusted(slot, to: place): own(slot, place)
      case (_, place): break
      case (.kept, _), (.claimed, _), (.leased, _), (.doubted, _), (.dead, _):
        superfluous.append(sample)
      }
    }
    if !superfluous.isEmpty {
      send(place, .revoke(Revoke(variant: holding.variant, samples: superfluous)))
    }
    membership.members[place].claims.insert(contentsOf: claimed.reversed(), at: 0)
    feed(place)
  }

  /// Whether what a worker computed once is surely what is kept. Where answers are looked at twice a
  /// liar's may be kept, and an honest worker must not be blamed for the difference.
  private func isTrusted(_ slot: Slot, to place: Int) -> Bool {
    !audits.isOn || leases.source(slot) == membership.members[place].worker
  }

  // MARK: Taking back

  mutating func giveBackLeases(of place: Int) {
    for lease in membership.members[place].leases {
      if lease.isAudit {
        endAudit(lease.slot)
      } else if !leases.endLease(lease.slot, of: place) {
        leases.giveBack(lease.slot)
      }
    }
    membership.members[place].leases = []
    for slot in membership.members[place].claims
    where leases.state(slot) == .claimed && leases.holder(slot) == place {
      leases.giveBack(slot)
    }
    membership.members[place].claims = []
  }

  /// The coordinator's own decode decides.
  mutating func settleDoubt(_ sample: SampleIndex, _ verdict: PhotographVerdict) {
    if case .unknown(let reason) = verdict { return postponeDoubt(sample, reason) }
    endPostponement(of: sample)
    guard let doubt = doubts.removeValue(forKey: sample) else {
      preconditionFailure("an answer to a question that was asked")
    }
    if verdict == .undecodable {
      notice(.sampleSkipped(sample, reason: doubt.reason))
      bury(sample)
      return
    }
    for variant in 0..<leases.variants {
      let slot = leases.slot(sample, UInt16(variant))
      if leases.state(slot) == .doubted { leases.giveBack(slot) }
    }
    for worker in doubt.workers {
      guard let place = membership.place(of: worker) else { continue }
      refuse(
        place, .falseReport,
        "it called sample \(sample) undecodable (\(doubt.reason)), but the coordinator can decode it"
      )
    }
    feedAll()
  }

  /// The sample will be skipped in every epoch.
  mutating func bury(_ sample: SampleIndex) {
    guard roles[Int(sample)] != .none else { return }
    guard leases.state(leases.slot(sample, 0)) != .dead else { return }
    undecodableCount += 1
    for variant in 0..<UInt16(leases.variants) {
      let slot = leases.slot(sample, variant)
      while leases.state(slot) == .leased, let place = leases.holder(slot) {
        _ = membership.members[place].endLease(of: slot)
        send(place, .revoke(Revoke(variant: variant, samples: [sample])))
        if !leases.endLease(slot, of: place) { break }
      }
      if let place = audits.place(of: slot) {
        audits.endLease(slot)
        _ = membership.members[place].endLease(of: slot)
        send(place, .revoke(Revoke(variant: variant, samples: [sample])))
      }
      if leases.state(slot) == .kept {
        auditBuried(slot)
        if let holder = leases.holder(slot) { release([slot], from: holder) }
      } else {
        settle(leases.item(slot))
      }
      leases.bury(slot)
    }
  }

  /// Whether more of the manifest than an operator takes for normal can't be used.
  var hasTooManyUndecodable: Bool {
    !policy.allowsManyUndecodable && undecodableCount * 100 > plan.sampleCount
  }
}
