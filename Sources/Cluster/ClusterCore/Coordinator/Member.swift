/// One worker in one session, as the coordinator knows it.
struct Member: Sendable {
  let session: Session
  let peer: PeerID
  let worker: WorkerID
  /// The hello that opened this session.
  let attempt: UInt64
  let name: String
  let threads: Int
  /// False before the probe and after the session has ended; its `MemberID` is then used again.
  var isServing = false
  var isPresent = true
  var lastHeard: Instant
  var lastSent: Instant
  /// What it computes or is about to, oldest first; never many.
  var leases: [IssuedLease] = []
  /// What it said it holds and the coordinator doesn't, in reverse order of need; may name slots
  /// that have changed hands since.
  var claims: [Slot] = []
  /// The slots whose features it was given or has computed; may name slots that it lost since.
  var held: [Slot] = []
  /// How many slots of each load class it owns.
  var loads: [Int]
  /// When it last answered a share: until then it was busy with that one.
  var lastAnswered: Instant
  /// When it last gave anything that it was asked for, or joined.
  var lastResult: Instant
  /// Whether people were told that it gives nothing.
  var isStalled = false
  /// Whether a share of it went to a second worker, and it has answered none since: it gets new
  /// ones only where nobody else is prompt.
  var isLate = false
  /// Whether an audit was taken from it because it was late, and it has given nothing since.
  var owesAudit = false
  /// Shares declined since the last one answered.
  var declinesInARow = 0

  var leasesMax: Int { Limits.leasesPerThread * threads }
  var heldCount: Int { loads.reduce(0, +) }

  /// Whether it has been silent for longer than a healthy worker is: it gets nothing new until it
  /// is heard again.
  func isQuiet(at now: Instant) -> Bool {
    now.nanoseconds(since: lastHeard) > Limits.quietNanoseconds
  }

  /// Removes the lease of a slot; nil where there is none.
  mutating func endLease(of slot: Slot) -> IssuedLease? {
    guard let index = leases.firstIndex(where: { $0.slot == slot }) else { return nil }
    return leases.remove(at: index)
  }
}

/// A lease that a worker has.
struct IssuedLease: Sendable {
  var slot: Slot
  var since: Instant
  /// Whether the features are kept and this is for a second answer.
  var isAudit = false
}
