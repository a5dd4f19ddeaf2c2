import ClusterCore
import ClusterShell
import DaemonSupport
import Glibc
import RunFiles
import Threading
import Training
import Wire
import ZeroMQ

/// The control thread of a coordinator: turns frames, letters, signals and time into events of the
/// shell and carries out the effects that come back. It decides nothing.
struct CoordinatorLoop: ~Copyable {
  private let socket: Socket
  private let monitor: SocketMonitor
  private let letters: Mailbox<CoordinatorLetter>
  private let verifier: Verifier
  private let photographs: PhotographFiles
  private let reader: WorkerMessageReader
  /// Makes a trainer that goes on from a checkpoint, or from the start.
  private let trainer: @Sendable (Checkpoint?) throws(CoordinatorError) -> Trainer

  private var shell: CoordinatorShell
  private let stored: StoredFeatures?
  private var heads = HeadFrames<HeadFrame>()
  private var journal: RunJournal
  private let localWorkers: LocalWorkers?

  /// Those that have sent something over a connection that isn't known to be gone.
  private var peers: Set<PeerID> = []
  /// Whether a connection ended and nobody has looked yet whose it was.
  private var hasLostConnection = false

  /// Events that effects gave rise to, delivered before anything else happens.
  private var pending: [CoordinatorEvent] = []
  private var lastTick = Instant(nanoseconds: 0)
  private var isStopping = false
  private var outcome: CoordinatorOutcome?

  init(
    setup: CoordinatorSetup, socket: consuming Socket, monitor: consuming SocketMonitor,
    letters: Mailbox<CoordinatorLetter>,
    verifier: Verifier, shell: CoordinatorShell, stored: StoredFeatures?,
    journal: consuming RunJournal,
    localWorkers: LocalWorkers?
  ) {
    self.socket = socket
    self.monitor = monitor
    self.letters = letters
    self.verifier = verifier
    photographs = setup.photographs
    reader = WorkerMessageReader(
      dimensions: HeadDimensions(
        classCount: setup.terms.classCount, featureCount: setup.terms.featureCount),
      sampleCount: setup.manifest.entries.count,
      featureLimit: FeatureBound.limit(batchSize: setup.plan.batchSize))
    trainer = { checkpoint throws(CoordinatorError) in try setup.trainer(checkpoint) }
    self.shell = shell
    self.stored = stored
    self.journal = journal
    self.localWorkers = localWorkers
  }

  /// Runs until the core has finished.
  mutating func run(signals: SignalSource) throws(ZeroMQError) -> RunOutcome {
    var poller = Poller()
    _ = poller.add(socket)
    _ = monitor.add(to: &poller)
    _ = poller.add(fileDescriptor: letters.fileDescriptor)
    _ = poller.add(fileDescriptor: signals.fileDescriptor)
    try deliver(.tick)
    while true {
      if let outcome {
        monitor.stop(watching: socket)
        localWorkers?.stop()
        return journal.end(outcome, shell.learner)
      }
      try poller.wait(timeoutMilliseconds: millisecondsToTick())
      try drainSocket()
      try lookAtConnections()
      for letter in letters.receiveAll() { try handle(letter) }
      try handleSignals(signals)
      try tickWhenDue()
    }
  }

  private func millisecondsToTick() -> Int {
    let sinceTick = MonotonicClock.now().nanoseconds(since: lastTick)
    let left = Limits.tickIntervalNanoseconds - min(sinceTick, Limits.tickIntervalNanoseconds)
    return Int(left / 1_000_000) + 1
  }

  // MARK: Events

  private mutating func drainSocket() throws(ZeroMQError) {
    for _ in 0..<Channels.messagesPerTurnMax {
      guard outcome == nil, let message = try socket.receiveRouted() else { return }
      guard let peer = PeerID(route: message.route) else { continue }
      peers.insert(peer)
      let received: Result<Received<WorkerMessage>, WireError>
      do throws(WireError) {
        received = .success(try Received(message, reader))
      } catch {
        received = .failure(error)
      }
      switch received {
      case .success(let received):
        try deliver(.received(peer, received.envelope), tensor: received.tensor)
      case .failure(let error):
        try deliver(.malformed(peer, reason: error.description))
      }
    }
  }

  private mutating func lookAtConnections() throws(ZeroMQError) {
    while let event = try monitor.next() {
      if event != .ready { hasLostConnection = true }
    }
  }

  /// The library tells that a connection ended, but not which: sending shows who is gone. It tells
  /// so a moment before the peer becomes unroutable, hence not at once but with the next tick.
  private mutating func findLostPeers() throws(ZeroMQError) {
    guard hasLostConnection else { return }
    hasLostConnection = false
    // Without a session, so that a worker takes no notice of it.
    let nothing = Message(
      Envelope<CoordinatorMessage>(
        incarnation: shell.core.incarnation, session: .none, message: .heartbeat
      ).encoded())
    for peer in peers {
      switch try socket.send(Message(peer.route), more: true) {
      case .sent: _ = try socket.send(nothing.shared())
      case .wouldBlock: break
      case .unroutable:
        peers.remove(peer)
        try deliver(.disconnected(peer))
      }
    }
  }

