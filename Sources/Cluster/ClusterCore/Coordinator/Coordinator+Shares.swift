/// Shares: how a batch's samples come to workers, and what comes back.
extension Coordinator {
  // MARK: Giving out

  /// Sends the samples that no live share has, grouped by who holds their features.
  mutating func dispatchUnassigned() {
    guard isLeasing, membership.servingCount > 0, let variant = rounds.current?.variant,
      let samples = rounds.current?.takeUnassigned(), !samples.isEmpty
    else { return }
    var unheld: [SampleIndex] = []
    let takers = Set(shareTakers)
    for sample in samples {
      if let holder = leases.holder(leases.slots.slot(sample, variant)), takers.contains(holder) {
        groups.add(sample, to: holder)
      } else {
        unheld.append(sample)
      }
    }
    if !unheld.isEmpty { settleUnheld(unheld, variant) }
    for group in groups.takeAll() {
      for list in group.samples.split(atMost: Limits.samplesPerListMax) {
        openShare(list, variant, to: group.member)
      }
    }
  }

  /// Who gets shares: whoever is prompt; where nobody is, newcomers; else anybody who serves.
  var shareTakers: [MemberID] {
    let available = membership.available(at: now)
    let punctual = available.filter { !membership[$0].owes(.share) }
    let proven = punctual.filter { !membership[$0].owes(.proof) }
    if !proven.isEmpty { return proven }
    return punctual.isEmpty ? membership.ids.filter { membership[$0].isServing } : punctual
  }

  /// Whether a worker has given something and owes no share.
  func isPrompt(_ member: MemberID) -> Bool {
    membership[member].isAvailable(at: now) && !membership[member].owes([.share, .proof])
  }

  /// Samples whose features no usable worker holds go to those with least, features included.
  private mutating func settleUnheld(_ samples: [SampleIndex], _ variant: UInt16) {
    let loadClass = leases.slots.loadClass(leases.slots.slot(samples[0], variant))
    var heap = LoadHeap(shareTakers.map { (leases.workload($0).loads[loadClass], $0) })
    for sample in samples {
      let member = heap.takeLeast()
      move([leases.slots.slot(sample, variant)], to: member)
      groups.add(sample, to: member)
    }
  }

  private mutating func openShare(_ samples: [SampleIndex], _ variant: UInt16, to member: MemberID)
  {
    guard let number = rounds.current?.numberNext, let kind = rounds.current?.kind else { return }
    let id = ShareID(incarnation: incarnation, step: position.step, number: number)
    let share = Share(id: id, variant: variant, samples: samples)
    let now = now
    rounds.current?.open(share, holder: member, at: now)
    ask(member, for: share, kind)
    auditShare(share, kind, heldBy: member)
  }

  mutating func ask(_ member: MemberID, for share: Share, _ kind: ShareKind) {
    membership[member].askFor(share.id)
    switch kind {
    case .step: send(member, .step(share))
    case .evaluation: send(member, .evaluate(share))
    }
  }

  // MARK: Answers

  mutating func receive(_ sum: GradientAnswer, from member: MemberID) {
    receive(.gradient(sum), .step, count: sum.count, correct: sum.correct, from: member)
  }

  mutating func receive(_ evaluation: Evaluation, from member: MemberID) {
    receive(
      .evaluation(evaluation), .evaluation, count: evaluation.count, correct: evaluation.correct,
      from: member)
  }

  /// Answers to old and retired names don't count, nor does the second one to any, unless the two
  /// are compared.
  private mutating func receive(
    _ answer: ShareAnswer, _ kind: ShareKind, count: UInt32, correct: UInt32, from member: MemberID
  ) {
    let id = answer.share
    if membership[member].answer(id) { membership[member].settle(isShare: true, at: now) }
    guard let live = liveShare(id, of: member), let index = rounds.current?.liveIndex(of: id) else {
      return
    }
    let share = live.share
    guard rounds.current?.kind == kind, Int(count) == share.samples.count, correct <= count else {
      return refuse(member, .malformed, "an answer to \(id) that doesn't fit the share")
    }
    shareDuration.add(
      nanoseconds: busyNanoseconds(live, of: member), units: share.samples.count)
    membership[member].answerShare(at: now)
    if case .none = live.audit {
      self.count(share, at: index, correct: correct, of: membership[member].worker)
      switch answer {
      case .gradient(let sum): actions.append(.addGradient(sum))
      case .evaluation(let evaluation): actions.append(.addEvaluation(evaluation))
      }
    } else {
      audit(answer, correct: correct, at: index, from: member)
    }
  }

