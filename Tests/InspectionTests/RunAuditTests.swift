import ClusterCore
import Digest
import Inspection
import RunFiles
import Testing
import Training

private let shape = try! HeadShape(featureCount: 12, classCount: 3)
private let plan = TrainingPlan(
  sampleCount: 30, training: (0..<30).filter { $0 % 3 > 0 }.map { UInt32($0) },
  validation: (0..<30).filter { $0 % 3 == 0 }.map { UInt32($0) }, batchSize: 6, epochs: 3,
  variants: 2, seed: 9)
private let length = try! TrainingLength(sampleCount: 20, batchSize: 6, epochCount: 3)
private let labels = (0..<30).map { $0 / 2 % 3 }
private let undecodable: Set<SampleIndex> = [4, 9]

private func features(of item: SampleVariant) -> [Float]? {
  if undecodable.contains(item.sample) { return nil }
  var numbers = SplitMix64(
    seed: 1, purpose: "test features", UInt64(item.sample), UInt64(item.variant))
  return (0..<shape.featureCount).map { _ in Float(numbers.unit()) * 6 }
}

private func replay(_ skips: LedgerSkips = LedgerSkips()) throws -> RunReplay {
  try RunReplay(
    plan: plan, labels: labels, configuration: TrainingConfiguration(labelSmoothing: 0.1),
    start: Head(zero: shape), skips: skips, features: features)
}

/// A run as a cluster might have made it: each step in shares of random sizes and order.
///
/// - Parameter gone: from which step on a sample is skipped, besides those that can't be decoded.
private func log(
  seed: UInt64 = 5, gone: [SampleIndex: UInt64] = [:]
) throws -> (lines: [ProgressLine], claims: [CheckpointClaim]) {
  var numbers = SplitMix64(seed: seed, purpose: "test shares")
  var trainer = Trainer(
    configuration: try TrainingConfiguration(labelSmoothing: 0.1), length: length, shape: shape)
  var engine = ShareEngine(shape: shape, objective: Objective(labelSmoothing: 0.1))
  var lines: [ProgressLine] = []
  var claims: [CheckpointClaim] = []
  func add(_ event: ProgressEvent, epoch: Int) {
    lines.append(
      ProgressLine(
        time: Timestamp(millisecondsSince1970: 0), step: trainer.step, epoch: epoch, event: event))
  }
  for epoch in 0..<plan.epochs {
    let order = visitingOrder(training: plan.training, seed: plan.seed, epoch: epoch)
    for start in stride(from: 0, to: order.count, by: plan.batchSize) {
      var batch = Array(order[start..<min(start + plan.batchSize, order.count)])
      let size = batch.count
      numbers.shuffle(&batch)
      batch.removeAll { undecodable.contains($0) || gone[$0].map { $0 <= trainer.step } ?? false }
      let skipped = size - batch.count
      while !batch.isEmpty {
        let share = batch.suffix(1 + Int(numbers.below(UInt64(batch.count))))
        batch.removeLast(share.count)
        let variant = plan.variant(ofEpoch: epoch)
        try trainer.add(
          engine.gradientSum(
            head: trainer.head,
            features: share.map { features(of: SampleVariant(sample: $0, variant: variant))! },
            labels: share.map { labels[Int($0)] }))
      }
      let step = trainer.step
      let totals = try trainer.finishStep(skipped: skipped)
      add(
        .step(
          StepRange(
            first: step, last: step, samples: totals.samples, skipped: skipped,
            trainLoss: totals.meanLoss, imagesPerSecond: nil)), epoch: epoch)
      if step % 3 == 0 {
        claims.append(
          CheckpointClaim(
            file: "step \(step + 1)", step: step + 1, head: trainer.head.digest))
      }
    }
    let decodable = plan.validation.filter {
      !undecodable.contains($0) && !(gone[$0].map { $0 <= trainer.step } ?? false)
    }
    let sum = try engine.evaluation(
      head: trainer.head,
      features: decodable.map { features(of: SampleVariant(sample: $0, variant: 0))! },
      labels: decodable.map { labels[Int($0)] })
    let validation = RunningTotals(
      lossSum: Int128(sum.lossSum), correct: sum.correct, samples: sum.sampleCount,
      skipped: plan.validation.count - decodable.count)
    let training = try trainer.finishEpoch()
    add(
      .epoch(
        EpochResult(
          samples: training.samples, skipped: training.skipped,
          metrics: EpochMetrics(
            training: training, validation: Measurement(validation, sum.confusion)),
          head: trainer.head.digest)), epoch: epoch)
  }
  add(
    .finished(RunResult(validationAccuracy: nil, head: trainer.head.digest, seconds: 1)), epoch: 3)
  return (lines, claims)
}

private func audit(_ lines: [ProgressLine], _ claims: [CheckpointClaim]) throws -> RunAudit {
  let ledger = Ledger(lines)
  return try RunAudit(
    ledger: ledger, checkpoints: claims, length: length, replay: replay(ledger.skips)
  ) { _ in }
}

