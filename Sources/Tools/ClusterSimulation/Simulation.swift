import ClusterCore
import ClusterShell
import Digest
import Training
import Wire

/// A cluster in virtual time: the cores and shells that run in production, real messages and real
/// training arithmetic, and a network, disks, clocks and processes that fail as a seed has it.
///
/// A run is checked at every step against one without any cluster. The same seed gives the same
/// run, event by event.
public final class Simulation {
  /// What a run came to.
  public struct Report: Sendable {
    public var seed: UInt64
    /// What went wrong; nil where nothing did.
    public var failure: String?
    public var virtualSeconds: Double
    public var messages: Int
    public var steps: Int
    public var faults: Int
    /// How often the run was taken back because a worker had lied.
    public var rollbacks: Int
    public var incarnations: Int
    public var workers: Int
  }

  let scenario: Scenario
  let reference: Reference
  let terms: WorkerTerms
  let probe = ContentDigest.sha256([])
  private let tracer: ((String) -> Void)?

  var now: UInt64 = 0
  var agenda = Agenda<Happening>()
  var numbers: SplitMix64
  var calculator = ShareCalculator()
  let catalog: SampleCatalog
  let sampleByContent: [ContentDigest: SampleIndex]
  let reader: WorkerMessageReader
  /// Of their own, so that a schedule without strangers is the same with and without their code.
  var strangerNumbers: SplitMix64
  /// As well.
  var storeNumbers: SplitMix64
  var strangersToCome: [Stranger]
  var overheard: [Packet] = []
  /// Workers in whose name a replayer may speak when they are long gone.
  var impersonated: Set<WorkerID> = []
  var flaps = 0
  /// No more faults.
  var isCalm = false
  private var calmSince: UInt64 = 0
  var faults = 0
  var messages = 0
  var steps = 0
  var rollbacks = 0

  var connections: [Connection] = []
  var workers: [SimulatedWorker] = []
  var workerByIdentity: [WorkerID: Int] = [:]
  var coordinator: SimulatedCoordinator?
  var incarnationsStarted = 0
  var disk = Disk()
  /// Until when a photograph's file isn't there.
  var awayUntil: [ContentDigest: UInt64] = [:]
  /// What the epochs came to that are over and not taken back.
  var results: [Int: EpochOutcome] = [:]
  var diskFreeAt: UInt64 = 0

  var outcome: CoordinatorOutcome?
  private(set) var failure: String?

  /// A run must end this long after the last fault: enough for every backoff and every silence.
  private static let patienceNanoseconds: UInt64 = 300_000_000_000

  /// A lost worker is noticed within five seconds, and a tick or two.
  static let lossNanosecondsMax: UInt64 = 5_500_000_000

  /// - Parameter trace: told everything of note, with its time.
  public init(_ scenario: Scenario, trace: ((String) -> Void)? = nil) throws {
    self.scenario = scenario
    tracer = trace
    reference = try Reference(scenario)
    terms = WorkerTerms(
      manifest: .sha256([1]), backbone: .sha256([2]), normalization: "inception",
      preprocessingVersion: 1, fit: "crop", precision: "fp32",
      classCount: UInt32(scenario.shape.classCount),
      featureCount: UInt32(scenario.shape.featureCount), labelSmoothing: 0,
      classWeights: scenario.classWeights)
    numbers = SplitMix64(seed: scenario.seed, purpose: "simulation")
    strangerNumbers = SplitMix64(seed: scenario.seed, purpose: "strangers")
    storeNumbers = SplitMix64(seed: scenario.seed, purpose: "store")
    strangersToCome = scenario.strangers
    let samples = 0..<SampleIndex(scenario.plan.sampleCount)
    catalog = SampleCatalog(
      digest: terms.manifest, contents: samples.map { .sha256(scenario.photograph($0)) },
      labels: samples.map(scenario.label))
    sampleByContent = Dictionary(
      uniqueKeysWithValues: zip(catalog.contents, samples))
    reader = WorkerMessageReader(
      dimensions: HeadDimensions(
        classCount: terms.classCount, featureCount: terms.featureCount),
      sampleCount: scenario.plan.sampleCount,
      featureLimit: FeatureBound.limit(batchSize: scenario.plan.batchSize))
  }

