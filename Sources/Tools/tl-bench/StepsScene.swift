import ClusterCore
import ClusterShell
import DaemonSupport
import Digest
import Glibc
import Synchronization
import Threading
import Training
import Wire
import ZeroMQ

/// What a benchmark of steps is about: so many connections, and heads and batches of this size.
struct StepsScene: Sendable {
  let workers: Int
  let batchSize: Int
  let shape: HeadShape
  /// Float32 [featureCount]; sample i has the features of place i modulo their number.
  let features: [[Float]]
  let plan: TrainingPlan
  let terms: WorkerTerms
  let catalog: SampleCatalog
  let probe = ContentDigest.sha256(Array("steps".utf8))

  /// Batches of an epoch: so many that what happens between epochs doesn't count.
  private static let stepsPerEpoch = 50
  private static let distinctSamplesMax = 256

  init(workers: Int, batchSize: Int, featureCount: Int, classCount: Int) throws {
    self.workers = workers
    self.batchSize = batchSize
    shape = try HeadShape(featureCount: featureCount, classCount: classCount)
    var random = SplitMix64(seed: 1, purpose: "bench")
    features = (0..<StepsScene.distinctSamplesMax).map { _ in
      // As MobileNet's: a third of them are 0, none is above 6.
      (0..<featureCount).map { _ in Float(max(0, random.unit() * 3 - 1)) }
    }
    let sampleCount = batchSize * StepsScene.stepsPerEpoch
    plan = TrainingPlan(
      sampleCount: sampleCount, training: (0..<SampleIndex(sampleCount)).map { $0 },
      validation: [], batchSize: batchSize, epochs: 100_000, seed: 1)
    terms = WorkerTerms(
      manifest: .sha256([1]), backbone: .sha256([2]), normalization: "inception",
      preprocessingVersion: 1, fit: "crop", precision: "fp32", classCount: UInt32(classCount),
      featureCount: UInt32(featureCount), labelSmoothing: 0)
    let distinct = features.count
    catalog = SampleCatalog(
      digest: terms.manifest,
      contents: plan.training.map { .sha256(Array("\($0)".utf8)) },
      labels: plan.training.map { Int($0) % distinct % classCount })
  }

  var dimensions: HeadDimensions {
    HeadDimensions(classCount: terms.classCount, featureCount: terms.featureCount)
  }

  func row(_ sample: SampleIndex) -> [Float] { features[Int(sample) % features.count] }
}

/// One side of a connection: what it sends first, and how it answers.
protocol StepsPeer: AnyObject {
  /// Called once at the start, and then a few times a second.
  func tick(_ socket: borrowing Socket) throws
  func receive(_ frame: borrowing Message, _ socket: borrowing Socket) throws
}

/// Threads that answer for all workers, each for as many as there are for it.
final class StepsPeers {
  private let threads: [NamedThread]
  private let stop = Flag()

  private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
  }

  private final class Connection {
    let socket: Socket
    let peer: any StepsPeer

    init(_ socket: consuming Socket, _ peer: any StepsPeer) {
      self.socket = socket
      self.peer = peer
    }
  }

  /// - Parameter make: a peer of its own for each worker, by number.
  init(
    count: Int, line: StepsLine, address: Address, make: @escaping @Sendable (Int) -> any StepsPeer
  ) {
    let threadCount = min(count, 2)
    let stop = stop
    threads = (0..<threadCount).map { number in
      NamedThread(name: "workers-\(number)", stackBytes: 4 << 20) {
        do {
          try StepsPeers.serve(
            Array(stride(from: number, to: count, by: threadCount)), line, address, make, stop)
        } catch {
          fatalError("a worker of the benchmark failed: \(error)")
        }
      }
    }
  }

  func end() {
    stop.isSet.store(true, ordering: .releasing)
    for thread in threads { thread.join() }
  }

  private static func serve(
    _ numbers: [Int], _ line: StepsLine, _ address: Address, _ make: (Int) -> any StepsPeer,
    _ stop: Flag
  ) throws {
    let context = try Context(socketsMax: numbers.count + 16)
    var poller = Poller()
    let connections = try numbers.map { number in
      let socket = try Socket(.dealer, in: context)
      var options = Channels.workerOptions
      options.lingerMilliseconds = 0
      try socket.apply(options)
      try line.connect(socket, to: address)
      _ = poller.add(socket)
      return Connection(socket, make(number))
    }
    for connection in connections { try connection.peer.tick(connection.socket) }
    var lastTick = monotonicSeconds()
    while !stop.isSet.load(ordering: .acquiring) {
      try poller.wait(timeoutMilliseconds: 20)
      for connection in connections {
        while let frame = try connection.socket.receive() {
          try connection.peer.receive(frame, connection.socket)
        }
      }
      guard monotonicSeconds() - lastTick > 0.1 else { continue }
      lastTick = monotonicSeconds()
      for connection in connections { try connection.peer.tick(connection.socket) }
    }
  }
}
