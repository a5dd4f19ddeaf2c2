import Access
import ClusterCore
import DaemonSupport
import Digest
import ZeroMQ

/// Everybody who has sent something over a connection that isn't known to be gone, and what they may
/// ask for. It keeps the promises of docs/SECURITY.md that the core, which knows nothing of
/// connections, can't.
struct ConnectedPeers: ~Copyable {
  private struct Peer {
    let guest: Guest
    let connection: Connection?
    /// When it is hung up on; nil while it is welcome.
    var hangUpAt: Instant?
    /// When it got a status last.
    var statusAt: Instant?
  }

  private var peers: [PeerID: Peer] = [:]
  private let gate: Gate?
  private var statusesThisTick = 0
  /// Over which something was heard since the last tick.
  private var heard: Set<Connection> = []
  private let ports: [UInt16]
  private var floodGuard: FloodGuard
  private var floodsEnded = 0

  /// A refusal is to arrive before the connection's end.
  private static let farewellNanoseconds: UInt64 = 200_000_000
  /// Between two looks of one onlooker.
  private static let statusIntervalNanoseconds: UInt64 = 50_000_000
  /// For all onlookers together.
  private static let statusesPerTickMax = 16

  /// - Parameters:
  ///   - gate: nil where everybody is let in, as if they were this user's own.
  ///   - ports: the coordinator's.
  ///   - frameByteCountMax: the largest frame that a worker sends.
  init(gate: Gate?, ports: [UInt16], frameByteCountMax: Int) {
    self.gate = gate
    self.ports = ports
    floodGuard = FloodGuard(ports: ports, frameByteCountMax: frameByteCountMax)
  }

  var all: [PeerID] { Array(peers.keys) }

  /// Takes note of a message.
  ///
  /// - Returns: whether it is to be looked at: nothing is heard any more of who was dismissed.
  mutating func hear(_ peer: PeerID, _ message: borrowing Message) -> Bool {
    if let known = peers[peer] {
      if let connection = known.connection { heard.insert(connection) }
      return known.hangUpAt == nil
    }
    let connection = message.connection
    guard let guest = gate == nil ? .local : message.userID.flatMap(Guest.init) else {
      // The library asked nobody whether it may come in, which can't be.
      connection?.hangUp()
      return false
    }
    peers[peer] = Peer(guest: guest, connection: connection)
    if let connection { heard.insert(connection) }
    return true
  }

  func connection(of peer: PeerID) -> Connection? { peers[peer]?.connection }

  /// Whether a peer may say more than `status`.
  func mayWork(_ peer: PeerID) -> Bool { peers[peer]?.guest.role == .worker }

  /// The number by which the core knows a worker: which number its credential said hello with. So a
  /// number that a log tells of is none that anybody can say hello with, and no credential can speak
  /// for a worker of another.
  func identity(_ worker: WorkerID, of peer: PeerID) -> WorkerID {
    let guest = peers[peer]?.guest.text ?? ""
    let digest = ContentDigest.sha256(Array("worker \(worker.number) \(guest)".utf8))
    return WorkerID(number: digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// Whether a status may be sent: answers that pile up unread would fill the memory.
  mutating func mayLook(_ peer: PeerID, at now: Instant) -> Bool {
    guard var known = peers[peer], statusesThisTick < ConnectedPeers.statusesPerTickMax else {
      return false
    }
    if let last = known.statusAt,
      now.nanoseconds(since: last) < ConnectedPeers.statusIntervalNanoseconds
    {
      return false
    }
    if known.connection?.isBehind == true { return false }
    known.statusAt = now
    peers[peer] = known
    statusesThisTick += 1
    return true
  }

  /// Hears nothing more of a peer, and hangs up a moment later.
  mutating func dismiss(_ peer: PeerID, at now: Instant) {
    guard peers[peer]?.hangUpAt == nil else { return }
    peers[peer]?.hangUpAt = Instant(
      nanoseconds: now.nanoseconds + ConnectedPeers.farewellNanoseconds)
  }

  /// Hangs up at once.
  mutating func hangUp(_ peer: PeerID) { peers.removeValue(forKey: peer)?.connection?.hangUp() }

  mutating func remove(_ peer: PeerID) { peers[peer] = nil }

  /// Called with every tick.
  ///
  /// - Returns: those whose connections it ended, because they were dismissed, or because the token
  ///   with which they were let in has been revoked or has expired since.
  mutating func tick(at now: Instant) -> [PeerID] {
    statusesThisTick = 0
    floodsEnded += floodGuard.tick(heard: heard)
    heard.removeAll(keepingCapacity: true)
    if DescriptorLimit.isReached { endSilentConnections() }
    let unwelcome =
      gate.map { gate in Set(peers.values.map(\.guest)).filter { !gate.isWelcome($0) } } ?? []
    let expelled = peers.filter { _, known in
      known.hangUpAt.map { $0 <= now } ?? false || unwelcome.contains(known.guest)
    }.map(\.key)
    for peer in expelled { hangUp(peer) }
    return expelled
  }

  /// Ends connections over which nothing was ever said, and so makes room for who has something to
  /// say: once nothing but the reserve is left, all newcomers are hung up on.
  private func endSilentConnections() {
    let known = Set(peers.values.compactMap(\.connection))
    for connection in Connection.all(localPorts: ports) where !known.contains(connection) {
      connection.hangUp()
    }
  }

  mutating func takeFloodsEnded() -> Int {
    defer { floodsEnded = 0 }
    return floodsEnded
  }
}
