import ClusterCore
import DaemonSupport
import Digest
import Glibc
import RunFiles
import Threading
import Training
import Wire
import ZeroMQ

/// The control thread of a coordinator: turns frames, letters, signals and time into events of the
/// core and carries out the actions that come back. It decides nothing.
struct CoordinatorLoop: ~Copyable {
  private let socket: Socket
  private let monitor: SocketMonitor
  private let letters: Mailbox<CoordinatorLetter>
  let secondOpinion: SecondOpinion
  let photographs: PhotographFiles
  private let dimensions: HeadDimensions
  private let bounds: WorkerReceived.Bounds
  let labelSmoothing: Double
  /// Makes a trainer that goes on from a checkpoint, or from the start.
  let trainer: @Sendable (Checkpoint?) throws(CoordinatorError) -> Trainer

  private var core: Coordinator
  var learner: Learner
  var features = FeatureMemory()
  /// Answers to audited shares, until there is a second.
  var held: [ShareID: HeldAnswer] = [:]
  /// What an earlier coordinator kept and nobody has looked at twice.
  var earlier: [OpenAudit: ContentDigest] = [:]
  var journal: RunJournal
  private let localWorkers: LocalWorkers?

  /// Those that have sent something over a connection that isn't known to be gone.
  private var peers: Set<PeerID> = []
  /// Whether a connection ended and nobody has looked yet whose it was.
  private var hasLostConnection = false

  /// Events that actions gave rise to, delivered before anything else happens.
  var pending: [CoordinatorEvent] = []
  private var lastTick = Instant(nanoseconds: 0)
  private var isStopping = false
  private var outcome: CoordinatorOutcome?

