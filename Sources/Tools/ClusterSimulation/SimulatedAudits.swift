import ClusterCore
import ClusterShell
import Training

/// What a simulated coordinator finds when it looks itself, and how it goes back.
extension Simulation {
  func carryOut(_ check: Check) {
    let verdict: CoordinatorEvent
    let patience = scenario.hostility.checkNanosecondsMax
    switch check {
    case .undecodable(let sample):
      let isShort = !isCalm && numbers.below(8) == 0
      let truth: PhotographVerdict =
        scenario.undecodable.contains(sample) ? .undecodable(reason: "torn") : .decodable
      verdict = .undecodableChecked(
        sample, isShort ? .unknown(reason: "too many open files") : truth)
    case .features(let check):
      // A file may have gone.
      let isGone = scenario.faultyWorkerRarity == nil && numbers.below(50) == 0
      verdict = check.verdict(isGone ? .unknown(reason: "no file") : find(check.item))
    case .earlier(let check): verdict = check.verdict(find(check.audit.item))
    case .share(let check): verdict = check.verdict(&calculator)
    }
    if case .divergenceChecked(_, let isDivergent) = verdict {
      self.check(
        !isDivergent && scenario.faultyWorkerRarity != nil, "nothing diverges here: \(verdict)")
    }
    tellCoordinator(verdict, after: numbers.below(patience))
  }

  private func find(_ item: SampleVariant) -> FeaturesFound {
    scenario.undecodable.contains(item.sample) ? .undecodable : .row(scenario.features(item))
  }

  // MARK: Back

  func note(_ notice: CoordinatorNotice) {
    trace("coordinator: \(notice)")
    guard case .workerFaulty(let worker, _, _) = notice else { return }
    let isFaulty = workerByIdentity[worker].map { workers[$0].isFaulty } ?? false
    check(isFaulty, "only a faulty worker is called one: \(notice)")
    disk.faultyWorkers.insert(worker)
    disk.store.removeAll(of: worker)
  }

  func beginRollback(excluding faultyWorkers: Set<WorkerID>) {
    diskFreeAt = max(now, diskFreeAt) + 1_000 + numbers.below(50_000_000)
    agenda.plan(
      .rollbackDone(incarnation: incarnationsStarted, excluding: faultyWorkers), at: diskFreeAt)
  }

  func rollBack(excluding faultyWorkers: Set<WorkerID>) {
    check(
      faultyWorkers.isSubset(of: disk.faultyWorkers),
      "faulty workers are known to the log before anything else")
    let checkpoint = disk.newest()
    disk.removeNewer(than: checkpoint)
    trace("the run returns to step \(checkpoint?.position.step ?? 0)")
    forgetRound()
    for epoch in results.keys where epoch >= Int(checkpoint?.position.epoch ?? 0) {
      results[epoch] = nil
    }
    rollbacks += 1
    check(coordinator?.shell.answersHeld == 0, "nothing is held of what was given up")
    let trainer = trainer(checkpoint)
    guard let instant = coordinator?.instant(now),
      let effects = coordinator?.shell.goOn(
        from: trainer, at: checkpoint?.position ?? .start,
        contributors: checkpoint?.contributors ?? .none, at: instant)
    else { return }
    carryOut(effects)
  }
}
