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
  private(set) var pending: Int
  /// Whether the samples have gone out in shares.
  private(set) var isDispatched = false
  private(set) var counted = 0
  private(set) var skipped = 0
  private(set) var correct = 0
  /// Samples of retired shares that wait for a worker.
  private var unassigned: [SampleIndex] = []
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

  /// One of its samples has its features or is dead.
  mutating func settle() {
    guard !isDispatched else { return }
    precondition(pending > 0, "a sample is settled once")
    pending -= 1
  }

  /// Nothing is pending: the dead samples are skipped, the others wait for a worker. Returns the dead.
  mutating func dispatch(isDead: (SampleIndex) -> Bool) -> [SampleIndex] {
    precondition(pending == 0 && !isDispatched, "a batch goes out once, and whole")
    var dead: [SampleIndex] = []
    unassigned.reserveCapacity(samples.count)
    for sample in samples {
      if isDead(sample) { dead.append(sample) } else { unassigned.append(sample) }
    }
    skipped = dead.count
    isDispatched = true
    return dead
  }

  /// The samples that wait for a worker, which are to go out now.
  mutating func takeUnassigned() -> [SampleIndex] {
    defer { unassigned = [] }
    return unassigned
  }

  /// The number of the next share.
  var numberNext: UInt64 { numberMin + UInt64(shares.count) }

  /// The index in `shares` of a live share; nil where the name is old, unknown or retired.
  func liveIndex(of id: ShareID) -> Int? {
    guard id.number >= numberMin, id.number - numberMin < UInt64(shares.count) else { return nil }
    let index = Int(id.number - numberMin)
    return shares[index].isLive && shares[index].share.id == id ? index : nil
  }

  mutating func open(_ share: Share, holder: MemberID, at now: Instant) {
    precondition(share.id.number == numberNext, "numbers follow one another")
    shares.append(LiveShare(share: share, holder: holder, askedAt: now))
    liveCount += 1
  }

  /// A share's answer is counted.
  mutating func count(_ index: Int, correct: UInt32) {
    precondition(shares[index].isLive, "a share is counted once")
    shares[index].isLive = false
    liveCount -= 1
    counted += shares[index].share.samples.count
    self.correct += Int(correct)
    precondition(counted + skipped <= samples.count, "a sample is counted or skipped, and once")
  }

  /// A share's name is never answered again; its samples wait to go out in others.
  mutating func retire(_ index: Int) {
    precondition(shares[index].isLive, "only a live share is retired")
    shares[index].isLive = false
    liveCount -= 1
    unassigned += shares[index].share.samples
  }

  /// A second worker computes a share too.
  mutating func duplicate(_ index: Int, to backup: MemberID, at now: Instant) {
    precondition(shares[index].isLive && shares[index].backup == nil, "one second worker at a time")
    precondition(shares[index].holder != backup, "the two are different")
    shares[index].backup = backup
    shares[index].backupAskedAt = now
  }

  mutating func audit(_ index: Int, _ audit: ShareAuditStage) {
    precondition(shares[index].isLive, "only a live share is audited")
    shares[index].audit = audit
  }

  /// The first worker of two makes room for another.
  mutating func relieve(_ index: Int) {
    shares[index].reliefCount += 1
    let goesOn = withdraw(shares[index].holder, from: index)
    precondition(goesOn, "the second goes on")
  }

  /// A worker no longer computes a share. Returns whether another one does.
  mutating func withdraw(_ member: MemberID, from index: Int) -> Bool {
    if shares[index].backup == member {
      shares[index].backup = nil
      return true
    }
    precondition(shares[index].holder == member, "it is one of the two")
    guard let backup = shares[index].backup else { return false }
    shares[index].holder = backup
    shares[index].holderAskedAt = shares[index].backupAskedAt
    shares[index].backup = nil
    return true
  }
}

/// A share and who computes it.
struct LiveShare: Sendable {
  let share: Share
  fileprivate(set) var holder: MemberID
  /// The second worker, when the first one was late.
  fileprivate(set) var backup: MemberID?
  fileprivate var holderAskedAt: Instant
  fileprivate var backupAskedAt: Instant
  fileprivate(set) var isLive = true
  fileprivate(set) var audit = ShareAuditStage.none
  /// How often one of two late workers has made room for another.
  fileprivate(set) var reliefCount = 0

  init(share: Share, holder: MemberID, askedAt: Instant) {
    self.share = share
    self.holder = holder
    holderAskedAt = askedAt
    backupAskedAt = askedAt
  }

  /// When one of its two workers was asked: whoever comes second isn't late for the first.
  func askedAt(of member: MemberID) -> Instant {
    member == holder ? holderAskedAt : backupAskedAt
  }

  /// Whether an answer of somebody is awaited.
  var isAwaited: Bool {
    switch audit {
    case .none, .awaiting, .holding: isLive
    case .judging: false
    }
  }

  func isComputed(by member: MemberID) -> Bool {
    isAwaited && (holder == member || backup == member)
  }
}

/// How far the audit of a share has come.
enum ShareAuditStage: Sendable {
  /// There is none: the first answer counts.
  case none
  /// The first answer will be held back → `.holding`.
  case awaiting
  /// The first answer is held back, and its worker computes the share no more → `.judging`.
  case holding(FirstAnswer)
  /// The shell compares the two answers, or the one with its own.
  case judging(FirstAnswer, second: WorkerID?)
}

/// Whose answer the shell holds back.
struct FirstAnswer: Sendable {
  let worker: WorkerID
  let correct: UInt32
}
