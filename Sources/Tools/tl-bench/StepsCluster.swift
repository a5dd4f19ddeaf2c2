import ClusterCore
import ClusterShell
import CoordinatorDaemon
import DaemonSupport
import Training
import Wire
import ZeroMQ

/// The real thing with the features given: both cores and their shells, real messages, the whole
/// arithmetic. Only files, photographs and progress are missing.
struct StepsCluster: ~Copyable {
  private let scene: StepsScene
  private let socket: Socket
  private let reader: WorkerMessageReader
  private var shell: CoordinatorShell
  private var heads = HeadFrames<HeadFrame>()
  private var pending: [CoordinatorEvent] = []
  private var steps = 0
  private var lastTick = 0.0

  /// Steps a second, once every worker takes part.
  static func stepsPerSecond(
    _ scene: StepsScene, over transport: StepsTransport, seconds: Double
  ) throws -> Double {
    let context = try Context(socketsMax: 64)
    let socket = try Socket(.router, in: context)
    var options = Channels.coordinatorOptions(scene.dimensions)
    options.lingerMilliseconds = 0
    try socket.apply(options)
    let line = try StepsLine(transport, in: context)
    let address = try line.bind(socket)
    try socket.nameConnections()
    let peers = StepsPeers(count: scene.workers, line: line, address: address) { number in
      WorkerPeer(scene, number)
    }
    defer { peers.end() }
    var cluster = try StepsCluster(scene, socket)
    return try cluster.run(seconds: seconds)
  }

  private init(_ scene: StepsScene, _ socket: consuming Socket) throws {
    let trainer = Trainer(
      configuration: try TrainingConfiguration(),
      length: try TrainingLength(
        sampleCount: scene.plan.training.count, batchSize: scene.batchSize,
        epochCount: scene.plan.epochs), shape: scene.shape)
    self.scene = scene
    self.socket = socket
    reader = WorkerMessageReader(
      dimensions: scene.dimensions, sampleCount: scene.plan.sampleCount,
      featureLimit: FeatureBound.limit(batchSize: scene.batchSize))
    let kept = scene.plan.training.map { sample in
      (SampleVariant(sample: sample, variant: 0), scene.row(sample))
    }
    shell = CoordinatorShell(
      core: Coordinator(
        plan: scene.plan, policy: CoordinatorPolicy(workersMin: scene.workers),
        incarnation: .random(), terms: scene.terms, probe: scene.probe,
        kept: kept.map { KeptFeatures(item: $0.0, source: WorkerID(number: 1)) },
        at: MonotonicClock.now()),
      trainer: trainer, labels: scene.catalog.labels,
      objective: Objective(scene.terms),
      kept: Dictionary(uniqueKeysWithValues: kept))
  }

  private mutating func run(seconds: Double) throws -> Double {
    var poller = Poller()
    _ = poller.add(socket)
    // Two epochs until samples and workers are where they belong.
    let warmUp = 2 * scene.plan.stepsPerEpoch
    while steps < warmUp { try turn(&poller) }
    let (first, start) = (steps, monotonicSeconds())
    while monotonicSeconds() - start < seconds { try turn(&poller) }
    return Double(steps - first) / (monotonicSeconds() - start)
  }

  private mutating func turn(_ poller: inout Poller) throws {
    try poller.wait(timeoutMilliseconds: 20)
    while let message = try socket.receiveRouted() {
      guard let peer = PeerID(route: message.route) else { continue }
      let received = try Received(message, reader)
      try deliver(.received(peer, received.envelope), received.tensor)
    }
    guard monotonicSeconds() - lastTick > 0.1 else { return }
    lastTick = monotonicSeconds()
    try deliver(.tick, .none)
  }

  private mutating func deliver(_ event: CoordinatorEvent, _ tensor: Tensor) throws {
    try carryOut(shell.receive(event, tensor: tensor, at: MonotonicClock.now()))
    while !pending.isEmpty {
      try carryOut(shell.receive(pending.removeFirst(), at: MonotonicClock.now()))
    }
  }

