import ClusterCore
import Digest
import Training
import Wire

/// A coordinator process: the real core and a shell around it whose sockets, threads, clock and disk
/// are simulated.
struct SimulatedCoordinator {
  var core: Coordinator
  var trainer: Trainer
  var evaluation: EvaluationSum
  var isFrozen = false
  /// Since when it has run without being stopped.
  var undisturbedSince: UInt64
  var missed: [Happening] = []
  var clockOffset: UInt64
  var features: [SampleVariant: [Float]] = [:]
  /// By share: its samples, until the step or evaluation is over.
  var shares: [ShareID: [SampleIndex]] = [:]
  /// What the step or evaluation under way has counted.
  var counted: Set<SampleIndex> = []
  /// Answers to audited shares, with their tensors, until there is a second.
  var held: [ShareID: (answer: ShareAnswer, tensor: [UInt8])] = [:]
  /// What an earlier coordinator kept and nobody has looked at twice.
  var earlier: [OpenAudit: [Float]] = [:]
  /// Being written, and what for.
  var writing: [SimulatedCheckpoint] = []
  /// Killed before this many more actions.
  var actionsLeft: UInt64?
}

extension Simulation {
  // MARK: Life

  func startCoordinator() {
    guard coordinator == nil, outcome == nil else { return }
    incarnationsStarted += 1
    let offset = 5_000_000_000_000 + numbers.below(1_000_000_000_000)
    let checkpoint = disk.newest()
    var trainer = Trainer(
      configuration: scenario.configuration, length: scenario.length, shape: scenario.shape)
    if let checkpoint {
      do {
        trainer = try Trainer(
          configuration: scenario.configuration, length: scenario.length, state: checkpoint.state)
      } catch {
        fail("a checkpoint can't be resumed from: \(error)")
      }
    }
    let position = checkpoint?.position ?? .start
    check(position.fits(scenario.plan), "a checkpoint's position fits the plan: \(position)")
    check(position.step == trainer.step, "position and trainer agree: \(position)")
    disk.removeNewer(than: checkpoint)
    trace("coordinator \(incarnationsStarted) starts at step \(position.step)")
    coordinator = SimulatedCoordinator(
      core: Coordinator(
        plan: scenario.plan, policy: scenario.policy,
        incarnation: Incarnation(high: numbers.next(), low: numbers.next()), terms: terms,
        probe: probe, resumingAt: position, contributors: checkpoint?.contributors ?? .none,
        openAudits: checkpoint.map { Array($0.openAudits.keys) } ?? [],
        refused: disk.faultyWorkers, at: Instant(nanoseconds: now &+ offset)),
      trainer: trainer, evaluation: EvaluationSum(zero: scenario.shape),
      undisturbedSince: now, clockOffset: offset)
    coordinator?.earlier = checkpoint?.openAudits ?? [:]
    deliver(.tick)
    agenda.plan(
      .coordinatorTick(incarnation: incarnationsStarted), at: now + numbers.below(100_000_000))
  }

