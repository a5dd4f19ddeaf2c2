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
  /// What it computes or is about to, oldest first; never many.
  private(set) var leases: [IssuedLease] = []
  /// What it said it holds and the coordinator doesn't, in reverse order of need; may name slots
  /// that have changed hands since.
  private(set) var claims: [Slot] = []
  /// The slots whose features it was given or has computed; may name slots that it lost since.
  private(set) var held: [Slot] = []
  /// How many slots of each load class it owns.
  private(set) var loads: [Int]
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

  init(_ session: Session, _ hello: Hello, from peer: PeerID, loadClasses: Int, at now: Instant) {
    self.session = session
    self.peer = peer
    worker = hello.worker
    attempt = hello.attempt
    name = hello.name
    threads = Int(hello.threads)
    lastHeard = now
    lastSent = now
    loads = Array(repeating: 0, count: loadClasses)
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

  /// Its session ends; whatever it had was given back.
  mutating func end() {
    precondition(isPresent, "a session ends once")
    precondition(leases.isEmpty && heldCount == 0, "what it had was given back first")
    standing = .gone
    held = []
    claims = []
  }

  // MARK: Talking

  mutating func hear(at now: Instant) { lastHeard = now }

  mutating func noteSent(at now: Instant) { lastSent = now }

  // MARK: Leases

  /// How many leases it may have: two a thread, but no more than it has shown that it can do, and
  /// one while others do its work.
  var leasesMax: Int {
    if owes(.lease) { return 1 }
    return min(Limits.leasesPerThread * threads, Limits.newcomerLeasesMax + resultCount)
  }

  var hasRoom: Bool { leases.count < leasesMax }

  func lease(of slot: Slot) -> IssuedLease? { leases.first { $0.slot == slot } }

  mutating func begin(_ lease: IssuedLease) {
    precondition(self.lease(of: lease.slot) == nil, "one lease of a slot at a time")
    leases.append(lease)
  }

  /// Removes the lease of a slot; nil where there is none.
  mutating func endLease(of slot: Slot) -> IssuedLease? {
    guard let index = leases.firstIndex(where: { $0.slot == slot }) else { return nil }
    return leases.remove(at: index)
  }

  mutating func takeLeases() -> [IssuedLease] {
    defer { leases = [] }
    return leases
  }

  // MARK: Claims

  /// - Parameter slots: in the order of need, which comes after that of earlier ones.
  mutating func claim(_ slots: [Slot]) { claims.insert(contentsOf: slots.reversed(), at: 0) }

  mutating func nextClaim() -> Slot? { claims.popLast() }

  mutating func takeClaims() -> [Slot] {
    defer { claims = [] }
    return claims
  }

  // MARK: Copies

  var heldCount: Int { loads.reduce(0, +) }

  mutating func gain(_ slot: Slot, of loadClass: Int) {
    held.append(slot)
    loads[loadClass] += 1
  }

  mutating func lose(loadClass: Int) { loads[loadClass] -= 1 }

  mutating func forgetHeld() { held = [] }

  /// Keeps the list of what it holds in proportion to what it really holds.
  mutating func forgetHeld(unless isCurrent: (Slot) -> Bool) {
    guard held.count > 2 * heldCount + 1_024 else { return }
    held = Set(held).filter(isCurrent).sorted()
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

/// A lease that a worker has.
struct IssuedLease: Sendable {
  enum Purpose: Sendable {
    /// The features aren't kept.
    case features
    /// They are kept, and this is for a second answer.
    case audit
    /// They are kept, and this shows whether a newcomer can compute them.
    case proof
  }

  let slot: Slot
  let since: Instant
  var purpose = Purpose.features
}
