/// What follows where a worker lied: it is refused for good, nothing of it stays, and the run
/// returns to where it had not yet contributed.
extension Coordinator {
  mutating func condemn(_ workers: [WorkerID], _ reason: String) {
    let culprits = workers.filter { condemned.insert($0).inserted }
    guard !culprits.isEmpty else { return }
    for culprit in culprits {
      let name = membership.member(of: culprit).map { membership[$0].name }
      notice(.workerFaulty(culprit, name: name ?? "", reason: reason))
    }
    // The round goes first: none of its shares outlives the features that it was computed from.
    if culprits.contains(where: contributors.mayContain) { rollBack() }
    for culprit in culprits {
      if let member = membership.member(of: culprit) {
        refuse(member, .audit, reason)
      } else {
        membership.ban(culprit, Refuse(code: .audit, reason: reason))
      }
      purge(culprit)
    }
  }

  /// Forgets the features that a worker computed. All sessions end with them, and with the sessions
  /// every copy that was given: none can turn up again, however late a message is.
  private mutating func purge(_ worker: WorkerID) {
    let slots = leases.kept(from: worker)
    guard !slots.isEmpty else { return }
    // What one session had is not for another that ends as well.
    let wasLeasing = isLeasing
    isLeasing = false
    for member in membership.ids where membership[member].isServing {
      endSession(member, reason: "features that it may have been given are wrong")
    }
    isLeasing = wasLeasing
    for slot in slots { leases.forget(slot) }
    actions.append(.forgetFeatures(slots.map(leases.slots.item)))
  }

  private mutating func rollBack() {
    guard case .running = phase else { return }
    phase = .rollingBack
    leftOut = []
    rounds.end()
    suspectedDivergence = nil
    divergences.voidAll()
    actions.append(.rollBack(excluding: condemned))
  }

  mutating func rolledBack(to position: Position, _ contributors: Contributors) {
    guard case .rollingBack = phase else {
      preconditionFailure("an answer to a question that was asked")
    }
    precondition(position.fits(plan), "the shell has checked the checkpoint against the plan")
    precondition(checkpoints.underWay.isEmpty, "checkpoints are answered in their order")
    phase = .running
    isTested = plan.test.isEmpty
    self.position = position
    checkpoints.kept = position == .start ? nil : position
    checkpoints.lastAt = now
    self.contributors = contributors
    self.contributors.formUnion(leases.sourcesOfKept)
    let epoch = Int(position.epoch)
    let offset = position.samplesBehind(plan)
    leases.use(LeaseQueue(plan: plan, epoch: epoch, offset: offset))
    beginLedger()
    // Another worker may have been found out meanwhile.
    if condemned.contains(where: contributors.mayContain) { return rollBack() }
    feedAll()
  }

  /// Begins the ledger, and the visiting order, at the position.
  mutating func beginLedger() {
    ledger = EpochLedger(sampleCount: plan.sampleCount)
    let epoch = Int(position.epoch)
    guard epoch < plan.epochs else { return }
    order = visitingOrder(training: plan.training, seed: plan.seed, epoch: epoch)
    ledger.enter(Array(order[..<position.samplesBehind(plan)]), epoch: position.epoch)
  }
}
