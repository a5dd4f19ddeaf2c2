import ClusterCore
import DaemonSupport
import Glibc
import Threading
import Wire
import ZeroMQ

/// The control thread of a worker: turns frames, letters, signals and time into events of the core
/// and carries out the actions that come back. It decides nothing.
struct WorkerLoop: ~Copyable {
  private let configuration: WorkerConfiguration
  private let observer: any WorkerObserver
  private let context: Context
  private let letters: Mailbox<WorkerLetter>

  private var core: Worker
  private var socket: Socket?
  /// Of the socket, for as long as that lives.
  private var monitor: SocketMonitor?
  /// Whether the connection is known to be gone; what the monitor tells afterwards is no news.
  private var isConnectionLost = false
  private var shard: WorkerShard
  /// Events that actions gave rise to, delivered before anything else happens.
  private var pending: [WorkerEvent] = []
  private var lastTick = Instant(nanoseconds: 0)
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
    core = Worker(
      identity: WorkerIdentity(
        id: .random(), name: configuration.name, threads: configuration.threads,
        softwareVersion: configuration.softwareVersion,
        retryMaxNanoseconds: UInt64(configuration.retryMaxSeconds * 1e9)),
      at: MonotonicClock.now())
    shard = WorkerShard(host: configuration.coordinator.host, objects: objects, pool: pool)
  }

  /// Runs until the core has finished.
  mutating func run(signals: SignalSource) throws(ZeroMQError) -> WorkerOutcome {
    try deliver(.started, tensor: nil)
    while outcome == nil {
      try wait(signals)
      try drainSocket()
      try lookAtConnection()
      for letter in letters.receiveAll() { try handle(letter) }
      try handleSignals(signals)
      try tickWhenDue()
    }
    disconnect()
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
      guard outcome == nil, let message = try nextMessage() else { return }
      let received: Result<Received, WireError>
      do throws(WireError) {
        received = .success(try Received(message, terms: shard.terms, manifest: shard.manifest))
      } catch {
        received = .failure(error)
      }
      switch received {
      case .success(let received):
        try deliver(.received(received.envelope), tensor: received.tensor)
      case .failure(let error):
        try deliver(.malformed(reason: error.description), tensor: nil)
      }
    }
  }

  private func nextMessage() throws(ZeroMQError) -> IncomingMessage? {
    switch socket {
    case .some(let socket): try socket.receiveMessage()
    case .none: nil
    }
  }

  /// Runs after the socket was drained: what came before the end still counts.
  private mutating func lookAtConnection() throws(ZeroMQError) {
    guard !isConnectionLost, let monitor = monitor.take() else { return }
    while let event = try monitor.next() {
      if event != .ready { isConnectionLost = true }
    }
    self.monitor = consume monitor
    guard isConnectionLost else { return }
    try deliver(.disconnected, tensor: nil)
  }

  private mutating func handle(_ letter: WorkerLetter) throws(ZeroMQError) {
    let events =
      switch letter {
      case .fetched(let fetched): shard.take(fetched)
      case .computed(let result): shard.take(result)
      }
    for event in events { try deliver(event, tensor: nil) }
  }

  private mutating func handleSignals(_ signals: SignalSource) throws(ZeroMQError) {
    while signals.next() != nil {
      // The operator insists; what is lost here is computed elsewhere.
      if isLeaving { exit(EX_TEMPFAIL) }
      isLeaving = true
      try deliver(.leaveRequested, tensor: nil)
    }
  }

  private mutating func tickWhenDue() throws(ZeroMQError) {
    let now = MonotonicClock.now()
    guard now.nanoseconds(since: lastTick) >= Limits.tickIntervalNanoseconds else { return }
    lastTick = now
    try deliver(.tick, tensor: nil)
  }

  private mutating func deliver(_ event: WorkerEvent, tensor: [Float]?) throws(ZeroMQError) {
    guard outcome == nil else { return }
    try perform(core.receive(event, at: MonotonicClock.now()), tensor: tensor)
    while outcome == nil, !pending.isEmpty {
      let next = pending.removeFirst()
      try perform(core.receive(next, at: MonotonicClock.now()), tensor: nil)
    }
  }

  private mutating func perform(
    _ actions: [WorkerAction], tensor: [Float]?
  ) throws(ZeroMQError) {
    for action in actions {
      switch action {
      case .connect: try connect()
      case .send(let envelope): try send(envelope)
      case .notice(let notice): observer.observe(notice)
      case .finish(let outcome): self.outcome = outcome
      case .fetchObjects, .runProbe, .fetchPhotograph, .extract, .cancel, .keepFeatures,
        .forgetFeatures, .computeShare:
        pending += shard.perform(action, tensor: tensor)
      }
    }
  }

  private mutating func connect() throws(ZeroMQError) {
    disconnect()
    shard.dropAnswers()
    let fresh = try Socket(.dealer, in: context)
    try fresh.apply(Channels.controlOptions)
    let watch = try SocketMonitor(fresh)
    try fresh.connect(configuration.coordinator)
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

  private mutating func send(_ envelope: Envelope<WorkerMessage>) throws(ZeroMQError) {
    let tensor = shard.tensor(for: envelope.message)
    guard try offer(Message(envelope.encoded()), tensor) else {
      pending.append(.disconnected)
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
