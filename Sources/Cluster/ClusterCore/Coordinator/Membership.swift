/// One session's name inside the coordinator: small, so that whatever is kept by sample needs only 32
/// bits to name an owner. It stays the same for a session and is given out again afterwards.
struct MemberID: Hashable, Comparable, Sendable {
  private let number: Int32

  init(index: Int) { number = Int32(index) }

  /// Where arrays by member have it.
  var index: Int { Int(number) }

  static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Who is here: members by connection and by process, and who may not come back.
struct Membership: Sendable {
  private(set) var servingCount = 0
  private var members: [Member] = []
  /// All that were ever given out, whether their session goes on or not.
  private(set) var ids: [MemberID] = []
  private var vacant: [MemberID] = []
  private var idByPeer: [PeerID: MemberID] = [:]
  private var idByWorker: [WorkerID: MemberID] = [:]
  private var sessionsOpened: UInt64 = 0
  private(set) var refusals: [WorkerID: Refuse] = [:]

  var count: Int { idByPeer.count }

  func member(of peer: PeerID) -> MemberID? { idByPeer[peer] }
  func member(of worker: WorkerID) -> MemberID? { idByWorker[worker] }

  subscript(member: MemberID) -> Member {
    get { members[member.index] }
    _modify { yield &members[member.index] }
  }

  /// Those that may be asked for something.
  func available(at now: Instant) -> [MemberID] { ids.filter { self[$0].isAvailable(at: now) } }

  /// Opens a session for a worker that has none.
  mutating func admit(
    _ hello: Hello, from peer: PeerID, at now: Instant
  ) -> MemberID {
    precondition(idByPeer[peer] == nil && idByWorker[hello.worker] == nil, "no session yet")
    sessionsOpened += 1
    let record = Member(
      Session(number: sessionsOpened), hello, from: peer, at: now)
    let member: MemberID
    if let reused = vacant.popLast() {
      member = reused
      self[member] = record
    } else {
      member = MemberID(index: members.count)
      ids.append(member)
      members.append(record)
    }
    idByPeer[peer] = member
    idByWorker[hello.worker] = member
    return member
  }

  mutating func startServing(_ member: MemberID) {
    self[member].startServing()
    servingCount += 1
  }

  /// Ends a session that has nothing any more.
  mutating func remove(_ member: MemberID) {
    if self[member].isServing { servingCount -= 1 }
    idByPeer[self[member].peer] = nil
    idByWorker[self[member].worker] = nil
    self[member].end()
    vacant.append(member)
  }

  /// Remembers that this worker process may not come back. The memory is bounded: a process draws
  /// its own number, so it could come back under another one anyway.
  mutating func ban(_ worker: WorkerID, _ refuse: Refuse) {
    guard refusals.count < Limits.workersMax else { return }
    refusals[worker] = refuse
  }
}
