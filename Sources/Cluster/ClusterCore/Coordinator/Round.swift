/// One batch of samples that is computed with one head: a step, or the evaluation of an epoch.
///
/// It collects until every sample has features or is dead, then computes in shares until each of
/// the others is counted. A share is live from its dispatch to its one counted answer, or until it
/// is retired because its samples go out in other shares.
struct Round: Sendable {
  let kind: ShareKind
  let variant: UInt16
  /// Without repetition, as the visiting order or the manifest has them.
  let samples: [SampleIndex]
  /// Samples that have neither features nor a verdict.
  var pending: Int
  /// Whether the samples have gone out in shares.
  var isDispatched = false
  var counted = 0
  var skipped = 0
  var correct = 0
  /// Samples of retired shares that wait for a worker.
  var unassigned: [SampleIndex] = []
  private(set) var shares: [LiveShare] = []
  private(set) var liveCount = 0
  private let numberMin: UInt64

  /// - Parameter numberMin: the number of its first share.
  init(
    kind: ShareKind, variant: UInt16, samples: [SampleIndex], pending: Int, numberMin: UInt64
  ) {
    self.kind = kind
    self.variant = variant
    self.samples = samples
    self.pending = pending
    self.numberMin = numberMin
  }

  /// Whether every sample is counted or skipped.
  var isComplete: Bool { isDispatched && liveCount == 0 && unassigned.isEmpty }

  /// The number of the next share.
  var numberNext: UInt64 { numberMin + UInt64(shares.count) }

  /// The place in `shares` of a live share; nil where the name is old, unknown or retired.
  func livePlace(of id: ShareID) -> Int? {
    guard id.number >= numberMin, id.number - numberMin < UInt64(shares.count) else { return nil }
    let place = Int(id.number - numberMin)
    return shares[place].isLive && shares[place].share.id == id ? place : nil
  }

  mutating func open(_ share: Share, holder: Int, at now: Instant) {
    precondition(share.id.number == numberNext, "numbers follow one another")
    shares.append(LiveShare(share: share, holder: holder, sentAt: now))
    liveCount += 1
  }

  /// A share's answer is counted.
  mutating func count(_ place: Int, correct: UInt32) {
    precondition(shares[place].isLive, "a share is counted once")
    shares[place].isLive = false
    liveCount -= 1
    counted += shares[place].share.samples.count
    self.correct += Int(correct)
    precondition(counted + skipped <= samples.count, "a sample is counted or skipped, and once")
  }

  /// A share's name is never answered again; its samples wait to go out in others.
  mutating func retire(_ place: Int) {
    precondition(shares[place].isLive, "only a live share is retired")
    shares[place].isLive = false
    liveCount -= 1
    unassigned += shares[place].share.samples
  }

  /// A second worker computes a share too.
  mutating func duplicate(_ place: Int, to twin: Int) {
    precondition(shares[place].isLive && shares[place].twin == nil, "one second worker at a time")
    precondition(shares[place].holder != twin, "the two are different")
    shares[place].twin = twin
  }

  mutating func audit(_ place: Int, _ audit: ShareAudit) {
    precondition(shares[place].isLive, "only a live share is audited")
    shares[place].audit = audit
  }

  /// The first worker of two makes room for a third.
  mutating func relieve(_ place: Int) {
    precondition(!shares[place].isRelieved, "once")
    shares[place].isRelieved = true
    _ = withdraw(shares[place].holder, from: place)
  }

  /// A worker no longer computes a share. Returns whether another one does.
  mutating func withdraw(_ worker: Int, from place: Int) -> Bool {
    if shares[place].twin == worker {
      shares[place].twin = nil
      return true
    }
    precondition(shares[place].holder == worker, "it is one of the two")
    guard let twin = shares[place].twin else { return false }
    shares[place].holder = twin
    shares[place].twin = nil
    return true
  }
}

/// A share and who computes it.
struct LiveShare: Sendable {
  let share: Share
  var holder: Int
  /// The second worker, when the first one was late.
  var twin: Int?
  let sentAt: Instant
  var isLive = true
  var audit = ShareAudit.none
  /// Whether one of two late workers has made room for a third.
  var isRelieved = false

  init(share: Share, holder: Int, sentAt: Instant) {
    self.share = share
    self.holder = holder
    self.sentAt = sentAt
  }

  /// Whether an answer of somebody is awaited.
  var isAwaited: Bool {
    switch audit {
    case .none, .awaiting, .holding: isLive
    case .judging: false
    }
  }

  func isComputed(by worker: Int) -> Bool {
    isAwaited && (holder == worker || twin == worker)
  }
}

/// How far the audit of a share has come.
enum ShareAudit: Sendable {
  /// There is none: the first answer counts.
  case none
  /// The first answer will be held back → `.holding`.
  case awaiting
  /// The first answer is held back, and its worker computes the share no more → `.judging`.
  case holding(HeldAnswer)
  /// The shell compares the two answers, or the one with its own.
  case judging(HeldAnswer, second: WorkerID?)
}

/// Whose answer the shell holds back.
struct HeldAnswer: Sendable {
  let worker: WorkerID
  let correct: UInt32
}
