/// Who is here: members by place, by connection and by process, and who may not come back.
///
/// A member's place is its index in `members`; it stays the same for a session and is used again
/// afterwards, so that everything kept by sample needs only 32 bits to name an owner.
struct Membership: Sendable {
  private(set) var servingCount = 0
  var members: [Member] = []
  private var vacant: [Int] = []
  private var placeByPeer: [PeerID: Int] = [:]
  private var placeByWorker: [WorkerID: Int] = [:]
  private var sessionsOpened: UInt64 = 0
  private(set) var refusals: [WorkerID: Refuse] = [:]

  var count: Int { placeByPeer.count }

  func place(of peer: PeerID) -> Int? { placeByPeer[peer] }
  func place(of worker: WorkerID) -> Int? { placeByWorker[worker] }

  /// Opens a session for a worker that has none. Returns its place.
  mutating func admit(_ hello: Hello, from peer: PeerID, loadClasses: Int, at now: Instant) -> Int {
    precondition(placeByPeer[peer] == nil && placeByWorker[hello.worker] == nil, "no session yet")
    sessionsOpened += 1
    let member = Member(
      session: Session(number: sessionsOpened), peer: peer, worker: hello.worker,
      attempt: hello.attempt, name: hello.name, threads: Int(hello.threads), lastHeard: now,
      lastSent: now, loads: Array(repeating: 0, count: loadClasses), lastAnswered: now,
      lastResult: now)
    let place: Int
    if let reused = vacant.popLast() {
      place = reused
      members[place] = member
    } else {
      place = members.count
      members.append(member)
    }
    placeByPeer[peer] = place
    placeByWorker[hello.worker] = place
    return place
  }

  mutating func startServing(_ place: Int) {
    precondition(members[place].isPresent && !members[place].isServing, "joins once a session")
    members[place].isServing = true
    servingCount += 1
  }

  /// Ends the session at a place, which holds nothing any more.
  mutating func remove(_ place: Int) {
    precondition(members[place].isPresent, "a session ends once")
    precondition(
      members[place].leases.isEmpty && members[place].heldCount == 0,
      "what it had was given back first")
    if members[place].isServing { servingCount -= 1 }
    placeByPeer[members[place].peer] = nil
    placeByWorker[members[place].worker] = nil
    members[place].isPresent = false
    members[place].isServing = false
    members[place].held = []
    members[place].claims = []
    vacant.append(place)
  }

  /// Remembers that this worker process may not come back. The memory is bounded: a process draws
  /// its own number, so it could come back under another one anyway.
  mutating func ban(_ worker: WorkerID, _ refuse: Refuse) {
    guard refusals.count < Limits.workersMax else { return }
    refusals[worker] = refuse
  }
}
