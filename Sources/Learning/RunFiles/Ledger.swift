import Training

/// What a progress log accounts for, once the lines that a resume or rollback made void are gone:
/// which steps were taken, and how many samples each epoch counted.
public struct Ledger: Equatable, Sendable {
  /// In the order of the log.
  public private(set) var ranges: [StepRange] = []
  /// The epochs that are over, by their number from 0; the last line of an epoch counts.
  public private(set) var epochs: [Int: EpochResult] = [:]
  public private(set) var finished: RunResult?
  public private(set) var skips = LedgerSkips()

  public init(_ lines: some Sequence<ProgressLine>) {
    var steps: [UInt64] = []
    var epochSteps: [Int: UInt64] = [:]
    for line in lines {
      switch line.event {
      case .step(let range):
        ranges.append(range)
        steps.append(line.step)
      case .epoch(let result):
        epochs[line.epoch] = result
        epochSteps[line.epoch] = line.step
        skips.evaluated(before: line.step)
      case .skipped(let skipped): skips.take(skipped)
      case .finished(let result): finished = result
      case .resume(let fromStep), .rollback(let fromStep, _):
        let kept = zip(ranges, steps).filter { $0.1 <= fromStep }
        ranges = kept.map(\.0)
        steps = kept.map(\.1)
        for (epoch, step) in epochSteps where step > fromStep {
          epochs[epoch] = nil
          epochSteps[epoch] = nil
        }
        finished = nil
        skips.begin(at: fromStep)
      default: break
      }
    }
  }

  /// Whether it tells of skipped samples and not of which: logs of earlier builds don't.
  public var hidesSkips: Bool { skips.isEmpty && ranges.contains { $0.skipped > 0 } }

  /// What the ledger can't account for, in words that count epochs from 1; empty for a sound run. Every step of every epoch
  /// that is over must be there exactly once, and its samples must add up to the epoch's.
  public func findings(length: TrainingLength) -> [String] {
    var findings: [String] = []
    var expected: UInt64 = 0
    var counted: [Int: (samples: Int, skipped: Int)] = [:]
    let stepsPerEpoch = UInt64(length.stepsPerEpoch)
    for range in ranges {
      if range.first != expected {
        findings.append("steps \(range.first) to \(range.last) follow step \(expected) − 1")
      }
      expected = range.last + 1
      guard range.last < length.stepCount else {
        findings.append("step \(range.last) is beyond the run's \(length.stepCount) steps")
        continue
      }
      let epoch = Int(range.first / stepsPerEpoch)
      if range.last / stepsPerEpoch != range.first / stepsPerEpoch {
        findings.append("steps \(range.first) to \(range.last) reach across an epoch's end")
        continue
      }
      let batches = (range.first...range.last).reduce(0) { $0 + length.sampleCount(step: $1) }
      if range.samples + range.skipped != batches {
        findings.append(
          "steps \(range.first) to \(range.last) have \(batches) samples, but \(range.samples) were "
            + "counted and \(range.skipped) skipped")
      }
      counted[epoch, default: (0, 0)].samples += range.samples
      counted[epoch, default: (0, 0)].skipped += range.skipped
    }
    for (epoch, result) in epochs.sorted(by: { $0.key < $1.key }) {
      guard epoch < length.epochCount else {
        findings.append("the log tells of more than the run's \(length.epochCount) epochs")
        continue
      }
      let (samples, skipped) = counted[epoch] ?? (0, 0)
      if result.samples != samples || result.skipped != skipped {
        findings.append(
          "epoch \(epoch + 1) says \(result.samples) samples and \(result.skipped) skipped, its steps "
            + "\(samples) and \(skipped)")
      }
      if result.samples + result.skipped != length.sampleCount {
        findings.append(
          "epoch \(epoch + 1) accounts for \(result.samples + result.skipped) of "
            + "\(length.sampleCount) samples")
      }
    }
    if finished != nil {
      for epoch in 0..<length.epochCount where epochs[epoch] == nil {
        findings.append("epoch \(epoch + 1) is missing")
      }
    }
    return findings
  }
}

extension RunDirectory {
  /// What its progress log accounts for. Throws where it can't be read.
  public func ledger() throws(RunFilesError) -> Ledger {
    var reader = ProgressReader(path: progressPath)
    return Ledger(try reader.next())
  }
}
