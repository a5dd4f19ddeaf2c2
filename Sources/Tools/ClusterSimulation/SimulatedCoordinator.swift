import ClusterCore
import ClusterShell
import Digest
import Training
import Wire

/// A coordinator process: the real core and shell, and around them sockets, threads, a clock and a
/// disk that are simulated.
struct SimulatedCoordinator {
  var shell: CoordinatorShell
  var heads = HeadFrames<[UInt8]>()
  var isFrozen = false
  /// Since when it has run without being stopped.
  var undisturbedSince: UInt64
  var missed: [Happening] = []
  var clockOffset: UInt64
  /// Whose features it keeps.
  var kept: Set<SampleVariant> = []
  /// By share: its samples, until the step or evaluation is over.
  var shares: [ShareID: [SampleIndex]] = [:]
  /// What the step or evaluation under way has counted.
  var counted: Set<SampleIndex> = []
  /// Whether the last evaluation of the test samples was the reference's.
  var isTestRight = false
  /// Being written, and what for.
  var writing: [SimulatedCheckpoint] = []
  /// Killed before this many more actions.
  var actionsLeft: UInt64?

  func instant(_ now: UInt64) -> Instant { Instant(nanoseconds: now &+ clockOffset) }
}

extension Simulation {
  // MARK: Life

  func startCoordinator() {
    guard coordinator == nil, outcome == nil else { return }
    incarnationsStarted += 1
    let offset = 5_000_000_000_000 + numbers.below(1_000_000_000_000)
    let checkpoint = disk.newest()
    let trainer = trainer(checkpoint)
    let position = checkpoint?.position ?? .start
    check(position.fits(scenario.plan), "a checkpoint's position fits the plan: \(position)")
    check(position.step == trainer.step, "position and trainer agree: \(position)")
    disk.removeNewer(than: checkpoint)
    let recovered = disk.store.recovered()
    trace(
      "coordinator \(incarnationsStarted) starts at step \(position.step) with "
        + "\(recovered.count) rows of the store")
    let core = Coordinator(
      plan: scenario.plan, policy: scenario.policy,
      incarnation: Incarnation(high: numbers.next(), low: numbers.next()), terms: terms,
      probe: probe, resumingAt: position, kept: recovered.map(\.kept),
      contributors: checkpoint?.contributors ?? .none,
      openAudits: checkpoint.map { Array($0.openAudits.keys) } ?? [],
      refused: disk.faultyWorkers, at: Instant(nanoseconds: now &+ offset))
    coordinator = SimulatedCoordinator(
      shell: CoordinatorShell(
        core: core, trainer: trainer, labels: catalog.labels,
        objective: Objective(terms),
        kept: Dictionary(uniqueKeysWithValues: recovered.map { ($0.kept.item, $0.row) }),
        earlier: checkpoint?.openAudits ?? [:]),
      undisturbedSince: now, clockOffset: offset, kept: Set(recovered.map(\.kept.item)))
    deliver(.tick)
    agenda.plan(
      .coordinatorTick(incarnation: incarnationsStarted), at: now + numbers.below(100_000_000))
  }

  /// A trainer that goes on from a checkpoint, or begins.
  func trainer(_ checkpoint: SimulatedCheckpoint?) -> Trainer {
    let start = Trainer(
      configuration: scenario.configuration, length: scenario.length, start: scenario.start)
    guard let checkpoint else { return start }
    do {
      return try Trainer(
        configuration: scenario.configuration, length: scenario.length, state: checkpoint.state)
    } catch {
      fail("a checkpoint can't be gone on from: \(error)")
      return start
    }
  }

  /// The process ends at once. Its sockets close, and its disk keeps what it keeps.
  func killCoordinator() {
    guard let coordinator else { return }
    trace("coordinator \(incarnationsStarted) ends")
    for checkpoint in coordinator.writing { disk.crash(writing: checkpoint, &numbers) }
    disk.store.crash(&storeNumbers)
    self.coordinator = nil
    for number in workers.indices {
      breakConnection(of: number, isNoticed: numbers.below(2) == 0)
    }
    if outcome == nil {
      agenda.plan(
        .coordinatorStart, at: now + numbers.below(isCalm ? 1_000_000_000 : 8_000_000_000))
    }
  }

  func thawCoordinator() {
    guard coordinator?.isFrozen == true, let missed = coordinator?.missed else { return }
    trace("the coordinator thaws")
    coordinator?.isFrozen = false
    coordinator?.undisturbedSince = now
    coordinator?.missed = []
    for happening in missed { happen(happening) }
  }

  // MARK: Events

  func tellCoordinator(_ event: CoordinatorEvent, after time: UInt64) {
    agenda.plan(
      .coordinatorResult(incarnation: incarnationsStarted, event), at: now + time)
  }

  func deliver(_ event: CoordinatorEvent, tensor: Tensor = .none) {
    guard let instant = coordinator?.instant(now), failure == nil,
      let effects = coordinator?.shell.receive(event, tensor: tensor, at: instant)
    else { return }
    carryOut(effects)
  }