  init(
    setup: CoordinatorSetup, socket: consuming Socket, monitor: consuming SocketMonitor,
    letters: Mailbox<CoordinatorLetter>,
    secondOpinion: SecondOpinion, core: consuming Coordinator, learner: Learner,
    earlier: [OpenAudit: ContentDigest], journal: consuming RunJournal, localWorkers: LocalWorkers?
  ) {
    self.socket = socket
    self.monitor = monitor
    self.letters = letters
    self.secondOpinion = secondOpinion
    photographs = setup.photographs
    dimensions = HeadDimensions(
      classCount: setup.terms.classCount, featureCount: setup.terms.featureCount)
    bounds = WorkerReceived.Bounds(
      sampleCount: setup.manifest.entries.count,
      featureLimit: FeatureBound.limit(batchSize: setup.plan.batchSize))
    labelSmoothing = Double(setup.terms.labelSmoothing)
    trainer = { checkpoint throws(CoordinatorError) in try setup.trainer(checkpoint) }
    self.core = core
    self.learner = learner
    self.earlier = earlier
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
    try deliver(.tick, tensor: .none)
    while true {
      if let outcome {
        monitor.stop(watching: socket)
        localWorkers?.stop()
        return journal.end(outcome, learner)
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
      let received: Result<WorkerReceived, WireError>
      do throws(WireError) {
        received = .success(
          try WorkerReceived(message, dimensions: dimensions, bounds: bounds))
      } catch {
        received = .failure(error)
      }
      switch received {
      case .success(let received):
        try deliver(.received(peer, received.envelope), tensor: received.tensor)
      case .failure(let error):
        try deliver(.malformed(peer, reason: error.description), tensor: .none)
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
        incarnation: core.incarnation, session: .none, message: .heartbeat
      ).encoded())
    for peer in peers {
      switch try socket.send(Message(peer.route), more: true) {
      case .sent: _ = try socket.send(nothing.shared())
      case .wouldBlock: break
      case .unroutable:
        peers.remove(peer)
        try deliver(.disconnected(peer), tensor: .none)
      }
    }
  }

  private mutating func handle(_ letter: CoordinatorLetter) throws(ZeroMQError) {
    switch letter {
    case .checked(.undecodable(let sample, let verdict)):
      try deliver(.undecodableChecked(sample, verdict), tensor: .none)
    case .photographsUnreadable(let reason):
      try deliver(.photographsUnreadable(reason: reason), tensor: .none)
    case .checked(.divergent(let share, let isDivergent)):
      try deliver(.divergenceChecked(share, isDivergent: isDivergent), tensor: .none)
    case .checked(.features(let item, let verdict)):
      try deliver(.featuresAudited(item, verdict), tensor: .none)
    case .checked(.earlier(let audit, let verdict)):
      try deliver(.earlierAudited(audit, verdict), tensor: .none)
    case .checked(.share(let share, let verdict)):
      try deliver(.answerAudited(share, verdict), tensor: .none)
    case .wentBack(let checkpoint, let problem): try goOn(from: checkpoint, problem)
    case .checkpointWritten(let step, let path):
      journal.noteCheckpoint(step: step, path: path)
      try deliver(.checkpointWritten(step: step), tensor: .none)
    case .checkpointFailed(let step, let reason):
      try deliver(.checkpointFailed(step: step, reason: reason), tensor: .none)
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
      try deliver(.stopRequested, tensor: .none)
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
    try deliver(.tick, tensor: .none)
    journal.tick(at: now, core.summary, core.workerStatus())
  }

  mutating func deliver(
    _ event: CoordinatorEvent, tensor: WorkerReceived.Tensor
  ) throws(ZeroMQError) {
    guard outcome == nil else { return }
    try perform(core.receive(event, at: MonotonicClock.now()), tensor: tensor)
    while outcome == nil, !pending.isEmpty {
      let next = pending.removeFirst()
      try perform(core.receive(next, at: MonotonicClock.now()), tensor: .none)
    }
  }

  // MARK: Actions

  private mutating func perform(
    _ actions: [CoordinatorAction], tensor: WorkerReceived.Tensor
  ) throws(ZeroMQError) {
    for action in actions {
      switch action {
      case .send(let peer, let envelope): try send(envelope, to: peer)
      case .disconnect: break
      case .replyStatus(let peer): try replyStatus(to: peer)
      case .keepFeatures(let item):
        guard case .features(let row) = tensor else {
          preconditionFailure("features are kept when they arrive")
        }
        features.keep(row, of: item)
        journal.countImage()
      case .addGradient(let sum):
        guard case .sums(let values) = tensor else {
          preconditionFailure("a gradient sum is added when it arrives")
        }
        learner.add(sum, values)
      case .addEvaluation(let evaluation):
        guard case .sums(let counts) = tensor else {
          preconditionFailure("an evaluation is added when it arrives")
        }
        learner.add(evaluation, counts)
      case .applyStep(let report):
        guard let totals = learner.applyStep(report) else {
          pending.append(.headDiverged)
          return
        }
        journal.noteStep(report, totals)
      case .finishEpoch(let report):
        journal.noteEpoch(report, learner.finishEpoch(report))
      case .auditFeatures(let item, let second): audit(item, second, tensor)
      case .auditEarlier(let open): audit(open)
      case .holdAnswer(let answer): held[answer.share] = answer.held(tensor)
      case .auditAnswer(let share, let second): audit(share, second?.held(tensor))
      case .addHeld(let share): addHeld(share)
      case .dropAnswer(let share): held[share] = nil
      case .forgetFeatures(let items): for item in items { features.forget(item) }
      case .rollBack(let faultyWorkers):
        held = [:]
        let trainer = trainer
        journal.goBack(withoutAnyOf: faultyWorkers) { (try? trainer($0)) != nil }
      case .checkUndecodable(let sample):
        secondOpinion.ask(.isUndecodable(sample, file: photographs.file(sample)))
      case .checkDivergence(let share):
        secondOpinion.ask(.isDivergent(share.id, learner.head, features: rows(of: share)))
      case .writeCheckpoint(let request):
        journal.writeCheckpoint(request, learner.snapshot, digests(of: request.openAudits))
      case .notice(let notice):
        journal.note(notice, photographs)
      case .finish(let outcome):
        self.outcome = outcome
      }
    }
  }

  private mutating func send(
    _ envelope: Envelope<CoordinatorMessage>, to peer: PeerID
  ) throws(ZeroMQError) {
    let tensor: Message?
    switch envelope.message {
    case .step, .evaluate: tensor = learner.headFrame()
    case .lease(let lease) where lease.withFeatures:
      guard let row = features[lease.item] else {
        preconditionFailure("features are sent once they are kept")
      }
      tensor = .tensor(row)
    default: tensor = nil
    }
    guard try socket.send(Message(peer.route), more: true) == .sent else {
      pending.append(.disconnected(peer))
      return
    }
    let hasTensor = tensor != nil
    _ = try socket.send(Message(envelope.encoded()), more: hasTensor)
    if let tensor { _ = try socket.send(tensor) }
  }

  private mutating func replyStatus(to peer: PeerID) throws(ZeroMQError) {
    let reply = Envelope<CoordinatorMessage>(
      incarnation: core.incarnation, session: .none, message: .statusReply(status()))
    // Whoever asked may be gone by now.
    guard try socket.send(Message(peer.route), more: true) == .sent else { return }
    _ = try socket.send(Message(reply.encoded()))
  }

  private func status() -> StatusReply {
    journal.status(core.summary, core.workerStatus())
  }
}