  private mutating func carryOut(_ effects: [CoordinatorEffect]) throws {
    for effect in effects {
      switch effect {
      case .send(let peer, let envelope, let tensor): try send(envelope, tensor, to: peer)
      case .tookStep: steps += 1
      case .writeCheckpoint(let request, _, _):
        pending.append(.checkpointWritten(step: request.position.step))
      case .notice(.workerLost(_, let name, let reason)):
        throw StepsError.lost(worker: name, reason: reason)
      case .notice(.workerRefused(_, _, let reason)):
        throw StepsError.lost(worker: "a worker", reason: reason)
      case .finish(let outcome): throw StepsError.unexpected("the run ended: \(outcome)")
      case .replyStatus, .hangUp, .kept, .forgot, .added, .finishedEpoch, .finishedTest, .check,
        .rollBack, .notice:
        break
      }
    }
  }

  private mutating func send(
    _ envelope: Envelope<CoordinatorMessage>, _ tensor: CoordinatorTensor, to peer: PeerID
  ) throws {
    guard try socket.send(Message(peer.route), more: true) == .sent else { return }
    _ = try socket.send(Message(envelope.encoded()))
    guard let frame = tensor.frame(&heads),
      try socket.send(Message(peer.route), more: true) == .sent
    else { return }
    _ = try socket.send(frame)
  }
}

/// What keeps a benchmark of steps from going on.
enum StepsError: Error, CustomStringConvertible {
  case lost(worker: String, reason: String)
  case unexpected(String)

  var description: String {
    switch self {
    case .lost(let worker, let reason): "\(worker) was lost: \(reason)"
    case .unexpected(let what): "\(what); this is a bug, please report it"
    }
  }
}

/// A worker's core and shell with a connection, without photographs.
private final class WorkerPeer: StepsPeer {
  private let scene: StepsScene
  private var shell: WorkerShell
  private var calculator = ShareCalculator()
  private var hasStarted = false
  private var stream = CoordinatorStream()

  init(_ scene: StepsScene, _ number: Int) {
    self.scene = scene
    shell = WorkerShell(
      core: Worker(
        identity: WorkerIdentity(
          id: WorkerID(number: UInt64(number)), name: "worker \(number)", threads: 1,
          softwareVersion: "bench", retryMaxNanoseconds: 1_000_000_000), at: MonotonicClock.now()))
  }

  func tick(_ socket: borrowing Socket) throws {
    try carryOut(shell.receive(hasStarted ? .tick : .started, at: MonotonicClock.now()), socket)
    hasStarted = true
  }

  func receive(_ frame: borrowing Message, _ socket: borrowing Socket) throws {
    guard let received = try stream.take(frame, CoordinatorMessageReader(shell)) else { return }
    try carryOut(
      shell.receive(
        .received(received.envelope), tensor: received.tensor, at: MonotonicClock.now()), socket)
  }

  private func carryOut(_ effects: [WorkerEffect], _ socket: borrowing Socket) throws {
    for effect in effects {
      let now = MonotonicClock.now()
      switch effect {
      case .send(let envelope, let tensor): try send(envelope, tensor, socket)
      case .fetchObjects(let terms, _, _):
        try carryOut(shell.use(scene.catalog, at: now), socket)
        try carryOut(shell.use(backbone: terms.backbone, at: now), socket)
      case .runProbe:
        try carryOut(shell.receive(.probeFinished(scene.probe), at: now), socket)
      case .fetchPhotograph(let content):
        try carryOut(shell.take(.bytes([]), of: content, at: now), socket)
      case .extract(let pass):
        let row = scene.row(pass.item.sample)
        try carryOut(shell.take(.features(row), of: pass, at: now), socket)
      case .compute(let work):
        try carryOut(shell.take(calculator.answer(work), at: now), socket)
      case .notice(.coordinatorLost(let reason, _)):
        throw StepsError.unexpected("a worker lost the coordinator: \(reason)")
      case .finish(let outcome): throw StepsError.unexpected("a worker ended: \(outcome)")
      case .connect, .notice: break
      }
    }
  }

  private func send(
    _ envelope: Envelope<WorkerMessage>, _ tensor: Tensor, _ socket: borrowing Socket
  ) throws {
    let frame = tensor.frame
    let hasFrame = frame != nil
    _ = try socket.send(Message(envelope.encoded()), more: hasFrame)
    if let frame { _ = try socket.send(frame) }
  }
}
