import ClusterCore
import ClusterShell
import DaemonSupport
import Glibc
import Supervision
import Threading
import Wire
import ZeroMQ

/// The control thread of a worker: turns frames, letters, signals and time into events of the shell
/// and carries out the effects that come back. It decides nothing.
struct WorkerLoop: ~Copyable {
  private let configuration: WorkerConfiguration
  private let observer: any WorkerObserver
  private let context: Context
  private let letters: Mailbox<WorkerLetter>

  private var shell: WorkerShell
  private var socket: Socket?
  /// Of the socket, for as long as that lives.
  private var monitor: SocketMonitor?
  /// Whether the connection is known to be gone; what the monitor tells afterwards is no news.
  private var isConnectionLost = false
  /// Connections in a row that failed before the first message.
  private var handshakesFailed = 0
  private var stream = CoordinatorStream()
  private var workshop: Workshop
  /// What effects gave rise to, delivered before anything else happens.
  private var pending: [Workshop.Result] = []
  private var lastTick = Instant(nanoseconds: 0)
  private var serviceManager: ServiceManager?
  private var isLeaving = false
  private var outcome: WorkerOutcome?

  init(
    configuration: WorkerConfiguration, observer: any WorkerObserver, context: Context,
    letters: Mailbox<WorkerLetter>, objects: ObjectClient, pool: ComputePool
  ) {
    self.configuration = configuration
    self.observer = observer
    self.context = context
    self.letters = letters
    serviceManager = configuration.serviceManager
    shell = WorkerShell(
      core: Worker(
        identity: WorkerIdentity(
          id: .random(), name: configuration.name, threads: configuration.threads,
          softwareVersion: configuration.softwareVersion,
          retryMaxNanoseconds: UInt64(configuration.retryMaxSeconds * 1e9),
          stays: configuration.stays),
        at: MonotonicClock.now()))
    workshop = Workshop(
      objects: objects,
      photographs: PhotographSource(
        objects, place: configuration.photographs, letters: letters),
      pool: pool)
  }

  /// Runs until the core has finished.
  mutating func run(signals: SignalSource) throws(ZeroMQError) -> WorkerOutcome {
    // A coordinator that isn't there yet is what it waits for, not what it lacks.
    serviceManager?.tellReady(status: "looking for a coordinator")
    try deliver(.started)
    while outcome == nil {
      try wait(signals)
      try drainSocket()
      try lookAtConnection()
      for letter in letters.receiveAll() { try handle(letter) }
      try handleSignals(signals)
      try tickWhenDue()
    }
    serviceManager?.tellStopping()
    disconnect()
    workshop.stop()
    return outcome ?? .dismissed
  }

  private mutating func wait(_ signals: SignalSource) throws(ZeroMQError) {
    var poller = Poller()
    _ = poller.add(fileDescriptor: letters.fileDescriptor)
    _ = poller.add(fileDescriptor: signals.fileDescriptor)
    let parent = configuration.parentDescriptor.map { poller.add(fileDescriptor: $0) }
    if let socket = socket.take() {
      _ = poller.add(socket)
      self.socket = consume socket
    }
    if !isConnectionLost, let monitor = monitor.take() {
      _ = monitor.add(to: &poller)
      self.monitor = consume monitor
    }
    let sinceTick = MonotonicClock.now().nanoseconds(since: lastTick)
    let left = Limits.tickIntervalNanoseconds - min(sinceTick, Limits.tickIntervalNanoseconds)
    try poller.wait(timeoutMilliseconds: Int(left / 1_000_000) + 1)
    if let parent, poller.isReady(parent) { leaveWithParent() }
  }

  /// The coordinator that started this process is gone, so nobody needs it.
  private mutating func leaveWithParent() {
    outcome = .dismissed
  }

  private mutating func drainSocket() throws(ZeroMQError) {
    for _ in 0..<Channels.messagesPerTurnMax {
      guard outcome == nil, let frame = try nextFrame() else { return }
      let received: Result<Received<CoordinatorMessage>?, WireError>
      do throws(WireError) {
        received = .success(try stream.take(frame, CoordinatorMessageReader(shell)))
      } catch {
        received = .failure(error)
      }
      switch received {
      case .success(nil): break
      case .success(let received?):
        try deliver(.received(received.envelope), tensor: received.tensor)
      case .failure(let error):
        try deliver(.malformed(reason: error.description))
      }
    }
  }

  private func nextFrame() throws(ZeroMQError) -> Message? {
    switch socket {
    case .some(let socket): try socket.receive()
    case .none: nil
    }
  }

  /// Runs after the socket was drained: what came before the end still counts.
  private mutating func lookAtConnection() throws(ZeroMQError) {
    guard !isConnectionLost, let monitor = monitor.take() else { return }
    while let event = try monitor.next() {
      switch event {
      case .ready: handshakesFailed = 0
      case .lost: isConnectionLost = true
      case .handshakeFailed:
        isConnectionLost = true
        handshakesFailed += 1
      case .authenticationFailed: turnBack(WorkerLoop.refusedToken)
      }
    }
    self.monitor = consume monitor
    guard outcome == nil, isConnectionLost else { return }
    guard handshakesFailed < WorkerLoop.handshakesFailedMax else {
      return turnBack(WorkerLoop.otherListener)
    }
    try deliver(.disconnected)
  }

