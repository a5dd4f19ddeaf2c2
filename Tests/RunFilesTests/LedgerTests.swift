import Digest
import RunFiles
import Testing
import Training

private let length = try! TrainingLength(sampleCount: 10, batchSize: 4, epochCount: 2)

private func steps(_ first: UInt64, _ last: UInt64, samples: Int, skipped: Int = 0) -> ProgressLine
{
  line(
    last + 1,
    .step(
      StepRange(
        first: first, last: last, samples: samples, skipped: skipped, trainLoss: 1,
        imagesPerSecond: 1)))
}

private func epoch(_ epoch: Int, samples: Int = 10, skipped: Int = 0, head: UInt8 = 0)
  -> ProgressLine
{
  line(
    UInt64(3 * (epoch + 1)),
    .epoch(
      EpochResult(
        samples: samples, skipped: skipped,
        metrics: EpochMetrics(
          trainLoss: 1, trainAccuracy: 1, validationLoss: 1, validationAccuracy: 1),
        head: ContentDigest.sha256([head]))), epoch: epoch)
}

private let finished = line(
  6, .finished(RunResult(validationAccuracy: 1, head: ContentDigest.sha256([0]), seconds: 1)))

struct LedgerTests {
  @Test func `a sound log has no findings, however its steps are gathered`() {
    let logs: [[ProgressLine]] = [
      [],
      [steps(0, 2, samples: 10), epoch(0), steps(3, 5, samples: 10), epoch(1), finished],
      [
        steps(0, 0, samples: 4), steps(1, 2, samples: 4, skipped: 2),
        epoch(0, samples: 8, skipped: 2),
        steps(3, 4, samples: 8),
      ],
    ]
    for log in logs { #expect(Ledger(log).findings(length: length).isEmpty) }
  }

  @Test func `lines that a resume made void don't count`() {
    let log = [
      steps(0, 1, samples: 8), line(2, .checkpoint(file: "a")), steps(2, 2, samples: 2),
      epoch(0, head: 1), steps(3, 4, samples: 8),
      line(2, .resume(fromStep: 2)),
      steps(2, 2, samples: 2), epoch(0, head: 2), steps(3, 5, samples: 10), epoch(1), finished,
    ]
    let ledger = Ledger(log)
    #expect(ledger.findings(length: length).isEmpty)
    #expect(ledger.epochs[0]?.head == ContentDigest.sha256([2]))
    #expect(ledger.ranges.map(\.first) == [0, 2, 3])
  }

  @Test func `an epoch that is evaluated again after a resume counts once`() {
    let log = [
      steps(0, 2, samples: 10), epoch(0), line(3, .resume(fromStep: 3)), epoch(0),
      steps(3, 5, samples: 10), epoch(1), finished,
    ]
    #expect(Ledger(log).findings(length: length).isEmpty)
  }

  @Test func `what doesn't add up is found`() {
    func findings(_ lines: ProgressLine...) -> [String] { Ledger(lines).findings(length: length) }
    #expect(findings(steps(0, 0, samples: 4), steps(2, 2, samples: 2)).count == 1)
    #expect(findings(steps(0, 0, samples: 4), steps(0, 0, samples: 4)).count == 1)
    #expect(findings(steps(0, 1, samples: 7)).count == 1)
    #expect(findings(steps(0, 1, samples: 8, skipped: 1)).count == 1)
    #expect(findings(steps(0, 3, samples: 14)).count == 1)
    #expect(findings(steps(0, 2, samples: 10), epoch(0, samples: 9, skipped: 1)).count == 1)
    #expect(findings(steps(0, 1, samples: 8), epoch(0, samples: 8)).count == 1)
    #expect(findings(steps(0, 2, samples: 10), epoch(0), finished) == ["epoch 2 is missing"])
    #expect(!findings(steps(0, .max - 1, samples: 4)).isEmpty)
  }

  @Test func `steps are gathered into at most ten lines a second`() throws {
    var gatherer = StepGatherer(nanoseconds: 5)
    var ranges: [StepRange] = []
    // 5,000 steps a second for a second, each of two samples and a loss of a half.
    for step in 0..<5000 {
      let totals = RunningTotals(lossSum: 1 << 32, correct: 1, samples: 2, skipped: 1)
      let now = 5 + UInt64(step + 1) * 200_000
      if let range = gatherer.add(step: UInt64(step), totals, nanoseconds: now) {
        ranges.append(range)
      }
    }
    #expect(ranges.count == 10)
    #expect(ranges.map(\.first) == (0..<10).map { $0 * 500 })
    #expect(ranges.map(\.last) == (0..<10).map { $0 * 500 + 499 })
    for range in ranges {
      #expect(range.samples == 1000 && range.skipped == 500 && range.trainLoss == 0.5)
      #expect(abs(range.imagesPerSecond! - 10_000) < 1e-6)
    }
    let nothing = gatherer.flush(nanoseconds: 1_000_000_006)
    #expect(nothing == nil)
    let totals = RunningTotals(lossSum: 0, correct: 0, samples: 0, skipped: 4)
    let early = gatherer.add(step: 5000, totals, nanoseconds: 1_000_000_006)
    #expect(early == nil)
    let flushed = gatherer.flush(nanoseconds: 1_000_000_006)
    let rest = try #require(flushed)
    #expect(rest.first == 5000 && rest.last == 5000 && rest.trainLoss == nil && rest.skipped == 4)
  }
}