  /// Runs to the end, or to the first failure.
  public func run() -> Report {
    agenda.plan(.coordinatorStart, at: numbers.below(2_000_000_000))
    for _ in 0..<scenario.workersAtStart {
      agenda.plan(.workerStart, at: numbers.below(2_000_000_000))
    }
    agenda.plan(.fault, at: scenario.hostility.faultIntervalNanoseconds)
    agenda.plan(.calm, at: scenario.hostility.endNanoseconds)
    while outcome == nil, failure == nil {
      guard let (time, happening) = agenda.next() else {
        fail("nothing happens any more")
        break
      }
      now = time
      if isCalm, now > calmSince + Self.patienceNanoseconds {
        fail("the run doesn't end: \(String(describing: coordinator?.shell.core.summary))")
      }
      happen(happening)
    }
    return Report(
      seed: scenario.seed, failure: failure, virtualSeconds: Double(now) / 1e9,
      messages: messages, steps: steps, faults: faults, rollbacks: rollbacks,
      incarnations: incarnationsStarted,
      workers: workers.count)
  }

  func happen(_ happening: Happening) {
    if isMissed(happening) { return }
    switch happening {
    case .arrivalAtCoordinator(let connection, let packet):
      arriveAtCoordinator(connection, packet)
    case .arrivalAtWorker(let connection, let packet): arriveAtWorker(connection, packet)
    case .connected(let worker, let socket): connect(worker, socket: socket)
    case .coordinatorTick(let incarnation):
      guard isCurrent(incarnation) else { return }
      agenda.plan(happening, at: now + Limits.tickIntervalNanoseconds)
      deliver(.tick)
      disk.store.flush(&storeNumbers)
      checkMembership()
      checkMemory()
      checkRestraint()
    case .coordinatorResult(let incarnation, let event):
      if isCurrent(incarnation) { deliver(event) }
    case .checkpointDone(let incarnation, let checkpoint, let isWritten):
      if isCurrent(incarnation) { finishWriting(checkpoint, isWritten: isWritten) }
    case .rollbackDone(let incarnation, let faultyWorkers):
      if isCurrent(incarnation) { rollBack(excluding: faultyWorkers) }
    case .coordinatorStart: startCoordinator()
    case .coordinatorThaw(let incarnation):
      if isCurrent(incarnation) { thawCoordinator() }
    case .workerStart: startWorker()
    case .workerTick(let worker):
      guard workers[worker].isRunning else { return }
      agenda.plan(happening, at: now + Limits.tickIntervalNanoseconds)
      deliver(.tick, to: worker)
    case .workerResult(let worker, let work, let event):
      if workers[worker].work == work { deliver(event, to: worker) }
    case .objectsReady(let worker, let work):
      if workers[worker].work == work { giveObjects(to: worker) }
    case .photographDone(let worker, let reply, let content):
      advance(worker) { shell, now in shell.take(reply, of: content, at: now) }
    case .passDone(let worker, let pass, let result):
      advance(worker) { shell, now in shell.take(result, of: pass, at: now) }
    case .shareDone(let worker, let share): finish(share, by: worker)
    case .workerThaw(let worker): thawWorker(worker)
    case .workerFlap(let worker): flap(worker)
    case .fault:
      commitFault()
    case .calm: becomeCalm()
    }
  }

  private func isCurrent(_ incarnation: Int) -> Bool {
    coordinator != nil && incarnation == incarnationsStarted
  }

  func becomeCalm() {
    trace("everything heals")
    isCalm = true
    calmSince = now
    for connection in connections.indices {
      connections[connection].cutToWorker = 0
      connections[connection].cutToCoordinator = 0
    }
    thawCoordinator()
    coordinator?.actionsLeft = nil
    for worker in workers.indices { thawWorker(worker) }
    while goodWorkers < max(1, scenario.policy.workersMin) { startWorker() }
  }

  // MARK: Checks

  func check(_ isSo: Bool, _ what: @autoclosure () -> String) {
    if !isSo { fail(what()) }
  }

  func fail(_ what: String) {
    trace("FAILED: \(what)")
    if failure == nil { failure = what }
  }

  func trace(_ what: @autoclosure () -> String) {
    guard let tracer else { return }
    tracer("\(Double(now / 1_000_000) / 1_000) s  \(what())")
  }
}