struct RunAuditTests {
  @Test(arguments: 1...5)
  func `whatever a cluster made of a run, training alone gives the same`(seed: Int) throws {
    let (lines, claims) = try log(seed: UInt64(seed))
    let audit = try audit(lines, claims)
    #expect(audit.isSound, "seed \(seed): \(audit.findings)")
    #expect(
      audit.verdicts.map(\.subject) == [
        "step 1", "step 4", "epoch 1", "step 7", "epoch 2", "step 10", "epoch 3",
      ])
  }

  /// Of two samples that went, one is trained on and one validates.
  @Test func `samples that went during a run are skipped from where the log says`() throws {
    let order = visitingOrder(training: plan.training, seed: plan.seed, epoch: 1)
    let gone: [SampleIndex: UInt64] = [order[0]: 4, 3: 8]
    let (lines, claims) = try log(gone: gone)
    #expect(try !audit(lines, claims).isSound)
    #expect(Ledger(lines).hidesSkips)
    let time = Timestamp(millisecondsSince1970: 0)
    func told(_ sample: SampleIndex, from step: UInt64, isEvaluation: Bool) -> ProgressLine {
      ProgressLine(
        time: time, step: step, epoch: 1,
        event: .skipped(
          SkippedSamples(fromStep: step, isEvaluation: isEvaluation, samples: [sample])))
    }
    let all = [told(order[0], from: 4, isEvaluation: false), told(3, from: 8, isEvaluation: true)]
    let found = try audit(all + lines, claims)
    #expect(found.isSound, "\(found.findings) \(found.verdicts.filter { !$0.agrees })")
    // Too late, too early, and not before the evaluation.
    for wrong in [
      [told(order[0], from: 5, isEvaluation: false), all[1]],
      [told(order[0], from: 0, isEvaluation: false), all[1]],
      [all[0], told(3, from: 8, isEvaluation: false)],
    ] {
      #expect(try !audit(wrong + lines, claims).isSound)
    }
    #expect(Ledger(all + lines).skips.stepBefore == 4)
    #expect(Ledger([all[1]] + lines).skips.stepBefore == 7)
    #expect(Ledger(lines).skips.stepBefore == nil)
    // Another coordinator may have it again, or must tell anew.
    let resume = ProgressLine(time: time, step: 4, epoch: 1, event: .resume(fromStep: 4))
    #expect(try !audit(all + [resume] + lines, claims).isSound)
    #expect(try audit([all[0], resume] + all + lines, claims).isSound)
    // What was taken back matters no more.
    #expect(Ledger([all[0], resume]).skips.stepBefore == nil)
  }

  @Test func `an unfinished run is checked as far as it went`() throws {
    let (lines, claims) = try log()
    for count in 0..<lines.count {
      let step = lines[..<count].last?.step ?? 0
      let audit = try audit(Array(lines[..<count]), claims.filter { $0.step <= step })
      #expect(audit.isSound)
    }
  }

  @Test func `a claim that isn't so is found`() throws {
    let (lines, claims) = try log()
    let other = ContentDigest.sha256([1])
    func audit(changing place: Int, _ change: (inout EpochResult) -> Void) throws -> RunAudit {
      var lines = lines
      guard case .epoch(var result) = lines[place].event else { preconditionFailure() }
      change(&result)
      lines[place].event = .epoch(result)
      return try InspectionTests.audit(lines, claims)
    }
    let epoch = try #require(lines.firstIndex { $0.event.name == "epoch" })
    var found = try audit(changing: epoch) { $0.head = other }
    #expect(!found.isSound && found.verdicts.filter { !$0.agrees }.map(\.claimed) == [other])
    found = try audit(changing: epoch) { $0.metrics.validationLoss! += 1e-9 }
    #expect(!found.isSound && found.verdicts[2].findings[0].hasPrefix("validation_loss is "))
    found = try audit(changing: epoch) { $0.metrics.trainAccuracy = nil }
    #expect(found.verdicts[2].findings[0].hasSuffix("not unknown"))
    found = try audit(changing: epoch) {
      $0.samples -= 1
      $0.skipped += 1
    }
    #expect(found.verdicts[2].findings.count == 2 && found.findings.count == 1)

    var spoiled = lines
    spoiled.removeLast()
    spoiled.append(
      ProgressLine(
        time: lines[0].time, step: 12, epoch: 3,
        event: .finished(RunResult(validationAccuracy: 1, head: other, seconds: 1))))
    #expect(try InspectionTests.audit(spoiled, claims).findings.count == 1)
    spoiled = lines
    spoiled.removeAll { $0.event.name == "step" && $0.step == 7 }
    #expect(try !InspectionTests.audit(spoiled, claims).isSound)
    let claim = CheckpointClaim(file: "step 2", step: 2, head: other)
    #expect(try !InspectionTests.audit(lines, claims + [claim]).isSound)
    let late = CheckpointClaim(file: "step 99", step: 99, head: other)
    #expect(
      try InspectionTests.audit(lines, claims + [late]).findings == [
        "step 99 is beyond the run's 12 steps"
      ])
    spoiled = lines
    spoiled[epoch].epoch = .max
    #expect(try !InspectionTests.audit(spoiled, claims).isSound)
  }
}