  func carryOut(_ effects: [CoordinatorEffect]) {
    for effect in effects {
      if let left = coordinator?.actionsLeft {
        guard left > 0 else { return killCoordinator() }
        coordinator?.actionsLeft = left - 1
      }
      carryOut(effect)
      if coordinator == nil || failure != nil { return }
    }
  }

  private func carryOut(_ effect: CoordinatorEffect) {
    switch effect {
    case .send(let peer, let envelope, let tensor): send(envelope, tensor, to: peer)
    case .replyStatus, .hangUp: break
    case .kept(let features, let row):
      if scenario.hasStore { disk.store.keep(row, of: features) }
      let item = features.item
      let isNew = coordinator?.kept.insert(item).inserted ?? false
      check(isNew, "features are kept once: \(item)")
    case .forgot(let items):
      disk.store.remove(items)
      coordinator?.kept.subtract(items)
    case .added(let answer): count(answer)
    case .tookStep(let report, _): finishStep(report)
    case .finishedEpoch(let report, let sums): finishEpoch(report, sums)
    case .finishedTest(let report, let sums): finishTest(report, sums)
    case .check(let check): carryOut(check)
    case .writeCheckpoint(let request, let state, let openAudits):
      write(request, state, openAudits)
    case .rollBack(let faultyWorkers): beginRollback(excluding: faultyWorkers)
    case .notice(let notice): note(notice)
    case .finish(let outcome): finish(outcome)
    }
  }

  private func send(
    _ envelope: Envelope<CoordinatorMessage>, _ tensor: CoordinatorTensor, to peer: PeerID
  ) {
    var packet = Packet(control: envelope.encoded())
    switch tensor {
    case .none: break
    case .features(let row): packet.tensor = TensorFrame.bytes(row)
    case .head(let parameters, let version):
      packet.tensor =
        coordinator?.heads.frame(version: version) { TensorFrame.bytes(parameters) } ?? []
    }
    switch envelope.message {
    case .step(let share), .evaluate(let share): coordinator?.shares[share.id] = share.samples
    default: break
    }
    let connection = Int(peer.number)
    if !connections[connection].isOpen, scenario.hostility.noticesBreaks, numbers.below(4) == 0 {
      tellCoordinator(.disconnected(peer), after: 1)
    }
    send(packet, toWorkerOver: connection)
  }

  /// A worker that has ended is lost soon, and nothing is kept for it.
  func checkMembership() {
    guard let coordinator else { return }
    for identity in coordinator.shell.core.workersPresent {
      guard let number = workerByIdentity[identity], !impersonated.contains(identity) else {
        continue
      }
      let worker = workers[number]
      guard let endedAt = worker.endedAt else { continue }
      check(
        now < max(endedAt, coordinator.undisturbedSince) + Self.lossNanosecondsMax,
        "worker \(worker.number) has ended long ago, and the coordinator hasn't noticed")
    }
  }

  /// A worker that gives nothing is given little, however many threads it announces.
  func checkRestraint() {
    guard let coordinator else { return }
    for worker in workers where worker.isRunning && worker.stranger == .hog {
      let identity = worker.shell.core.identity.id
      guard !impersonated.contains(identity),
        let count = coordinator.shell.core.leaseCount(of: identity)
      else { continue }
      check(
        count <= Limits.newcomerLeasesMax,
        "worker \(worker.number) has given nothing, and has \(count) leases")
    }
  }

  /// A worker with nothing to do and nothing to hear holds what the coordinator believes it holds.
  /// (A message that is repeated late can make it hold more, or less, and strangers say what they like.)
  func checkMemory() {
    guard let coordinator, !coordinator.isFrozen, scenario.hostility.repetitionRarity == .max else {
      return
    }
    for worker in workers where worker.isRunning && !worker.isFrozen && worker.stranger == nil {
      guard let session = worker.shell.core.idleSession, let connection = worker.connection,
        connections[connection].underWay == 0,
        let believed = coordinator.shell.core.itemsHeld(
          in: session, over: PeerID(number: UInt64(connection)))
      else { continue }
      let held = worker.shell.itemsHeld
      check(
        held == believed,
        "worker \(worker.number) holds \(held.subtracting(believed).sorted()) too much and "
          + "\(believed.subtracting(held).sorted()) too little")
    }
  }

  // MARK: Steps

  private func count(_ answer: ShareAnswer) {
    let (id, count) =
      switch answer {
      case .gradient(let sum): (sum.share, sum.count)
      case .evaluation(let evaluation): (evaluation.share, evaluation.count)
      }
    guard let samples = coordinator?.shares[id] else {
      return fail("an answer is counted to \(id), which was never sent")
    }
    check(samples.count == Int(count), "an answer covers its share")
    for sample in samples {
      let isNew = coordinator?.counted.insert(sample).inserted ?? false
      check(isNew, "sample \(sample) counts once, \(id) counts it again")
    }
  }

