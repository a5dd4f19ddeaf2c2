/// Shares: how a batch's samples come to workers, and what comes back.
extension Coordinator {
  // MARK: Giving out

  /// Sends the samples that no live share has, grouped by who holds their features.
  mutating func dispatchUnassigned() {
    guard membership.servingCount > 0, let samples = round?.unassigned, !samples.isEmpty,
      let variant = round?.variant
    else { return }
    round?.unassigned = []
    var groups: [(place: Int, samples: [SampleIndex])] = []
    var homeless: [SampleIndex] = []
    for sample in samples {
      if let place = usableHolder(leases.slot(sample, variant)) {
        add(sample, to: place, in: &groups)
      } else {
        homeless.append(sample)
      }
    }
    if !homeless.isEmpty { settleHomeless(homeless, variant, in: &groups) }
    for group in groups {
      groupOf[group.place] = -1
      for list in group.samples.split(atMost: Limits.samplesPerListMax) {
        openShare(list, variant, to: group.place)
      }
    }
  }

  private mutating func add(
    _ sample: SampleIndex, to place: Int, in groups: inout [(place: Int, samples: [SampleIndex])]
  ) {
    if groupOf[place] < 0 {
      groupOf[place] = groups.count
      groups.append((place, []))
    }
    groups[groupOf[place]].samples.append(sample)
  }

  /// The holder of a slot, unless it is quiet or late while another worker is neither.
  private func usableHolder(_ slot: Slot) -> Int? {
    guard let place = leases.holder(slot) else { return nil }
    return isPrompt(place) || prompt.isEmpty ? place : nil
  }

  private var prompt: [Int] { membership.members.indices.filter(isPrompt) }

  func isPrompt(_ place: Int) -> Bool {
    let member = membership.members[place]
    return member.isServing && !member.isLate && !member.isQuiet(at: now)
  }

  /// Samples whose features no usable worker holds go to those with least, features included.
  private mutating func settleHomeless(
    _ samples: [SampleIndex], _ variant: UInt16,
    in groups: inout [(place: Int, samples: [SampleIndex])]
  ) {
    var candidates = prompt
    if candidates.isEmpty {
      candidates = membership.members.indices.filter { membership.members[$0].isServing }
    }
    let loadClass = loadClass(leases.slot(samples[0], variant))
    var heap = LoadHeap(candidates.map { (membership.members[$0].loads[loadClass], $0) })
    for sample in samples {
      let place = heap.takeLeast()
      move([leases.slot(sample, variant)], to: place)
      add(sample, to: place, in: &groups)
    }
  }

  private mutating func openShare(_ samples: [SampleIndex], _ variant: UInt16, to place: Int) {
    guard let number = round?.numberNext, let kind = round?.kind else { return }
    let id = ShareID(incarnation: incarnation, step: position.step, number: number)
    let share = Share(id: id, variant: variant, samples: samples)
    let sentAt = now
    round?.open(share, holder: place, at: sentAt)
    send(share, kind, to: place)
    auditShare(share, kind, heldBy: place)
  }

  mutating func send(_ share: Share, _ kind: ShareKind, to place: Int) {
    switch kind {
    case .step: send(place, .step(share))
    case .evaluation: send(place, .evaluate(share))
    }
  }

  // MARK: Answers

  mutating func receive(_ sum: GradientSum, from place: Int) {
    receive(.gradient(sum), .step, count: sum.count, correct: sum.correct, from: place)
  }

  mutating func receive(_ evaluation: Evaluation, from place: Int) {
    receive(
      .evaluation(evaluation), .evaluation, count: evaluation.count, correct: evaluation.correct,
      from: place)
  }

