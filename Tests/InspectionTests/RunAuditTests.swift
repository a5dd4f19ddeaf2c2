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

private func replay() throws -> RunReplay {
  try RunReplay(
    plan: plan, labels: labels, configuration: TrainingConfiguration(labelSmoothing: 0.1),
    start: Head(zero: shape), features: features)
}

/// A run as a cluster might have made it: each step in shares of random sizes and order.
private func log(seed: UInt64 = 5) throws -> (lines: [ProgressLine], claims: [CheckpointClaim]) {
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
      batch.removeAll { undecodable.contains($0) }
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
    let decodable = plan.validation.filter { !undecodable.contains($0) }
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
  try RunAudit(
    ledger: Ledger(lines), checkpoints: claims, length: length, replay: replay()
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
