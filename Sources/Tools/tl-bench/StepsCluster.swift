import ClusterCore
import CoordinatorDaemon
import DaemonSupport
import Training
import Wire
import ZeroMQ

/// The real thing with the features given: both cores, real messages, the whole arithmetic. Only
/// files, photographs and progress are missing.
struct StepsCluster: ~Copyable {
  private let scene: StepsScene
  private let socket: Socket
  private var core: Coordinator
  private var learner: Learner
  private var pending: [CoordinatorEvent] = []
  private var steps = 0
  private var lastTick = 0.0

  /// Steps a second, once every worker takes part.
  static func stepsPerSecond(_ scene: StepsScene, seconds: Double) throws -> Double {
    let context = try Context(socketsMax: 64)
    let socket = try Socket(.router, in: context)
    var options = Channels.controlOptions
    options.lingerMilliseconds = 0
    try socket.apply(options)
    let endpoint = try socket.bind(Endpoint(host: "127.0.0.1", port: 0))
    let peers = StepsPeers(count: scene.workers, endpoint: endpoint) { number in
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
    learner = Learner(trainer: trainer)
    core = Coordinator(
      plan: scene.plan, policy: CoordinatorPolicy(workersMin: scene.workers),
      incarnation: .random(), terms: scene.terms, probe: scene.probe,
      kept: scene.plan.training.map { SampleVariant(sample: $0, variant: 0) },
      at: MonotonicClock.now())
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
    let dimensions = HeadDimensions(
      classCount: scene.terms.classCount, featureCount: scene.terms.featureCount)
    let bounds = WorkerReceived.Bounds(
      sampleCount: scene.plan.sampleCount,
      featureLimit: FeatureBound.limit(batchSize: scene.batchSize))
    try poller.wait(timeoutMilliseconds: 20)
    while let message = try socket.receiveRouted() {
      guard let peer = PeerID(route: message.route) else { continue }
      let received = try WorkerReceived(message, dimensions: dimensions, bounds: bounds)
      try deliver(.received(peer, received.envelope), received.tensor)
    }
    guard monotonicSeconds() - lastTick > 0.1 else { return }
    lastTick = monotonicSeconds()
    try deliver(.tick, .none)
  }

  private mutating func deliver(
    _ event: CoordinatorEvent, _ tensor: WorkerReceived.Tensor
  ) throws {
    try perform(core.receive(event, at: MonotonicClock.now()), tensor)
    while !pending.isEmpty {
      let next = pending.removeFirst()
      try perform(core.receive(next, at: MonotonicClock.now()), .none)
    }
  }

  private mutating func perform(
    _ actions: [CoordinatorAction], _ tensor: WorkerReceived.Tensor
  ) throws {
    for action in actions {
      switch (action, tensor) {
      case (.send(let peer, let envelope), _): try send(envelope, to: peer)
      case (.addGradient(let sum), .sums(let values)): learner.add(sum, values)
      case (.applyStep(let report), _):
        guard learner.applyStep(report) != nil else { throw StepsError.diverged }
        steps += 1
      case (.finishEpoch(let report), _): _ = learner.finishEpoch(report)
      case (.writeCheckpoint(let request), _):
        pending.append(.checkpointWritten(step: request.position.step))
      case (.notice(.workerLost(_, let name, let reason)), _):
        throw StepsError.lost(worker: name, reason: reason)
      case (.notice(.workerRefused(_, _, let reason)), _):
        throw StepsError.lost(worker: "a worker", reason: reason)
      default: break
      }
    }
  }

  private mutating func send(
    _ envelope: Envelope<CoordinatorMessage>, to peer: PeerID
  ) throws {
    let tensor: Message? =
      switch envelope.message {
      case .step, .evaluate: learner.headFrame()
      case .lease(let lease) where lease.withFeatures: .tensor(scene.row(lease.item.sample))
      default: nil
      }
    let hasTensor = tensor != nil
    guard try socket.send(Message(peer.route), more: true) == .sent else { return }
    _ = try socket.send(Message(envelope.encoded()), more: hasTensor)
    if let tensor { _ = try socket.send(tensor) }
  }
}

/// What keeps a benchmark of steps from going on.
enum StepsError: Error, CustomStringConvertible {
  case diverged
  case lost(worker: String, reason: String)
  case unexpected(String)

