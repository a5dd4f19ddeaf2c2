/// Steps and evaluations, one after the other, and where they leave the run.
extension Coordinator {
  /// Does everything that can be done without a further event.
  mutating func proceed() {
    while case .running = phase {
      if hasTooManyUndecodable { return finish(.tooManyUndecodable(count: undecodableCount)) }
      if let suspectedDivergence {
        if areAuditsSettled || stopDeadline != nil { finish(suspectedDivergence) }
        return
      }
      let isDone = position.epoch == plan.epochs && isTested
      if isDone, areAuditsSettled {
        return close(.completed(best: bestEpoch))
      }
      if stopsNow { return close(.interrupted) }
      if shortage.isTooLong(at: now) { return close(.shortage(reason: shortage.reason)) }
      if isDone { return waitForWorkers() }
      if rounds.current == nil { beginRound() }
      guard rounds.current?.pending == 0 else { return waitForWorkers() }
      if rounds.current?.isDispatched == false { settleSkipped() }
      dispatchUnassigned()
      guard rounds.current?.isComplete == true else { return waitForWorkers() }
      completeRound()
    }
  }

  private var bestEpoch: Position.Best {
    guard let best = position.best else { preconditionFailure("a finished epoch has a result") }
    return best
  }

  private mutating func waitForWorkers() {
    guard membership.servingCount == 0, isLeasing, !wasWaiting else { return }
    wasWaiting = true
    notice(.waitingForWorkers(serving: 0, needed: 1))
  }

  // MARK: Beginning

  private mutating func beginRound() {
    let epoch = Int(position.epoch)
    if epoch == plan.epochs { return beginRound(.evaluation, variant: 0, plan.test) }
    let offset = position.samplesBehind(plan)
    if offset == plan.training.count {
      balance(loadClass: leases.slots.evaluationLoadClass)
      return beginRound(.evaluation, variant: 0, plan.validation)
    }
    let variant = plan.variant(ofEpoch: epoch)
    if offset == 0 { balance(loadClass: Int(variant)) }
    let end = min(offset + plan.batchSize, plan.training.count)
    beginRound(.step, variant: variant, Array(order[offset..<end]))
  }

  private mutating func beginRound(
    _ kind: ShareKind, variant: UInt16, _ samples: [SampleIndex]
  ) {
    let leases = leases
    rounds.begin(kind, variant: variant, samples) { sample in
      switch leases.state(leases.slots.slot(sample, variant)) {
      case .kept, .dead: false
      case .idle, .returned, .claimed, .leased, .doubted: true
      }
    }
  }

  /// Nothing is pending: the dead samples of the batch are skipped, the others wait for a worker.
  private mutating func settleSkipped() {
    guard let round = rounds.current else { return }
    let leases = leases
    let dead = rounds.current?.dispatch { sample in
      leases.state(leases.slots.slot(sample, round.variant)) == .dead
    }
    let new = (dead ?? []).filter { leftOut.insert($0).inserted }
    if !new.isEmpty { notice(.samplesLeftOut(new, isEvaluation: round.kind == .evaluation)) }
    if round.kind == .step { ledger.enter(dead ?? [], epoch: position.epoch) }
  }

  // MARK: Ending

  private mutating func completeRound() {
    guard let round = rounds.end() else { preconditionFailure("only a round is completed") }
    precondition(
      round.counted + round.skipped == round.samples.count,
      "every sample of a batch is accounted for")
    switch round.kind {
    case .step: completeStep(round)
    case .evaluation where Int(position.epoch) == plan.epochs: completeTest(round)
    case .evaluation: completeEpoch(round)
    }
  }

  private mutating func completeStep(_ round: Round) {
    actions.append(
      .applyStep(
        StepReport(
          step: position.step, epoch: position.epoch, counted: UInt32(round.counted),
          skipped: UInt32(round.skipped), correct: UInt32(round.correct))))
    position.step += 1
    position.counted += UInt32(round.counted)
    position.skipped += UInt32(round.skipped)
    position.correct += UInt32(round.correct)
    checkpointIfDue()
  }

  /// What comes of it is told and kept nowhere: a run that goes on from here evaluates it again.
  private mutating func completeTest(_ round: Round) {
    isTested = true
    actions.append(
      .finishTest(
        TestReport(
          counted: UInt32(round.counted), skipped: UInt32(round.skipped),
          correct: UInt32(round.correct))))
  }

  private mutating func completeEpoch(_ round: Round) {
    ledger.close(order, epoch: position.epoch)
    precondition(
      Int(position.counted + position.skipped) == plan.training.count,
      "an epoch counts or skips every training sample")
    let correct = UInt32(round.correct)
    let isBest = position.best.map { correct > $0.correct } ?? true
    let report = EpochReport(
      epoch: position.epoch, step: position.step, counted: position.counted,
      skipped: position.skipped, correct: position.correct,
      validationCounted: UInt32(round.counted), validationSkipped: UInt32(round.skipped),
      validationCorrect: correct, isBest: isBest, isLast: Int(position.epoch) + 1 == plan.epochs)
    if isBest { position.best = Position.Best(epoch: position.epoch, correct: correct) }
    position.epoch += 1
    position.counted = 0
    position.skipped = 0
    position.correct = 0
    if position.epoch < plan.epochs {
      order = visitingOrder(
        training: plan.training, seed: plan.seed, epoch: Int(position.epoch))
    }
    actions.append(.finishEpoch(report))
    requestCheckpoint(.epochEnd(isBest: isBest))
  }
}
