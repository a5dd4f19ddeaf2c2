import ClusterCore

extension RunView {
  /// Takes over what a running coordinator tells of itself.
  public mutating func take(_ status: StatusReply) {
    let progress = status.progress
    step = Int(clamping: progress.step)
    stepsTotal = Int(clamping: progress.stepsTotal)
    epochsTotal = Int(progress.epochsTotal)
    featuresKept = Int(clamping: progress.featuresKept)
    featuresTotal = Int(clamping: progress.featuresTotal)
    skipped = Int(progress.undecodable)
    imagesPerSecond = status.imagesPerSecond
    stepsPerSecond = status.stepsPerSecond
    elapsedSeconds = timeSpent.secondsBefore + status.elapsedSeconds
    takeWorkers(status.workers)
    switch phase {
    case .finished, .stopped: break
    case .notStarted, .preparing, .waitingForWorkers, .running, .silent:
      phase =
        progress.epoch >= progress.epochsTotal
        ? .finished : Int(progress.workersServing) < workersNeeded ? .waitingForWorkers : .running
    }
  }

  /// Workers without which nothing goes on.
  public var workersNeeded: Int {
    let isBegun = step > 0 || featuresKept > 0
    return isBegun ? 1 : max(1, start?.minWorkers ?? 1)
  }
}