  var description: String {
    switch self {
    case .diverged: "the head diverged; this is a bug, please report it"
    case .lost(let worker, let reason): "\(worker) was lost: \(reason)"
    case .unexpected(let what): "\(what); this is a bug, please report it"
    }
  }
}

/// A worker's core with a connection, without photographs.
private final class WorkerPeer: StepsPeer {
  private let scene: StepsScene
  private var core: Worker
  private var engine: ShareEngine
  private var hasStarted = false
  private var pending: [WorkerEvent] = []
  private var answers: [ShareID: [Int64]] = [:]

  init(_ scene: StepsScene, _ number: Int) {
    self.scene = scene
    core = Worker(
      identity: WorkerIdentity(
        id: WorkerID(number: UInt64(number)), name: "worker \(number)", threads: 1,
        softwareVersion: "bench", retryMaxNanoseconds: 1_000_000_000), at: MonotonicClock.now())
    engine = ShareEngine(shape: scene.shape)
  }

  func tick(_ socket: borrowing Socket) throws {
    try deliver(hasStarted ? .tick : .started, nil, socket)
    hasStarted = true
  }

  func receive(_ message: borrowing IncomingMessage, _ socket: borrowing Socket) throws {
    let envelope = try message.control.withBytes { bytes in
      try Envelope<CoordinatorMessage>(decoding: bytes)
    }
    let tensor: [Float]? =
      switch message.tensor {
      case .none: nil
      case .some(let frame):
        try frame.withBytes { bytes in
          try TensorFrame.floats(
            bytes, count: bytes.byteCount / 4, magnitudeMax: Divergence.magnitudeMax)
        }
      }
    try deliver(.received(envelope), tensor, socket)
  }

  private func deliver(
    _ event: WorkerEvent, _ tensor: [Float]?, _ socket: borrowing Socket
  ) throws {
    try perform(core.receive(event, at: MonotonicClock.now()), tensor, socket)
    while !pending.isEmpty {
      let next = pending.removeFirst()
      try perform(core.receive(next, at: MonotonicClock.now()), nil, socket)
    }
  }

  private func perform(
    _ actions: [WorkerAction], _ tensor: [Float]?, _ socket: borrowing Socket
  ) throws {
    for action in actions {
      switch action {
      case .send(let envelope): try send(envelope, socket)
      case .fetchObjects: pending.append(.objectsReady(held: []))
      case .runProbe: pending.append(.probeFinished(scene.probe))
      case .fetchPhotograph(let item): pending.append(.photographReady(item))
      case .extract(let item): pending.append(.featuresReady(item))
      case .computeShare(let share, _): try compute(share, tensor)
      case .notice(.coordinatorLost(let reason, _)):
        throw StepsError.unexpected("a worker lost the coordinator: \(reason)")
      case .finish(let outcome): throw StepsError.unexpected("a worker ended: \(outcome)")
      case .connect, .cancel, .keepFeatures, .forgetFeatures, .notice: break
      }
    }
  }

  private func compute(_ share: Share, _ parameters: [Float]?) throws {
    let sum = try engine.gradientSum(
      head: try Head(shape: scene.shape, parameters: parameters ?? []),
      features: share.samples.map { scene.row($0) }, labels: share.samples.map { scene.label($0) })
    answers[share.id] = sum.values
    pending.append(
      .shareComputed(
        share.id,
        .gradient(
          count: UInt32(sum.sampleCount), correct: UInt32(sum.correct), lossSum: sum.lossSum)))
  }

  private func send(
    _ envelope: Envelope<WorkerMessage>, _ socket: borrowing Socket
  ) throws {
    let tensor: Message? =
      switch envelope.message {
      case .features(let features): .tensor(scene.row(features.item.sample))
      case .gradientSum(let sum): .tensor(answers.removeValue(forKey: sum.share) ?? [])
      default: nil
      }
    let hasTensor = tensor != nil
    _ = try socket.send(Message(envelope.encoded()), more: hasTensor)
    if let tensor { _ = try socket.send(tensor) }
  }
}
