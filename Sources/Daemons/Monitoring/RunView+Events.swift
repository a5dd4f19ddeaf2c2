import RunFiles
import Training

/// The one place where what happened to a run becomes what is shown of it.
extension RunView {
  /// Takes in what a coordinator tells.
  public mutating func take(_ event: RunEvent) {
    switch event {
    case .preparing(let preparation, let done, let total):
      phase = .preparing(RunView.words(for: preparation))
      preparedShare = total > 1 ? Double(done) / Double(total) : nil
    case .invitation: break
    case .logged(let line): take(line)
    case .status(let status): take(status)
    case .warning(let text): add(warning: text)
    }
  }

  /// Takes in the next line of a progress log.
  public mutating func take(_ line: ProgressLine) {
    timeSpent.take(line)
    newestLineAt = line.time
    elapsedSeconds = timeSpent.seconds
    switch line.event {
    case .start(let start): begin(start, line)
    case .workerJoined(let worker, let threads):
      workers.removeAll { $0.name == worker }
      workers.append(Worker(name: worker, threads: threads, state: "serving"))
      add(Contributor(name: worker, threads: threads))
    case .workerLost(let worker, _): lose(worker, at: line.time)
    case .workerFaulty(let worker, let id, let reason):
      add(warning: faultDescription(worker: worker, id: id, reason: reason))
    case .step(let range):
      step = Int(clamping: range.last) + 1
      if let loss = range.trainLoss { add(stepLoss: loss, step: step) }
      noteSpeed(line.time)
    case .epoch(let result):
      // A run that goes on from before an evaluation comes to it once more.
      epochs.removeAll { $0.number > line.epoch }
      epochs.append(Epoch(result, number: line.epoch + 1, step: Int(clamping: line.step)))
      headDigest = "\(result.head)"
    case .resume(let step):
      goBack(to: Int(clamping: step))
      resumedFrom = Int(clamping: step)
    case .rollback(let step, _): goBack(to: Int(clamping: step))
    case .warning(let text):
      add(warning: text)
      // Findings of another coordinator with the same summary are the same.
      findings.removeAll { $0.summary == text }
    case .finished(let result):
      phase = .finished
      self.result = result
      headDigest = "\(result.head)"
    case .stopped(let reason):
      phase = .stopped(reason)
      stopReason = reason
    case .features(let kept, let needed): stored = StoredFeatures(kept: kept, needed: needed)
    case .note(let text): if !notes.contains(text) { notes.append(text) }
    case .finding(let text): add(finding: text)
    case .checkpoint(let file):
      add(Checkpoint(file: file, line))
    case .skipped(let more):
      skippedSamples.formUnion(more.samples)
      skipped = skippedSamples.count
    case .unknown: break
    }
  }

  private mutating func begin(_ start: RunStart, _ line: ProgressLine) {
    phase = .running
    preparedShare = nil
    self.start = start
    stopReason = nil
    epochsTotal = start.epochs
    stepsTotal = Int(clamping: start.steps)
    step = Int(clamping: line.step)
    workers = []
    recentSteps = []
  }

  /// Enough for an average over a few seconds.
  private static let recentStepsMax = 30

  private mutating func noteSpeed(_ time: Timestamp) {
    recentSteps.append(StepTime(step: step, time: time))
    if recentSteps.count > RunView.recentStepsMax { recentSteps.removeFirst() }
    guard let first = recentSteps.first else { return }
    let elapsed = Double(time.millisecondsSince1970 - first.time.millisecondsSince1970) / 1000
    stepsPerSecond = elapsed > 0 ? Double(step - first.step) / elapsed : nil
  }

  private static func words(for preparation: RunEvent.Preparation) -> String {
    switch preparation {
    case .manifest: "reading the photographs"
    case .screening: "looking through the photographs"
    case .backbone: "loading the backbone"
    case .calibration: "finding the ranges of int8"
    case .trial: "trying how photographs become the backbone's input"
    case .probe: "checking this machine's arithmetic"
    }
  }
}

extension RunView.Epoch {
  init(_ result: EpochResult, number: Int, step: Int) {
    self.init(
      number: number, step: step, trainLoss: result.metrics.trainLoss ?? .nan,
      trainAccuracy: result.metrics.trainAccuracy ?? .nan,
      validationLoss: result.metrics.validationLoss ?? .nan,
      validationAccuracy: result.metrics.validationAccuracy ?? .nan,
      validationBalancedAccuracy: result.metrics.validationBalancedAccuracy ?? .nan)
  }
}
