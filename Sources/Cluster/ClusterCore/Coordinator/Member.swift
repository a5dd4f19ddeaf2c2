/// One worker in one session, as the coordinator knows it. What it owes stands in `standing`, and only
/// the verbs of this file change anything of it.
struct Member: Sendable {
  let session: Session
  let peer: PeerID
  let worker: WorkerID
  /// The hello that opened this session.
  let attempt: UInt64
  let name: String
  let threads: Int
  private(set) var standing = Standing.preparing
  private(set) var lastHeard: Instant
  private(set) var lastSent: Instant
  /// When it last answered a share: until then it was busy with that one.
  private(set) var lastAnswered: Instant
  /// When it last gave anything that it was asked for, or joined.
  private(set) var lastResult: Instant
  /// Results of this session.
  private(set) var resultCount = 0
  /// Shares that it was asked for, live or not; never many, because who is late gets no other.
  private var unanswered: Set<ShareID> = []
  /// Shares declined since the last one answered.
  private(set) var declinesInARow = 0

  init(_ session: Session, _ hello: Hello, from peer: PeerID, at now: Instant) {
    self.session = session
    self.peer = peer
    worker = hello.worker
    attempt = hello.attempt
    name = hello.name
    threads = Int(hello.threads)
    lastHeard = now
    lastSent = now
    lastAnswered = now
    lastResult = now
  }

  // MARK: Standing

  var isPresent: Bool { standing != .gone }

  var isServing: Bool {
    if case .serving = standing { true } else { false }
  }

  func owes(_ debts: Standing.Debts) -> Bool {
    if case .serving(let own) = standing { !own.isDisjoint(with: debts) } else { false }
  }

  /// Whether it has been silent for longer than a healthy worker is: it gets nothing new until it
  /// is heard again.
  func isQuiet(at now: Instant) -> Bool {
    now.nanoseconds(since: lastHeard) > Limits.quietNanoseconds
  }

  /// Whether it may be asked for anything.
  func isAvailable(at now: Instant) -> Bool { isServing && !isQuiet(at: now) }

  mutating func startServing() {
    precondition(standing == .preparing, "joins once a session")
    standing = .serving(.proof)
  }

  mutating func incur(_ debt: Standing.Debts) {
    guard case .serving(let debts) = standing else { return }
    standing = .serving(debts.union(debt))
  }

  /// It has given a result; of a share, if `isShare`.
  mutating func settle(isShare: Bool, at now: Instant) {
    guard case .serving(let debts) = standing else { return }
    standing = .serving(isShare ? [] : debts.intersection(.share))
    lastResult = now
    resultCount += 1
  }

  mutating func end() {
    precondition(isPresent, "a session ends once")
    standing = .gone
  }

  // MARK: Talking

  mutating func hear(at now: Instant) { lastHeard = now }

  mutating func noteSent(at now: Instant) { lastSent = now }

  // MARK: What it may have

  /// How many leases it may have: two a thread, but no more than it has shown that it can do, and
  /// one while others do its work.
  var leasesMax: Int {
    if owes(.lease) { return 1 }
    return min(Limits.leasesPerThread * threads, Limits.newcomerLeasesMax + resultCount)
  }

  // MARK: Shares

  mutating func askFor(_ share: ShareID) { unanswered.insert(share) }

  /// Returns whether it was asked for this share and hadn't answered it.
  mutating func answer(_ share: ShareID) -> Bool { unanswered.remove(share) != nil }

  mutating func answerShare(at now: Instant) {
    lastAnswered = now
    declinesInARow = 0
  }

  /// It won't answer a share although it can.
  mutating func declineShare() {
    declinesInARow += 1
    if declinesInARow > Limits.declinesTrustedMax { incur(.share) }
  }
}
