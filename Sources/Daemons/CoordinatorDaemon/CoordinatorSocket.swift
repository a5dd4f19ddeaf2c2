import Access
import ClusterCore
import ClusterShell
import DaemonSupport
import Training
import Wire
import ZeroMQ

/// The coordinator's one socket: what comes over it, from whom and whether they may say it, and what
/// is sent.
struct CoordinatorSocket: ~Copyable {
  /// What somebody said.
  enum Input {
    case message(PeerID, Received<WorkerMessage>)
    /// What no sound worker says; its connection ends in a moment.
    case malformed(PeerID, reason: String)
    /// What its token isn't good for; its connection ends in a moment.
    case forbidden(PeerID)
    /// For a piece of an object.
    case request(ObjectServer.Request)
  }

  private let socket: Socket
  private let monitor: SocketMonitor
  private let reader: WorkerMessageReader
  private var peers: ConnectedPeers
  /// Whether a connection ended and nobody has looked yet whose it was.
  private var hasLostConnection = false

  init(
    _ socket: consuming Socket, _ monitor: consuming SocketMonitor, gate: Gate?, ports: [UInt16],
    _ setup: CoordinatorSetup
  ) {
    self.socket = socket
    self.monitor = monitor
    reader = WorkerMessageReader(
      dimensions: setup.dimensions, sampleCount: setup.manifest.entries.count,
      featureLimit: FeatureBound.limit(batchSize: setup.plan.batchSize))
    peers = ConnectedPeers(
      gate: gate, ports: ports,
      frameByteCountMax: Channels.coordinatorOptions(setup.dimensions).frameBytesMax)
  }

  func add(to poller: inout Poller) {
    _ = poller.add(socket)
    _ = monitor.add(to: &poller)
  }

  /// Ends the watch; due before the socket goes.
  func stop() { monitor.stop(watching: socket) }

  // MARK: Receiving

  /// What was said next, or nil where nothing more has come.
  mutating func receive(at now: Instant) throws(ZeroMQError) -> Input? {
    while let message = try socket.receiveRouted() {
      guard let peer = PeerID(route: message.route), peers.hear(peer, message.control) else {
        continue
      }
      do throws(WireError) {
        if let input = try read(message, from: peer) { return input }
        // Somebody who may only look asked for more.
        peers.dismiss(peer, at: now)
        return .forbidden(peer)
      } catch {
        peers.dismiss(peer, at: now)
        return .malformed(peer, reason: error.description)
      }
    }
    return nil
  }

  /// Nil where the peer may not say this.
  private func read(
    _ message: borrowing IncomingMessage, from peer: PeerID
  ) throws(WireError) -> Input? {
    let frame = try message.control.withBytes { (bytes) throws(WireError) in
      try WorkerFrame(decoding: bytes)
    }
    switch frame {
    case .request(.get(let get)):
      guard message.tensor == nil else { throw .unknownMessage }
      guard peers.mayWork(peer) else { return nil }
      return .request(
        ObjectServer.Request(peer: peer, connection: peers.connection(of: peer), get: get))
    case .message(var envelope):
      guard envelope.message == .status || peers.mayWork(peer) else { return nil }
      if case .hello(var hello) = envelope.message {
        hello.worker = peers.identity(hello.worker, of: peer)
        envelope.message = .hello(hello)
      }
      return .message(peer, try Received(envelope, message, reader))
    }
  }

  // MARK: Sending

  /// Sends a frame, and another after it.
  ///
  /// - Returns: whether there is a connection that takes them. One that took only the first would
  ///   mistake the next message for the second, and is ended.
  mutating func send(
    _ control: consuming Message, _ second: consuming Message?, to peer: PeerID
  ) throws(ZeroMQError) -> Bool {
    guard try socket.send(Message(peer.route), more: true) == .sent else { return false }
    _ = try socket.send(control)
    guard let second else { return true }
    guard try socket.send(Message(peer.route), more: true) == .sent else {
      peers.hangUp(peer)
      return false
    }
    _ = try socket.send(second)
    return true
  }

  /// Whether a status may be sent now.
  mutating func mayLook(_ peer: PeerID, at now: Instant) -> Bool { peers.mayLook(peer, at: now) }

  /// Hears nothing more of a peer, and hangs up once what was said to it has had time to arrive.
  mutating func dismiss(_ peer: PeerID, at now: Instant) { peers.dismiss(peer, at: now) }

  // MARK: Connections

  mutating func lookAtConnections() throws(ZeroMQError) {
    // The rest waits for the next turn: nobody who comes and goes all the time holds up the others.
    for _ in 0..<Channels.messagesPerTurnMax {
      guard let event = try monitor.next() else { return }
      if event != .ready { hasLostConnection = true }
    }
  }

  /// Called with every tick.
  ///
  /// The library tells that a connection ended, but not which: sending shows who is gone. It tells so a
  /// moment before the peer becomes unroutable, hence not at once but with the next tick.
  ///
  /// - Parameter greeting: what everybody may be sent without taking notice of it.
  /// - Returns: those who are gone, or whose token was revoked or has expired since they came.
  mutating func tick(at now: Instant, greeting: () -> [UInt8]) throws(ZeroMQError) -> [PeerID] {
    var gone = peers.tick(at: now)
    guard hasLostConnection else { return gone }
    hasLostConnection = false
    let nothing = Message(greeting())
    for peer in peers.all {
      switch try socket.send(Message(peer.route), more: true) {
      case .sent: _ = try socket.send(nothing.shared())
      case .wouldBlock: break
      case .unroutable:
        peers.remove(peer)
        gone.append(peer)
      }
    }
    return gone
  }

  /// How many connections were ended since the last call because their messages had no end.
  mutating func takeFloodsEnded() -> Int { peers.takeFloodsEnded() }
}
