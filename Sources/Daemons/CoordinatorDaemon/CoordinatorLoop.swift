import Access
import ClusterCore
import ClusterShell
import DaemonSupport
import Glibc
import RunFiles
import Supervision
import Threading
import Training
import Wire
import ZeroMQ

/// The control thread of a coordinator: turns frames, letters, signals and time into events of the
/// shell and carries out the effects that come back. It decides nothing.
struct CoordinatorLoop: ~Copyable {
  private var socket: CoordinatorSocket
  private let objectServer: ObjectServer
  private let gate: Gate?
  /// Over the photographs.
  private let watch: StorageWatch
  private let letters: Mailbox<CoordinatorLetter>
  private let verifier: Verifier
  private let photographs: PhotographFiles
  /// Makes a trainer that goes on from a checkpoint, or from the start.
  private let trainer: @Sendable (Checkpoint?) throws(CoordinatorError) -> Trainer

  private var shell: CoordinatorShell
  private let stored: StoredFeatures?
  private var heads = HeadFrames<HeadFrame>()
  private var journal: RunJournal
  private let localWorkers: LocalWorkers?
  private var serviceManager: ServiceManager?
  private var lookAlikes: LookAlikeSearch

  private var refusals = RefusalReport()

  /// Events that effects gave rise to, delivered before anything else happens.
  private var pending: [CoordinatorEvent] = []
  private var lastTick = Instant(nanoseconds: 0)
  private var isStopping = false
  /// Whether an epoch's validation samples were evaluated by this process.
  private var hasValidated = false
  private var outcome: CoordinatorOutcome?

  init(
    setup: CoordinatorSetup, socket: consuming CoordinatorSocket, objectServer: ObjectServer,
    gate: Gate?, watch: StorageWatch, letters: Mailbox<CoordinatorLetter>, verifier: Verifier,
    shell: CoordinatorShell, stored: StoredFeatures?, journal: consuming RunJournal,
    localWorkers: LocalWorkers?, serviceManager: ServiceManager?
  ) {
    self.socket = socket
    self.objectServer = objectServer
    self.gate = gate
    self.watch = watch
    self.letters = letters
    self.verifier = verifier
    photographs = setup.photographs
    trainer = { checkpoint throws(CoordinatorError) in try setup.trainer(checkpoint) }
    self.shell = shell
    self.stored = stored
    self.journal = journal
    self.localWorkers = localWorkers
    self.serviceManager = serviceManager
    lookAlikes = LookAlikeSearch(photographs, letters: letters)
  }

  /// Runs until the core has finished.
  mutating func run(signals: SignalSource) throws(ZeroMQError) -> RunOutcome {
    var poller = Poller()
    socket.add(to: &poller)
    _ = poller.add(fileDescriptor: letters.fileDescriptor)
    _ = poller.add(fileDescriptor: signals.fileDescriptor)
    serviceManager?.tellReady(status: "training")
    try deliver(.tick)
    while true {
      if let outcome {
        serviceManager?.tellStopping()
        socket.stop()
        localWorkers?.stop()
        lookAlikes.join()
        for case .warning(let text, let findings) in letters.receiveAll() {
          journal.warn(text, findings: findings)
        }
        var end = journal.end(outcome, shell.learner)
        if hasValidated { end.validationFeatures = validationFeatures }
        return end
      }
      try poller.wait(timeoutMilliseconds: millisecondsToTick())
      try drainSocket()
      try socket.lookAtConnections()
      for letter in letters.receiveAll() { try handle(letter) }
      try handleSignals(signals)
      try tickWhenDue()
    }
  }

  private var validationFeatures: [SampleIndex: [Float]] {
    let plan = shell.core.plan
    var kept: [SampleIndex: [Float]] = [:]
    kept.reserveCapacity(plan.validation.count)
    for sample in plan.validation {
      kept[sample] = shell.features(of: SampleVariant(sample: sample, variant: 0))
    }
    return kept
  }

  private func millisecondsToTick() -> Int {
    let sinceTick = MonotonicClock.now().nanoseconds(since: lastTick)
    let left = Limits.tickIntervalNanoseconds - min(sinceTick, Limits.tickIntervalNanoseconds)
    return Int(left / 1_000_000) + 1
  }

  // MARK: Events

