/// What the coordinator's machine denies it for the moment: descriptors, memory, a disk that answers.
/// Nothing about a photograph follows from that. It tries again, and ends the run, resumable, where
/// that doesn't help.
struct Shortage: Sendable {
  /// When it began; nil where there is none.
  private(set) var since: Instant?
  /// What the thread that serves photographs complains of.
  private(set) var serving: String?
  /// Samples that could not be looked into, and when to try again; nil while that is under way.
  private(set) var doubts: [SampleIndex: Instant?] = [:]
  private(set) var reason = ""

  /// The samples to look into again.
  mutating func takeDue(at now: Instant) -> [SampleIndex] {
    let due = doubts.compactMap { sample, at in
      if let at, at <= now { sample } else { nil }
    }
    for sample in due { doubts[sample] = .some(nil) }
    return due.sorted()
  }

  mutating func note(doubt sample: SampleIndex, _ reason: String, at now: Instant) {
    doubts[sample] = now.advanced(byNanoseconds: Limits.retryPauseMinNanoseconds)
    begin(reason, at: now)
  }

  mutating func settle(doubt sample: SampleIndex) {
    doubts[sample] = nil
    endIfOver()
  }

  mutating func note(serving reason: String?, at now: Instant) {
    serving = reason
    if let reason { begin(reason, at: now) } else { endIfOver() }
  }

  private mutating func begin(_ reason: String, at now: Instant) {
    self.reason = reason
    if since == nil { since = now }
  }

  private mutating func endIfOver() {
    if serving == nil, doubts.isEmpty { since = nil }
  }

  func isTooLong(at now: Instant) -> Bool {
    guard let since else { return false }
    return now.nanoseconds(since: since) > Limits.shortageNanosecondsMax
  }
}

extension Coordinator {
  mutating func photographsUnreadable(_ reason: String?) {
    changeShortage { $0.note(serving: reason, at: $1) }
  }

  /// The coordinator could not look into what a worker said of a sample.
  mutating func postponeDoubt(_ sample: SampleIndex, _ reason: String) {
    precondition(doubts.contains(sample), "an answer to a question that was asked")
    changeShortage { $0.note(doubt: sample, reason, at: $1) }
  }

  mutating func endPostponement(of sample: SampleIndex) {
    changeShortage { shortage, _ in shortage.settle(doubt: sample) }
  }

  mutating func retryPostponedDoubts() {
    for sample in shortage.takeDue(at: now) { actions.append(.checkUndecodable(sample)) }
  }

  /// Tells people of a shortage once when it begins and once when it is over.
  private mutating func changeShortage(_ change: (inout Shortage, Instant) -> Void) {
    let before = shortage.since
    change(&shortage, now)
    switch (before, shortage.since) {
    case (nil, _?): notice(.shortage(reason: shortage.reason))
    case (_?, nil): notice(.shortageOver)
    case (nil, nil), (_?, _?): break
    }
  }
}