  /// A share has its answer.
  mutating func count(_ share: Share, at index: Int, correct: UInt32, of worker: WorkerID) {
    contributors.insert(worker)
    if rounds.current?.kind == .step { ledger.enter(share.samples, epoch: position.epoch) }
    rounds.current?.count(index, correct: correct)
  }

  /// How long a worker has been at a share at most: it takes one after the other.
  func busyNanoseconds(_ live: LiveShare, of member: MemberID) -> UInt64 {
    now.nanoseconds(since: max(live.askedAt(of: member), membership[member].lastAnswered))
  }

  /// The live share of this name, if this worker is one of those that compute it.
  private func liveShare(_ id: ShareID, of member: MemberID) -> LiveShare? {
    guard let index = rounds.current?.liveIndex(of: id), let live = rounds.current?.shares[index],
      live.isComputed(by: member)
    else { return nil }
    return live
  }

  mutating func receive(_ decline: Decline, from member: MemberID) {
    if membership[member].answer(decline.share) {
      membership[member].settle(isShare: true, at: now)
    }
    guard let live = liveShare(decline.share, of: member) else { return }
    let missing = Set(decline.missing)
    guard !missing.isEmpty, missing.isSubset(of: live.share.samples) else {
      return refuse(member, .malformed, "it declined \(decline.share) for samples that aren't its")
    }
    membership[member].declineShare()
    guard membership[member].declinesInARow <= Limits.declinesInARowMax else {
      return refuse(member, .malformed, "it declines every share, features or not")
    }
    for sample in decline.missing {
      let slot = leases.slots.slot(sample, live.share.variant)
      if leases.holds(member, slot) { leases.takeCopy(of: slot) }
    }
    withdraw(member, from: decline.share)
  }

  /// A worker won't answer a share: unless another one will, its samples go out in new shares.
  private mutating func withdraw(_ member: MemberID, from id: ShareID) {
    guard let index = rounds.current?.liveIndex(of: id) else { return }
    guard rounds.current?.withdraw(member, from: index) == false else { return }
    if case .holding = rounds.current?.shares[index].audit {
      judgeAlone(index)
    } else {
      rounds.current?.retire(index)
    }
  }

  mutating func withdrawFromShares(_ member: MemberID) {
    guard let shares = rounds.current?.shares else { return }
    for live in shares where live.isLive && live.isComputed(by: member) {
      withdraw(member, from: live.share.id)
    }
  }

  // MARK: Divergence

  mutating func receive(_ report: Diverged, from member: MemberID) {
    if membership[member].answer(report.share) { membership[member].settle(isShare: true, at: now) }
    guard let live = liveShare(report.share, of: member) else { return }
    let worker = membership[member].worker
    if divergences.add(report.share, by: worker, reason: report.reason) {
      actions.append(.checkDivergence(live.share))
    }
  }

  /// The coordinator's own computation decides.
  mutating func settleDivergence(_ id: ShareID, isDivergent: Bool) {
    let complaint = divergences.settle(id)
    if case .closing = phase { return }
    if complaint.isVoid { return }
    guard !isDivergent else {
      suspectedDivergence = .diverged(step: id.step, reason: complaint.reason)
      return
    }
    for worker in complaint.workers {
      guard let member = membership.member(of: worker) else { continue }
      refuse(
        member, .falseReport, "it called \(id) divergent, but the coordinator computes it soundly")
    }
  }
}