  private mutating func drainSocket() throws(ZeroMQError) {
    for _ in 0..<Channels.messagesPerTurnMax {
      let now = MonotonicClock.now()
      guard outcome == nil, let input = try socket.receive(at: now) else { return }
      switch input {
      case .message(let peer, let received):
        try deliver(.received(peer, received.envelope), tensor: received.tensor)
      case .malformed(let peer, let reason): try deliver(.malformed(peer, reason: reason))
      case .forbidden(let peer): try refuseOnlooker(peer)
      case .request(let request):
        if !objectServer.ask(request) { socket.dismiss(request.peer, at: now) }
      }
    }
  }

  /// The core knows only who may work.
  private mutating func refuseOnlooker(_ peer: PeerID) throws(ZeroMQError) {
    let refusal = Refuse(
      code: .access,
      reason:
        "its token may only look (--role status); ask for one that may work ('tl-coord token show' on "
        + "the coordinator's machine)")
    let envelope = Envelope<CoordinatorMessage>(
      incarnation: shell.core.incarnation, session: .none, message: .refuse(refusal))
    _ = try socket.send(Message(envelope.encoded()), nil, to: peer)
  }

  private mutating func handle(_ letter: CoordinatorLetter) throws(ZeroMQError) {
    switch letter {
    // Whoever asked may be gone by now, and asks again if not.
    case .object(let answer):
      _ = try socket.send(Message(answer.reply.encoded()), answer.takeBytes(), to: answer.peer)
    case .checked(let verdict): try deliver(verdict)
    case .photographsUnreadable(let reason):
      try deliver(.photographsUnreadable(reason: reason))
    case .wentBack(let checkpoint, let problem): try goOn(from: checkpoint, problem)
    case .warning(let text, let findings): journal.warn(text, findings: findings)
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
    serviceManager?.tick(nanoseconds: now.nanoseconds)
    // Without a session, so that a worker takes no notice of it.
    let greeting = Envelope<CoordinatorMessage>(
      incarnation: shell.core.incarnation, session: .none, message: .heartbeat)
    for peer in try socket.tick(at: now, greeting: greeting.encoded) {
      try deliver(.disconnected(peer))
    }
    tellRefusals(at: now)
    try lookAtStorage(at: now)
    if journal.hasLostLog(at: now), !isStopping {
      isStopping = true
      try deliver(.stopRequested)
    }
    try deliver(.tick)
    journal.tick(at: now, shell.core.summary, shell.core.workerStatus())
  }

  /// A drive that doesn't answer is a shortage like one that fails: the run waits, and stops where that
  /// doesn't help.
  private mutating func lookAtStorage(at now: Instant) throws(ZeroMQError) {
    switch watch.news(at: now) {
    case .stuck(let path):
      let reason = "\(path) hasn't answered for \(StorageWatch.patienceSeconds) s"
      try deliver(.photographsUnreadable(reason: reason))
    case .answers: try deliver(.photographsUnreadable(reason: nil))
    case nil: break
    }
  }

  private mutating func tellRefusals(at now: Instant) {
    let floodsEnded = socket.takeFloodsEnded()
    if let report = refusals.add(gate?.takeRefusals(), floodsEnded: floodsEnded, at: now) {
      journal.warn(report)
    }
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
      case .hangUp(let peer): socket.dismiss(peer, at: MonotonicClock.now())
      case .kept(let features, let row):
        journal.countImage()
        stored?.keep(row, of: features)
      case .forgot(let items): stored?.remove(items)
      case .added: break
      case .tookStep(let report, let totals): journal.noteStep(report, totals)
      case .finishedEpoch(let report, let sums):
        journal.noteEpoch(report, EpochResult(sums))
        hasValidated = true
        lookAlikes.search(.validation, in: shell)
      case .finishedTest(_, let sums):
        journal.noteTest(Measurement(sums))
        lookAlikes.search(.test, in: shell)
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
    guard try socket.send(Message(envelope.encoded()), tensor.frame(&heads), to: peer) else {
      pending.append(.disconnected(peer))
      return
    }
  }

  private mutating func replyStatus(to peer: PeerID) throws(ZeroMQError) {
    guard socket.mayLook(peer, at: MonotonicClock.now()) else { return }
    let reply = Envelope<CoordinatorMessage>(
      incarnation: shell.core.incarnation, session: .none, message: .statusReply(status()))
    // Whoever asked may be gone by now.
    _ = try socket.send(Message(reply.encoded()), nil, to: peer)
  }

  private func status() -> StatusReply {
    journal.status(shell.core.summary, shell.core.workerStatus())
  }
}