  private func finishStep(_ report: StepReport) {
    let plan = scenario.plan
    let order = visitingOrder(
      training: plan.training, seed: plan.seed, epoch: Int(report.epoch))
    let first = (Int(report.step) - Int(report.epoch) * plan.stepsPerEpoch) * plan.batchSize
    let batch = Set(order[first..<min(first + plan.batchSize, order.count)])
    check(coordinator?.shell.answersHeld == 0, "no answer is held when its step is over")
    // A faulty worker may have given features of what is undecodable, for a while.
    check(
      coordinator?.counted == batch.subtracting(scenario.undecodable)
        || scenario.faultyWorkerRarity != nil,
      "a step counts its batch, less what is undecodable: \(report)")
    check(
      Int(report.counted + report.skipped) == batch.count
        && coordinator?.counted.count == Int(report.counted), "a report tells the truth: \(report)")
    steps += 1
    forgetRound()
  }

  func forgetRound() {
    coordinator?.counted = []
    coordinator?.shares = [:]
  }

  private func finishEpoch(_ report: EpochReport, _ sums: EpochSums) {
    let epoch = Int(report.epoch)
    let outcome = EpochOutcome(
      evaluated: coordinator?.counted ?? [], sums: sums, correct: Int(report.validationCorrect))
    results[epoch] = outcome
    // With faulty workers about, only what the run ends with must be right.
    if scenario.faultyWorkerRarity == nil { check(outcome, ofEpoch: epoch) }
    forgetRound()
    trace("epoch \(epoch) ends")
  }

  private func finishTest(_ report: TestReport, _ sums: EvaluationSums) {
    let plan = scenario.plan
    let isAsInReference =
      sums.isThat(of: reference.test)
      && coordinator?.counted == Set(plan.test).subtracting(scenario.undecodable)
      && Int(report.correct) == reference.test.correct
      && Int(report.counted) == coordinator?.counted.count
      && Int(report.counted + report.skipped) == plan.test.count
    // With faulty workers about, only what the run ends with must be right.
    check(
      isAsInReference || scenario.faultyWorkerRarity != nil,
      "the test is as in the reference: \(report)")
    coordinator?.isTestRight = isAsInReference
    forgetRound()
    trace("the test ends")
  }

  // MARK: Disk and end

  private func write(
    _ request: CheckpointRequest, _ state: TrainerState, _ openAudits: [OpenAudit: ContentDigest]
  ) {
    let checkpoint = SimulatedCheckpoint(
      position: request.position, state: state, contributors: request.contributors,
      openAudits: openAudits)
    check(request.position.step == state.step, "a checkpoint is of now: \(request)")
    coordinator?.writing.append(checkpoint)
    let isWritten = isCalm || numbers.below(scenario.hostility.failedWriteRarity) != 0
    diskFreeAt = max(now, diskFreeAt) + 1_000 + numbers.below(50_000_000)
    agenda.plan(
      .checkpointDone(incarnation: incarnationsStarted, checkpoint, isWritten: isWritten),
      at: diskFreeAt)
  }

  func finishWriting(_ checkpoint: SimulatedCheckpoint, isWritten: Bool) {
    coordinator?.writing.removeFirst()
    let step = checkpoint.position.step
    if isWritten {
      disk.write(checkpoint)
      deliver(.checkpointWritten(step: step))
    } else {
      deliver(.checkpointFailed(step: step, reason: "no space left on device"))
    }
  }

  private func finish(_ outcome: CoordinatorOutcome) {
    trace("coordinator \(incarnationsStarted): \(outcome)")
    switch outcome {
    case .completed(let best):
      check(!scenario.mustRefuse, "too much is undecodable for a result")
      check(
        coordinator?.shell.learner.head.digest == reference.digests.last,
        "the result is the reference's")
      check(
        scenario.plan.test.isEmpty || coordinator?.isTestRight == true,
        "a result comes with the test's")
      for epoch in reference.digests.indices {
        if let result = results[epoch] { check(result, ofEpoch: epoch) }
      }
      let correct = reference.evaluations.map(\.correct)
      let first = correct.firstIndex(of: correct.max() ?? 0) ?? 0
      check(
        best == Position.Best(epoch: UInt32(first), correct: UInt32(correct[first])),
        "the best epoch is the reference's")
      checkDisk()
      self.outcome = outcome
    case .tooManyUndecodable:
      check(scenario.mustRefuse, "only too much that is undecodable ends a run")
      self.outcome = outcome
    case .interrupted, .shortage: checkDisk()
    case .checkpointFailed: break
    case .diverged: fail("nothing diverges here")
    }
    killCoordinator()
  }

  /// A coordinator ends when all that it did is safe.
  private func checkDisk() {
    check(
      disk.newest(withFaulty: true)?.position == coordinator?.shell.core.position,
      "the last checkpoint is of the end")
  }
}
