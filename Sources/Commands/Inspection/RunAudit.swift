import Digest
import RunFiles
import Training

/// What a run says of itself, compared with what its replay gives.
public struct RunAudit: Equatable, Sendable {
  /// One claim of the run, and what the replay makes of it.
  public struct Verdict: Equatable, Sendable {
    /// "epoch 3", counted from 1 as people do, or "step 102" for its checkpoint.
    public let subject: String
    /// The head's digest that the run claims, and the one of the replay.
    public let claimed: ContentDigest
    public let found: ContentDigest
    /// What differs beside the head, in words.
    public let findings: [String]

    public var agrees: Bool { claimed == found && findings.isEmpty }
  }

  /// In the order in which the replay came to them.
  public private(set) var verdicts: [Verdict] = []
  /// What the ledger can't account for, and claims that the replay never came to.
  public private(set) var findings: [String] = []

  /// Whether everything that the run claims is so.
  public var isSound: Bool { findings.isEmpty && verdicts.allSatisfy(\.agrees) }

  /// Replays a run as far as its claims go.
  ///
  /// - Parameters:
  ///   - checkpoints: of each, its file's name, its step and the digest of its head.
  ///   - report: called with each verdict.
  public init(
    ledger: Ledger, checkpoints: [CheckpointClaim], length: TrainingLength,
    replay: consuming RunReplay, report: (Verdict) -> Void
  ) throws(TrainingError) {
    findings = ledger.findings(length: length)
    let stepsPerEpoch = UInt64(length.stepsPerEpoch)
    let ends = ledger.epochs.keys.filter { $0 < length.epochCount }.map {
      UInt64($0 + 1) * stepsPerEpoch
    }
    let claimedSteps = checkpoints.map(\.step).filter { $0 <= length.stepCount }
    let lastStep = (ends + claimedSteps).max() ?? 0
    func judge(_ verdict: Verdict) {
      verdicts.append(verdict)
      report(verdict)
    }
    func judgeCheckpoints(_ digest: ContentDigest, step: UInt64) {
      for claim in checkpoints where claim.step == step {
        judge(
          Verdict(subject: claim.file, claimed: claim.head, found: digest, findings: []))
      }
    }
    for claim in checkpoints where claim.step > length.stepCount {
      findings.append("\(claim.file) is beyond the run's \(length.stepCount) steps")
    }
    judgeCheckpoints(replay.head.digest, step: 0)
    while replay.step < lastStep {
      try replay.takeStep()
      if checkpoints.contains(where: { $0.step == replay.step }) {
        judgeCheckpoints(replay.head.digest, step: replay.step)
      }
      guard replay.isAtEpochEnd else { continue }
      let found = try replay.finishEpoch()
      let epoch = Int(replay.step / stepsPerEpoch) - 1
      guard let claimed = ledger.epochs[epoch] else { continue }
      judge(
        Verdict(
          subject: "epoch \(epoch + 1)", claimed: claimed.head, found: found.head,
          findings: Self.differences(claimed, found)))
    }
    if let finished = ledger.finished { try conclude(finished, by: &replay) }
  }

  /// What the log ends with.
  private mutating func conclude(
    _ finished: RunResult, by replay: inout RunReplay
  ) throws(TrainingError) {
    guard finished.head == replay.head.digest else {
      findings.append(
        "the log ends with the head \(finished.head), but training gives \(replay.head.digest)")
      return
    }
    // A log of an earlier build has no test.
    guard let claimed = finished.test else { return }
    let found = try replay.test()
    func text(_ measurement: Measurement?, _ path: KeyPath<Measurement, Double?>) -> String {
      measurement?[keyPath: path].map { "\($0)" } ?? "unknown"
    }
    for (name, path) in [
      ("test_loss", \Measurement.loss), ("test_accuracy", \.accuracy),
      ("test_balanced_accuracy", \.balancedAccuracy),
    ] where text(found, path) != text(claimed, path) {
      findings.append(
        "\(name) is \(text(found, path)), but the log ends with \(text(claimed, path))")
    }
  }

  private static func differences(_ claimed: EpochResult, _ found: EpochResult) -> [String] {
    var differences: [String] = []
    func compare<Value: Equatable>(_ name: String, _ claimed: Value, _ found: Value) {
      if claimed != found { differences.append("\(name) is \(found), not \(claimed)") }
    }
    func compare(_ name: String, _ path: KeyPath<EpochMetrics, Double?>) {
      func text(_ metrics: EpochMetrics) -> String {
        metrics[keyPath: path].map { "\($0)" } ?? "unknown"
      }
      compare(name, text(claimed.metrics), text(found.metrics))
    }
    compare("the number of samples", claimed.samples, found.samples)
    compare("the number of skipped samples", claimed.skipped, found.skipped)
    compare("train_loss", \.trainLoss)
    compare("train_accuracy", \.trainAccuracy)
    compare("validation_loss", \.validationLoss)
    compare("validation_accuracy", \.validationAccuracy)
    // A log of an earlier build doesn't have it.
    if claimed.metrics.validationBalancedAccuracy != nil {
      compare("validation_balanced_accuracy", \.validationBalancedAccuracy)
    }
    return differences
  }
}

/// What a checkpoint says of itself.
public struct CheckpointClaim: Equatable, Sendable {
  public let file: String
  public let step: UInt64
  public let head: ContentDigest

  public init(file: String, step: UInt64, head: ContentDigest) {
    self.file = file
    self.step = step
    self.head = head
  }
}