  /// A coordinator that ends amid a handshake would be a rare accident, so many in a row are none.
  private static let handshakesFailedMax = 3

  private static let refusedToken =
    "it doesn't take this token, which was revoked, renewed or has expired; ask for a new one "
    + "(`tl-coord token show` on the coordinator's machine)"
  private static let otherListener =
    "what listens there doesn't know this token, or isn't encrypted as expected: it is another "
    + "coordinator than the token's, none at all, or --insecure was given on one side alone"

  /// Another try would end the same way.
  private mutating func turnBack(_ reason: String) {
    outcome = .refused(Refuse(code: .access, reason: reason))
  }

  private mutating func handle(_ letter: WorkerLetter) throws(ZeroMQError) {
    let result: Workshop.Result? =
      switch letter {
      case .fetched(let fetched): workshop.take(fetched, terms: shell.terms)
      case .looked(let found): workshop.take(found, at: MonotonicClock.now())
      case .computed(let result): workshop.take(result, terms: shell.terms)
      }
    if let result { try take(result) }
  }

  private mutating func handleSignals(_ signals: SignalSource) throws(ZeroMQError) {
    while signals.next() != nil {
      // The operator insists; what is lost here is computed elsewhere.
      if isLeaving { exit(EX_TEMPFAIL) }
      isLeaving = true
      try deliver(.leaveRequested)
    }
  }

  private mutating func tickWhenDue() throws(ZeroMQError) {
    let now = MonotonicClock.now()
    guard now.nanoseconds(since: lastTick) >= Limits.tickIntervalNanoseconds else { return }
    lastTick = now
    serviceManager?.tick(nanoseconds: now.nanoseconds)
    for news in workshop.tick(at: now) { observer.observe(news) }
    try deliver(.tick)
  }

  private mutating func deliver(
    _ event: WorkerEvent, tensor: Tensor = .none
  ) throws(ZeroMQError) {
    try take(.event(event, tensor))
  }

  private mutating func take(_ result: Workshop.Result) throws(ZeroMQError) {
    pending.append(result)
    while outcome == nil, !pending.isEmpty {
      try carryOut(effects(of: pending.removeFirst()))
    }
  }

  private mutating func effects(of result: Workshop.Result) -> [WorkerEffect] {
    let now = MonotonicClock.now()
    return switch result {
    case .event(let event, let tensor): shell.receive(event, tensor: tensor, at: now)
    case .manifest(let catalog): shell.use(catalog, at: now)
    case .backbone(let digest): shell.use(backbone: digest, at: now)
    case .objectsFailed(let reason, let isFinal):
      shell.objectsFailed(reason, isFinal: isFinal, at: now)
    case .photograph(let reply, let content): shell.take(reply, of: content, at: now)
    case .extracted(let pass, let result): shell.take(result, of: pass, at: now)
    case .answered(let whole): shell.take(whole, at: now)
    }
  }

  private mutating func carryOut(_ effects: [WorkerEffect]) throws(ZeroMQError) {
    for effect in effects {
      switch effect {
      case .connect: try connect()
      case .send(let envelope, let tensor): try send(envelope, tensor)
      case .notice(let notice):
        if let status = notice.status { serviceManager?.tell(status: status) }
        observer.observe(notice)
      case .finish(let outcome): self.outcome = outcome
      case .fetchObjects, .runProbe, .fetchPhotograph, .extract, .compute:
        if let result = workshop.perform(effect, at: MonotonicClock.now()) {
          pending.append(result)
        }
      }
    }
  }

  private mutating func connect() throws(ZeroMQError) {
    disconnect()
    let fresh = try Socket(.dealer, in: context)
    try fresh.apply(Channels.workerOptions)
    let watch = try SocketMonitor(fresh)
    try configuration.coordinator.connect(fresh)
    stream = CoordinatorStream()
    monitor = consume watch
    socket = consume fresh
  }

  private mutating func disconnect() {
    if let socket = socket.take() {
      if let monitor = monitor.take() { monitor.stop(watching: socket) }
      socket.close()
    }
    isConnectionLost = false
  }

  private mutating func send(
    _ envelope: Envelope<WorkerMessage>, _ tensor: Tensor
  ) throws(ZeroMQError) {
    guard try offer(Message(envelope.encoded()), tensor.frame) else {
      pending.append(.event(.disconnected))
      return
    }
  }

  /// - Returns: whether there is a connection that takes it.
  private func offer(
    _ control: consuming Message, _ tensor: consuming Message?
  ) throws(ZeroMQError) -> Bool {
    switch socket {
    case .none: return false
    case .some(let socket):
      let hasTensor = tensor != nil
      guard try socket.send(control, more: hasTensor) == .sent else { return false }
      if let tensor { _ = try socket.send(tensor) }
      return true
    }
  }
}

extension WorkerNotice {
  /// What the worker does from here on, in a line; nil where that is what it did before.
  fileprivate var status: String? {
    switch self {
    case .connecting(let attempt): attempt > 1 ? nil : "looking for a coordinator"
    case .welcomed: "fetching what the run needs"
    case .serving: "working"
    case .unanswered: "looking for a coordinator, and none answers"
    case .photographMissing: nil
    case .coordinatorLost: "looking for the coordinator that it lost"
    case .runEnded: "waiting for the next run"
    }
  }
}