  /// Answers to old and retired names don't count, nor does the second one to any, unless the two
  /// are compared.
  private mutating func receive(
    _ answer: ShareAnswer, _ kind: ShareKind, count: UInt32, correct: UInt32, from place: Int
  ) {
    let id = answer.share
    guard let live = liveShare(id, of: place), let shareAt = round?.livePlace(of: id) else {
      return
    }
    let share = live.share
    guard round?.kind == kind, Int(count) == share.samples.count, correct <= count else {
      return refuse(place, .malformed, "an answer to \(id) that doesn't fit the share")
    }
    shareDuration.add(
      nanoseconds: busyNanoseconds(live, of: place), units: share.samples.count)
    membership.members[place].lastAnswered = now
    membership.members[place].declinesInARow = 0
    if case .none = live.audit {
      self.count(share, at: shareAt, correct: correct, of: membership.members[place].worker)
      switch answer {
      case .gradient(let sum): actions.append(.addGradient(sum))
      case .evaluation(let evaluation): actions.append(.addEvaluation(evaluation))
      }
    } else {
      audit(answer, correct: correct, of: shareAt, from: place)
    }
  }

  /// A share has its answer.
  mutating func count(_ share: Share, at shareAt: Int, correct: UInt32, of worker: WorkerID) {
    contributors.insert(worker)
    if round?.kind == .step { ledger.enter(share.samples, epoch: position.epoch) }
    round?.count(shareAt, correct: correct)
  }

  /// How long a worker has been at a share at most: it takes one after the other.
  func busyNanoseconds(_ live: LiveShare, of place: Int) -> UInt64 {
    now.nanoseconds(since: max(live.sentAt, membership.members[place].lastAnswered))
  }

  /// The live share of this name, if this worker is one of those that compute it.
  private func liveShare(_ id: ShareID, of place: Int) -> LiveShare? {
    guard let shareAt = round?.livePlace(of: id), let live = round?.shares[shareAt],
      live.isComputed(by: place)
    else { return nil }
    return live
  }

  mutating func receive(_ decline: Decline, from place: Int) {
    guard let live = liveShare(decline.share, of: place) else { return }
    let missing = Set(decline.missing)
    guard !missing.isEmpty, missing.isSubset(of: live.share.samples) else {
      return refuse(place, .malformed, "it declined \(decline.share) for samples that aren't its")
    }
    membership.members[place].declinesInARow += 1
    guard membership.members[place].declinesInARow <= Limits.declinesInARowMax else {
      return refuse(place, .malformed, "it declines every share, features or not")
    }
    for sample in decline.missing {
      let slot = leases.slot(sample, live.share.variant)
      if leases.state(slot) == .kept, leases.holder(slot) == place { disown(slot) }
    }
    withdraw(place, from: decline.share)
  }

  /// A worker won't answer a share: unless another one will, its samples go out in new shares.
  private mutating func withdraw(_ place: Int, from id: ShareID) {
    guard let shareAt = round?.livePlace(of: id) else { return }
    guard round?.withdraw(place, from: shareAt) == false else { return }
    if case .holding = round?.shares[shareAt].audit {
      judgeAlone(shareAt)
    } else {
      round?.retire(shareAt)
    }
  }

  mutating func withdrawFromShares(_ place: Int) {
    guard let shares = round?.shares else { return }
    for live in shares where live.isLive && live.isComputed(by: place) {
      withdraw(place, from: live.share.id)
    }
  }

  // MARK: Divergence

  mutating func receive(_ report: Diverged, from place: Int) {
    guard let live = liveShare(report.share, of: place) else { return }
    let worker = membership.members[place].worker
    if divergences[report.share] == nil {
      divergences[report.share] = Accusation(workers: [worker], reason: report.reason)
      actions.append(.checkDivergence(live.share))
    } else if divergences[report.share]?.workers.contains(worker) == false {
      divergences[report.share]?.workers.append(worker)
    }
  }

  /// The coordinator's own computation decides.
  mutating func settleDivergence(_ id: ShareID, isDivergent: Bool) {
    guard let accusation = divergences.removeValue(forKey: id) else {
      preconditionFailure("an answer to a question that was asked")
    }
    if case .closing = phase { return }
    if accusation.isVoid { return }
    guard !isDivergent else {
      suspectedDivergence = .diverged(step: id.step, reason: accusation.reason)
      return
    }
    for worker in accusation.workers {
      guard let place = membership.place(of: worker) else { continue }
      refuse(
        place, .falseReport, "it called \(id) divergent, but the coordinator computes it soundly")
    }
  }
}