  /// The process ends at once. Its sockets close, and its disk keeps what it keeps.
  func killCoordinator() {
    guard let coordinator else { return }
    trace("coordinator \(incarnationsStarted) ends")
    for checkpoint in coordinator.writing { disk.crash(writing: checkpoint, &numbers) }
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

  func deliver(_ event: CoordinatorEvent, tensor: [UInt8] = []) {
    guard let offset = coordinator?.clockOffset, failure == nil else { return }
    let time = Instant(nanoseconds: now &+ offset)
    guard let actions = coordinator?.core.receive(event, at: time) else { return }
    for action in actions {
      if let left = coordinator?.actionsLeft {
        guard left > 0 else { return killCoordinator() }
        coordinator?.actionsLeft = left - 1
      }
      perform(action, tensor)
      if coordinator == nil || failure != nil { return }
    }
  }

  private func perform(_ action: CoordinatorAction, _ tensor: [UInt8]) {
    switch action {
    case .send(let peer, let envelope): send(envelope, to: peer)
    case .disconnect, .replyStatus: break
    case .keepFeatures(let item):
      check(coordinator?.features[item] == nil, "features are kept once: \(item)")
      coordinator?.features[item] = decodeFloats(tensor, scenario.shape.featureCount)
    case .addGradient(let sum): add(sum, tensor)
    case .applyStep(let report): apply(report)
    case .addEvaluation(let evaluation): add(evaluation, tensor)
    case .finishEpoch(let report): finishEpoch(report)
    case .checkUndecodable(let sample):
      let isShort = !isCalm && numbers.below(8) == 0
      let truth: PhotographVerdict =
        scenario.undecodable.contains(sample) ? .undecodable : .decodable
      tellCoordinator(
        .undecodableChecked(
          sample, isShort ? .unknown(reason: "too many open files") : truth),
        after: numbers.below(50_000_000))
    case .auditFeatures(let item, let second): audit(item, second, tensor)
    case .auditEarlier(let open): audit(open)
    case .holdAnswer(let answer): coordinator?.held[answer.share] = (answer, tensor)
    case .auditAnswer(let share, let second): audit(share, second, tensor)
    case .addHeld(let id): addHeld(id)
    case .dropAnswer(let id): coordinator?.held[id] = nil
    case .forgetFeatures(let items): for item in items { coordinator?.features[item] = nil }
    case .rollBack(let faultyWorkers): beginRollback(excluding: faultyWorkers)
    case .checkDivergence(let share):
      check(scenario.liarRarity != nil, "nothing diverges here, not even \(share.id)")
      tellCoordinator(
        .divergenceChecked(share.id, isDivergent: false), after: numbers.below(5_000_000))
    case .writeCheckpoint(let request): write(request)
    case .notice(let notice): note(notice)
    case .finish(let outcome): finish(outcome)
    }
  }

  private func send(_ envelope: Envelope<CoordinatorMessage>, to peer: PeerID) {
    var packet = Packet(control: envelope.encoded())
    switch envelope.message {
    case .lease(let lease) where lease.withFeatures:
      guard let row = coordinator?.features[lease.item] else {
        return fail("features of \(lease.item) are sent, but not kept")
      }
      packet.tensor = TensorFrame.bytes(row)
    case .step(let share), .evaluate(let share):
      coordinator?.shares[share.id] = share.samples
      packet.tensor = TensorFrame.bytes(coordinator?.trainer.head.parameters ?? [])
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
    for status in coordinator.core.workerStatus() {
      guard let number = workerByIdentity[status.worker] else { continue }
      let worker = workers[number]
      guard let endedAt = worker.endedAt else { continue }
      check(
        now < max(endedAt, coordinator.undisturbedSince) + Self.lossNanosecondsMax,
        "worker \(worker.number) has ended long ago, and the coordinator hasn't noticed")
    }
  }

  /// A worker with nothing to do and nothing to hear holds what the coordinator believes it holds.
  /// (A message that is repeated late can make it hold more, or less.)
  func checkMemory() {
    guard let coordinator, !coordinator.isFrozen, scenario.hostility.repetitionRarity == .max else {
      return
    }
    for worker in workers where worker.isRunning && !worker.isFrozen {
      guard let session = worker.core.idleSession, let connection = worker.connection,
        connections[connection].underWay == 0,
        let believed = coordinator.core.itemsHeld(
          in: session, over: PeerID(number: UInt64(connection)))
      else { continue }
      let held = Set(worker.features.keys).union(worker.given.keys)
      check(
        held == believed,
        "worker \(worker.number) holds \(held.subtracting(believed).sorted()) too much and "
          + "\(believed.subtracting(held).sorted()) too little")
    }
  }

  // MARK: Steps

  private func count(_ id: ShareID, _ count: UInt32) {
    guard let samples = coordinator?.shares[id] else {
      return fail("an answer is counted to \(id), which was never sent")
    }
    check(samples.count == Int(count), "an answer covers its share")
    for sample in samples {
      let isNew = coordinator?.counted.insert(sample).inserted ?? false
      check(isNew, "sample \(sample) counts once, \(id) counts it again")
    }
  }

  func add(_ sum: GradientAnswer, _ tensor: [UInt8]) {
    count(sum.share, sum.count)
    do {
      // unsafe: any bytes make a number.
      let values = try unsafe TensorFrame.int64s(
        tensor.span.bytes, count: scenario.shape.parameterCount)
      try coordinator?.trainer.add(
        Training.GradientSum(
          values: values, lossSum: sum.lossSum, correct: Int(sum.correct),
          sampleCount: Int(sum.count)))
    } catch {
      fail("a gradient sum can't be added: \(error)")
    }
  }

  func add(_ evaluation: Evaluation, _ tensor: [UInt8]) {
    count(evaluation.share, evaluation.count)
    do {
      // unsafe: any bytes make a number.
      let counts = try unsafe TensorFrame.int64s(
        tensor.span.bytes, count: scenario.shape.classCount * scenario.shape.classCount)
      coordinator?.evaluation.confusion += try ConfusionMatrix(
        classCount: scenario.shape.classCount, counts: counts.map { Int($0) })
      coordinator?.evaluation.lossSum += evaluation.lossSum
    } catch {
      fail("an evaluation can't be added: \(error)")
    }
  }

  private func apply(_ report: StepReport) {
    let plan = scenario.plan
    let order = visitingOrder(
      training: plan.training, seed: plan.seed, epoch: Int(report.epoch))
    let first = (Int(report.step) - Int(report.epoch) * plan.stepsPerEpoch) * plan.batchSize
    let batch = Set(order[first..<min(first + plan.batchSize, order.count)])
    check(coordinator?.trainer.step == report.step, "steps follow one another: \(report)")
    // A faulty worker may have given features of what is undecodable, for a while.
    check(
      coordinator?.counted == batch.subtracting(scenario.undecodable)
        || scenario.liarRarity != nil,
      "a step counts its batch, less what is undecodable: \(report)")
    check(
      Int(report.counted + report.skipped) == batch.count
        && coordinator?.counted.count == Int(report.counted), "a report tells the truth: \(report)")
    do {
      _ = try coordinator?.trainer.finishStep(skipped: Int(report.skipped))
    } catch {
      fail("a step can't be applied: \(error)")
    }
    steps += 1
    forgetRound()
  }

  func forgetRound() {
    coordinator?.counted = []
    coordinator?.shares = [:]
  }

  private func finishEpoch(_ report: EpochReport) {
    let epoch = Int(report.epoch)
    guard let coordinator else { return }
    let outcome = EpochOutcome(
      evaluated: coordinator.counted, evaluation: coordinator.evaluation,
      head: coordinator.trainer.head.digest, correct: Int(report.validationCorrect))
    results[epoch] = outcome
    // With faulty workers about, only what the run ends with must be right.
    if scenario.liarRarity == nil { check(outcome, ofEpoch: epoch) }
    do {
      _ = try self.coordinator?.trainer.finishEpoch()
    } catch {
      fail("an epoch can't be finished: \(error)")
    }
    self.coordinator?.evaluation = EvaluationSum(zero: scenario.shape)
    forgetRound()
    trace("epoch \(epoch) ends")
  }

  // MARK: Disk and end

  private func write(_ request: CheckpointRequest) {
    guard let state = coordinator?.trainer.state else { return }
    let checkpoint = SimulatedCheckpoint(
      position: request.position, state: state, contributors: request.contributors,
      openAudits: rows(of: request.openAudits))
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
        coordinator?.trainer.head.digest == reference.digests.last, "the result is the reference's")
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
      disk.newest(withFaulty: true)?.position == coordinator?.core.position,
      "the last checkpoint is of the end")
  }
}
