import ClusterCore
import Training
import Wire

/// How a simulated coordinator's shell audits, and goes back.
extension Simulation {
  // MARK: Features

  func audit(_ item: SampleVariant, _ second: SecondFeatures, _ tensor: [UInt8]) {
    guard let kept = coordinator?.features[item] else {
      return fail("features of \(item) are audited, but not kept")
    }
    let other = second == .tensor ? decodeFloats(tensor, scenario.shape.featureCount) : nil
    if other == kept { return tellCoordinator(.featuresAudited(item, .equal), after: 0) }
    let isBad = scenario.undecodable.contains(item.sample)
    let truth = scenario.features(item)
    let isSecondRight =
      switch second {
      case .none: true
      case .tensor: !isBad && other == truth
      case .undecodable: isBad
      }
    var verdict = AuditVerdict.judged(
      isFirstRight: !isBad && kept == truth, isSecondRight: isSecondRight)
    // A file may have gone.
    if scenario.liarRarity == nil, numbers.below(50) == 0 { verdict = .unknown(reason: "no file") }
    tellCoordinator(
      .featuresAudited(item, verdict),
      after: numbers.below(scenario.hostility.checkNanosecondsMax))
  }

  func audit(_ open: OpenAudit) {
    guard let row = coordinator?.earlier[open] else {
      return fail("features of \(open.item) are audited, but the checkpoint didn't name them")
    }
    let isBad = scenario.undecodable.contains(open.item.sample)
    tellCoordinator(
      .earlierAudited(
        open,
        .judged(isFirstRight: !isBad && row == scenario.features(open.item), isSecondRight: true)),
      after: numbers.below(scenario.hostility.checkNanosecondsMax))
  }

  /// The features that a checkpoint names as not yet looked at twice.
  func rows(of audits: [OpenAudit]) -> [OpenAudit: [Float]] {
    var rows: [OpenAudit: [Float]] = [:]
    for audit in audits {
      rows[audit] = coordinator?.earlier[audit] ?? coordinator?.features[audit.item]
      check(rows[audit] != nil, "features that are yet to be audited are kept: \(audit)")
    }
    return rows
  }

  // MARK: Shares

  func audit(_ share: Share, _ second: ShareAnswer?, _ tensor: [UInt8]) {
    guard let first = coordinator?.held[share.id] else {
      return fail("\(share.id) is audited, but its answer isn't held")
    }
    if let second, second == first.answer, tensor == first.tensor {
      return tellCoordinator(.answerAudited(share.id, .equal), after: 0)
    }
    guard let truth = answer(to: share, like: first.answer) else { return }
    let verdict = AuditVerdict.judged(
      isFirstRight: first.answer == truth.answer && first.tensor == truth.tensor,
      isSecondRight: second.map { $0 == truth.answer && tensor == truth.tensor } ?? true)
    tellCoordinator(.answerAudited(share.id, verdict), after: numbers.below(5_000_000))
  }

  /// What a share comes to with the head as it is and the features that are kept.
  private func answer(
    to share: Share, like example: ShareAnswer
  ) -> (answer: ShareAnswer, tensor: [UInt8])? {
    guard let coordinator else { return nil }
    let rows = share.samples.compactMap {
      coordinator.features[SampleVariant(sample: $0, variant: share.variant)]
    }
    check(rows.count == share.samples.count, "an audited share's features are kept")
    let labels = share.samples.map(scenario.label)
    let (head, count) = (coordinator.trainer.head, UInt32(labels.count))
    do {
      switch example {
      case .gradient:
        let sum = try engine.gradientSum(head: head, features: rows, labels: labels)
        return (
          .gradient(
            GradientAnswer(
              share: share.id, count: count, correct: UInt32(sum.correct), lossSum: sum.lossSum)),
          TensorFrame.bytes(sum.values)
        )
      case .evaluation:
        let sum = try engine.evaluation(head: head, features: rows, labels: labels)
        return (
          .evaluation(
            Evaluation(
              share: share.id, count: count, correct: UInt32(sum.correct), lossSum: sum.lossSum)),
          TensorFrame.bytes(sum.confusion.counts.map { Int64($0) })
        )
      }
    } catch {
      fail("\(share.id) can't be computed: \(error)")
      return nil
    }
  }

  func addHeld(_ id: ShareID) {
    guard let held = coordinator?.held.removeValue(forKey: id) else {
      return fail("\(id) is added, but its answer isn't held")
    }
    switch held.answer {
    case .gradient(let sum): add(sum, held.tensor)
    case .evaluation(let evaluation): add(evaluation, held.tensor)
    }
  }

  // MARK: Back

  func note(_ notice: CoordinatorNotice) {
    trace("coordinator: \(notice)")
    guard case .workerFaulty(let worker, _, _) = notice else { return }
    let isFaulty = workerByIdentity[worker].map { workers[$0].isFaulty } ?? false
    check(isFaulty, "only a faulty worker is called one: \(notice)")
    disk.faultyWorkers.insert(worker)
  }

  func beginRollback(excluding faultyWorkers: Set<WorkerID>) {
    coordinator?.held = [:]
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
    do {
      let configuration = scenario.configuration
      coordinator?.trainer =
        try checkpoint.map {
          try Trainer(configuration: configuration, length: scenario.length, state: $0.state)
        }
        ?? Trainer(configuration: configuration, length: scenario.length, shape: scenario.shape)
    } catch {
      fail("a checkpoint can't be returned to: \(error)")
    }
    coordinator?.evaluation = EvaluationSum(zero: scenario.shape)
    forgetRound()
    for epoch in results.keys where epoch >= Int(checkpoint?.position.epoch ?? 0) {
      results[epoch] = nil
    }
    rollbacks += 1
    deliver(
      .rolledBack(
        to: checkpoint?.position ?? .start, checkpoint?.contributors ?? .none))
  }
}
