/// Which checkpoints are asked for.
struct CheckpointBook: Sendable {
  /// When the last one was asked for.
  var lastAt = Instant(nanoseconds: 0)
  /// Asked for and not answered, oldest first: the shell answers in order.
  var underWay: [Position] = []
  /// The newest that is safely kept.
  var kept: Position?
  /// Since when the last one of the run fails, and why.
  var failure: Failure?
  /// How many were ever asked for, and how many of them in the answer to the last event.
  var requestCount = 0
  var requestedLast = 0

  struct Failure: Sendable {
    let since: Instant
    var reason: String
  }
}

/// Checkpoints, and how a run ends.
extension Coordinator {
  // MARK: Checkpoints

  mutating func requestCheckpoint(_ reason: CheckpointRequest.Reason) {
    checkpoints.lastAt = now
    checkpoints.underWay.append(position)
    checkpoints.requestCount += 1
    actions.append(
      .writeCheckpoint(
        CheckpointRequest(
          position: position, reason: reason, contributors: contributors,
          openAudits: openAudits)))
  }

  /// Within an epoch a checkpoint is written each interval, if there is anything new.
  mutating func checkpointIfDue() {
    guard checkpoints.underWay.isEmpty, checkpoints.kept != position, position.step > 0,
      now.nanoseconds(since: checkpoints.lastAt) >= policy.checkpointIntervalNanoseconds
    else { return }
    requestCheckpoint(.interval)
  }

  mutating func checkpointWritten() {
    precondition(!checkpoints.underWay.isEmpty, "an answer to a request")
    checkpoints.kept = checkpoints.underWay.removeFirst()
    finishIfKept()
  }

  mutating func checkpointFailed(step: UInt64, _ reason: String) {
    precondition(!checkpoints.underWay.isEmpty, "an answer to a request")
    checkpoints.underWay.removeFirst()
    guard case .closing = phase, checkpoints.underWay.isEmpty else {
      return notice(.checkpointFailed(step: step, reason: reason))
    }
    guard let since = checkpoints.failure?.since else {
      checkpoints.failure = CheckpointBook.Failure(since: now, reason: reason)
      return notice(.lastCheckpointFailed(reason: reason))
    }
    checkpoints.failure?.reason = reason
    if now.nanoseconds(since: since) >= Limits.lastCheckpointPatienceNanoseconds {
      finish(.checkpointFailed(reason: reason))
    }
  }

  /// The last checkpoint failed: whoever looks after the machine may make room for it.
  mutating func retryLastCheckpoint() {
    guard case .closing = phase, let failure = checkpoints.failure, checkpoints.underWay.isEmpty
    else { return }
    if stopDeadline != nil, !isStopping { return finish(.checkpointFailed(reason: failure.reason)) }
    if now.nanoseconds(since: checkpoints.lastAt) >= Limits.lastCheckpointRetryNanoseconds {
      requestCheckpoint(.stopping)
    }
  }

  /// Whether the run closes because it was asked to stop.
  private var isStopping: Bool {
    if case .closing(.interrupted) = phase { return true }
    return false
  }

  /// The head of a step is spoiled, and what the shell was asked after it, a checkpoint perhaps,
  /// was dropped. Nothing goes on from here but the end, or the way back before a lie.
  mutating func headDiverged() {
    checkpoints.underWay.removeLast(checkpoints.requestedLast)
    rounds.end()
    if case .closing = phase { phase = .running }
    suspectedDivergence = .diverged(step: position.step, reason: "a parameter of the head")
  }

  // MARK: The end

  mutating func requestStop() {
    guard stopDeadline == nil else { return }
    stopDeadline = now.advanced(byNanoseconds: Limits.stopPatienceNanoseconds)
  }

  /// Whether the stop that was asked for need not wait for the step under way.
  var stopsNow: Bool {
    guard let stopDeadline else { return false }
    guard let round = rounds.current, round.isDispatched else { return true }
    return membership.servingCount == 0 || now >= stopDeadline
  }

  /// Everything is done; the run ends when its last checkpoint is safe.
  mutating func close(_ outcome: CoordinatorOutcome) {
    rounds.end()
    phase = .closing(outcome)
    if checkpoints.kept != position, checkpoints.underWay.last != position {
      requestCheckpoint(.stopping)
    }
    finishIfKept()
  }

  private mutating func finishIfKept() {
    guard case .closing(let outcome) = phase, checkpoints.kept == position else { return }
    finish(outcome)
  }

  mutating func finish(_ outcome: CoordinatorOutcome) {
    if case .finished = phase { return }
    phase = .finished
    let goodbye: Finished.Outcome =
      switch outcome {
      case .completed: .completed
      case .interrupted, .shortage, .checkpointFailed: .interrupted
      case .tooManyUndecodable, .diverged: .failed
      }
    for member in membership.ids where membership[member].isPresent {
      send(member, .finished(Finished(outcome: goodbye)))
    }
    actions.append(.finish(outcome))
  }
}