  private mutating func handle(_ letter: CoordinatorLetter) throws(ZeroMQError) {
    switch letter {
    case .checked(let verdict): try deliver(verdict)
    case .photographsUnreadable(let reason):
      try deliver(.photographsUnreadable(reason: reason))
    case .wentBack(let checkpoint, let problem): try goOn(from: checkpoint, problem)
    case .warning(let text): journal.warn(text)
    case .checkpointWritten(let step, let path):
      journal.noteCheckpoint(step: step, path: path)
      try deliver(.checkpointWritten(step: step))
    case .checkpointFailed(let step, let reason):
      try deliver(.checkpointFailed(step: step, reason: reason))
    }
  }

  private mutating func handleSignals(_ signals: SignalSource) throws(ZeroMQError) {
    while let signal = signals.next() {
      guard signal != SIGCHLD else {
        reapLocalWorkers()
        continue
      }
      // The operator insists; the checkpoints on disk stay as they are.
      if isStopping { exit(EX_TEMPFAIL) }
      isStopping = true
      try deliver(.stopRequested)
    }
  }

  private mutating func reapLocalWorkers() {
    // Once the run is over they are meant to end, and some have before this turn of the loop has.
    guard outcome == nil else { return }
    for loss in localWorkers?.reap() ?? [] {
      journal.warn("local worker \(loss.number) (process \(loss.processID)) \(loss.reason)")
    }
  }

  private mutating func tickWhenDue() throws(ZeroMQError) {
    let now = MonotonicClock.now()
    guard now.nanoseconds(since: lastTick) >= Limits.tickIntervalNanoseconds else { return }
    lastTick = now
    try findLostPeers()
    try deliver(.tick)
    journal.tick(at: now, shell.core.summary, shell.core.workerStatus())
  }

  private mutating func deliver(
    _ event: CoordinatorEvent, tensor: Tensor = .none
  ) throws(ZeroMQError) {
    try carryOut(shell.receive(event, tensor: tensor, at: MonotonicClock.now()))
    try deliverPending()
  }

  private mutating func deliverPending() throws(ZeroMQError) {
    while outcome == nil, !pending.isEmpty {
      try carryOut(shell.receive(pending.removeFirst(), at: MonotonicClock.now()))
    }
  }

  /// Goes on from a checkpoint to which nobody contributed who may not, or from the start.
  private mutating func goOn(
    from checkpoint: Checkpoint?, _ problem: String?
  ) throws(ZeroMQError) {
    let trainer: Trainer
    do throws(CoordinatorError) {
      trainer = try self.trainer(checkpoint)
    } catch {
      preconditionFailure("the checkpoint was tried before: \(error)")
    }
    if let problem { journal.warn("while the run was taken back: \(problem)") }
    journal.noteRollback(to: checkpoint)
    try carryOut(
      shell.goOn(
        from: trainer, at: checkpoint?.position ?? .start,
        contributors: checkpoint.map { Contributors($0.contributors) } ?? .none,
        at: MonotonicClock.now()))
    try deliverPending()
  }

  // MARK: Effects

  private mutating func carryOut(_ effects: [CoordinatorEffect]) throws(ZeroMQError) {
    for effect in effects {
      switch effect {
      case .send(let peer, let envelope, let tensor): try send(envelope, tensor, to: peer)
      case .replyStatus(let peer): try replyStatus(to: peer)
      case .kept(let features, let row):
        journal.countImage()
        stored?.keep(row, of: features)
      case .forgot(let items): stored?.remove(items)
      case .added: break
      case .tookStep(let report, let totals): journal.noteStep(report, totals)
      case .finishedEpoch(let report, let sums): journal.noteEpoch(report, EpochResult(sums))
      case .check(let check): verifier.add(check)
      case .writeCheckpoint(let request, let state, let openAudits):
        journal.writeCheckpoint(request, state, openAudits.map(OpenFeatureAudit.init))
      case .rollBack(let faulty):
        let trainer = trainer
        journal.goBack(withoutAnyOf: faulty) { (try? trainer($0)) != nil }
      case .notice(let notice):
        // Whatever run it computed something for.
        if case .workerFaulty(let worker, _, _) = notice { stored?.remove(computedBy: worker) }
        journal.note(notice, photographs)
      case .finish(let outcome): self.outcome = outcome
      }
    }
  }

  private mutating func send(
    _ envelope: Envelope<CoordinatorMessage>, _ tensor: CoordinatorTensor, to peer: PeerID
  ) throws(ZeroMQError) {
    guard try socket.send(Message(peer.route), more: true) == .sent else {
      pending.append(.disconnected(peer))
      return
    }
    let frame = tensor.frame(&heads)
    let hasFrame = frame != nil
    _ = try socket.send(Message(envelope.encoded()), more: hasFrame)
    if let frame { _ = try socket.send(frame) }
  }

  private mutating func replyStatus(to peer: PeerID) throws(ZeroMQError) {
    let reply = Envelope<CoordinatorMessage>(
      incarnation: shell.core.incarnation, session: .none, message: .statusReply(status()))
    // Whoever asked may be gone by now.
    guard try socket.send(Message(peer.route), more: true) == .sent else { return }
    _ = try socket.send(Message(reply.encoded()))
  }

  private func status() -> StatusReply {
    journal.status(shell.core.summary, shell.core.workerStatus())
  }
}
