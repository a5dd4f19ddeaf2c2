import ClusterCore
import Digest
import Training

/// A small training run and what will happen to it, all drawn from one seed.
public struct Scenario: Sendable {
  public let seed: UInt64
  public let plan: TrainingPlan
  public private(set) var policy: CoordinatorPolicy
  /// Samples whose photographs nobody can decode.
  public let undecodable: Set<SampleIndex>
  public let shape: HeadShape
  /// What the run begins with: zeros, or, in a third of the scenarios, a head that another run came to.
  public var start: Head {
    var numbers = SplitMix64(seed: seed, purpose: "scenario-start")
    guard numbers.below(3) == 0 else { return Head(zero: shape) }
    let parameters = (0..<shape.parameterCount).map { _ in Float(numbers.unit() * 4 - 2) }
    guard let head = try? Head(shape: shape, parameters: parameters) else {
      preconditionFailure("small numbers are a head")
    }
    return head
  }
  public let configuration: TrainingConfiguration
  public let length: TrainingLength
  public private(set) var workersAtStart: Int
  /// Whoever starts a worker knows that there are so many already.
  public let workersMax: Int
  /// How hostile the world is, and for how long.
  public let hostility: Hostility
  /// One in so many workers lies now and then; nil where all are honest. Everything is audited then.
  public let faultyWorkerRarity: UInt64?
  /// One in so many workers is of no use; nil where all are good.
  public private(set) var strangerRarity: UInt64?
  /// Whether features outlive the coordinator.
  public private(set) var hasStore = false
  /// The first workers to start, last first; whoever starts after them is drawn.
  public private(set) var strangers: [Stranger] = []
  /// How often workers that never stay come back.
  public private(set) var flapsMax = 40

  /// How many samples of which class; a sample's class is its index modulo the classes.
  public func label(_ sample: SampleIndex) -> Int { Int(sample) % shape.classCount }

  /// What the backbone would give: small numbers, the same for every worker.
  public func features(_ item: SampleVariant) -> [Float] {
    var numbers = SplitMix64(
      seed: seed, purpose: "simulated-features", UInt64(item.sample), UInt64(item.variant))
    return (0..<shape.featureCount).map { place in
      let bias: Float = place % shape.classCount == label(item.sample) ? 0.5 : 0
      return Float(numbers.unit()) + bias
    }
  }

  /// In half of the scenarios the classes count differently.
  var classWeights: [Float] {
    seed.isMultiple(of: 2) ? (0..<shape.classCount).map { 1 / Float(1 + $0) } : []
  }

  var objective: Objective {
    Objective(labelSmoothing: configuration.labelSmoothing, classWeights: classWeights)
  }

  /// The content of a sample's file: the same for none other.
  func photograph(_ sample: SampleIndex) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: sample >> (8 * $0)) }
  }

  /// Whether the run must end because too much of it can't be decoded.
  public var mustRefuse: Bool {
    Double(undecodable.count) > policy.undecodableShareMax * Double(plan.sampleCount)
  }
}

extension Scenario {
  /// The scenario of a seed.
  public init(seed: UInt64, isCalm: Bool = false) throws(TrainingError) {
    var numbers = SplitMix64(seed: seed, purpose: "scenario")
    self.seed = seed
    let classes = 2 + Int(numbers.below(3))
    let samples = 6 + Int(numbers.below(60))
    let everything = Array(0..<SampleIndex(samples))
    let isValidation = everything.map { _ in numbers.below(4) == 0 }
    var training = everything.filter { !isValidation[Int($0)] }
    if training.isEmpty { training = [0] }
    let validation = everything.filter { isValidation[Int($0)] && !training.contains($0) }
    let tested = Self.testCount(seed)
    plan = TrainingPlan(
      sampleCount: samples + tested, training: training, validation: validation,
      test: Array(SampleIndex(samples)..<SampleIndex(samples + tested)),
      batchSize: 1 + Int(numbers.below(17)), epochs: 1 + Int(numbers.below(4)),
      variants: 1 + Int(numbers.below(3)), seed: seed)
    let (fraction, faultyWorkerRarity) = Self.audit(&numbers)
    self.faultyWorkerRarity = isCalm ? nil : faultyWorkerRarity
    policy = CoordinatorPolicy(
      workersMin: numbers.below(4) == 0 ? 2 : 1,
      checkpointIntervalNanoseconds: 1_000_000 << numbers.below(14),
      undecodableShareMax: numbers.below(8) != 0 ? 1 : 0.01,
      audit: AuditPolicy(fraction: fraction, seed: numbers.next()))
    let damaged = numbers.below(3) == 0 ? 1 + numbers.below(3) : 0
    undecodable = Set((0..<damaged).map { _ in SampleIndex(numbers.below(UInt64(samples))) })
    shape = try HeadShape(featureCount: 1 + Int(numbers.below(9)), classCount: classes)
    configuration = try TrainingConfiguration(
      optimizer: numbers.below(2) == 0 ? .adam : .sgd,
      schedule: numbers.below(2) == 0 ? .constant : .cosine)
    length = try TrainingLength(
      sampleCount: plan.training.count, batchSize: plan.batchSize, epochCount: plan.epochs)
    // A lone worker gets no help from others that would hide its mistakes.
    let isLonely = numbers.below(4) == 0
    workersAtStart = isLonely ? 1 : 1 + Int(numbers.below(5))
    workersMax = isLonely ? 1 : .max
    hostility = isCalm ? .none : Hostility(&numbers)
    var storeNumbers = SplitMix64(seed: seed, purpose: "has-store")
    hasStore = storeNumbers.below(2) == 0
    var strangerNumbers = SplitMix64(seed: seed, purpose: "stranger-rarity")
    if !isCalm, !isLonely, faultyWorkerRarity == nil, strangerNumbers.below(3) == 0 {
      strangerRarity = 1 + strangerNumbers.below(4)
    }
  }

  /// A calm run with one good worker, which comes last, among strangers.
  public init(seed: UInt64, oneGoodWorkerAmong strangers: [Stranger]) throws(TrainingError) {
    try self.init(seed: seed, isCalm: true)
    policy.workersMin = 1
    policy.audit = .none
    workersAtStart = 0
    self.strangers = strangers
    flapsMax = 400
  }

  /// Half of the runs have no test samples.
  private static func testCount(_ seed: UInt64) -> Int {
    var numbers = SplitMix64(seed: seed, purpose: "scenario-test")
    return numbers.below(2) == 0 ? 0 : 1 + Int(numbers.below(12))
  }

  /// Half of the runs have no audits, some have a few, and some audit everything and meet faulty workers.
  private static func audit(_ numbers: inout SplitMix64) -> (fraction: Double, rarity: UInt64?) {
    switch numbers.below(6) {
    case 0: (numbers.unit(), nil)
    case 1: (1, nil)
    case 2: (1, 1 + numbers.below(4))
    default: (0, nil)
    }
  }
}

extension Scenario {
  /// Very many workers and large batches, and faults all the time.
  public init(seed: UInt64, crowd workers: Int) throws(TrainingError) {
    self.seed = seed
    let samples = SampleIndex(4 * workers)
    let validation = Array((samples - samples / 8)..<samples)
    plan = TrainingPlan(
      sampleCount: Int(samples), training: Array(0..<samples - samples / 8),
      validation: validation, batchSize: 4_096, epochs: 2, seed: seed)
    policy = CoordinatorPolicy(checkpointIntervalNanoseconds: 1_000_000_000)
    undecodable = [1, samples / 2, samples - 1]
    shape = try HeadShape(featureCount: 8, classCount: 4)
    configuration = try TrainingConfiguration()
    length = try TrainingLength(
      sampleCount: plan.training.count, batchSize: plan.batchSize, epochCount: plan.epochs)
    workersAtStart = workers
    workersMax = .max
    faultyWorkerRarity = nil
    strangerRarity = nil
    hostility = Hostility(
      endNanoseconds: 20_000_000_000, faultIntervalNanoseconds: 10_000_000,
      latencyNanosecondsMax: 5_000_000, slowMessageRarity: 256, repetitionRarity: 64,
      noticesBreaks: true, failedWriteRarity: 4)
  }
}

/// How hostile the world is.
public struct Hostility: Sendable {
  /// Faults come until then; afterwards everything heals.
  public var endNanoseconds: UInt64
  /// Mean time between two faults.
  public var faultIntervalNanoseconds: UInt64
  /// A message takes at most this long, and one in `slowMessageRarity` much longer.
  public var latencyNanosecondsMax: UInt64
  public var slowMessageRarity: UInt64
  /// One in so many messages comes twice.
  public var repetitionRarity: UInt64
  /// Whether sockets tell that a connection is gone.
  public var noticesBreaks: Bool
  /// One in so many checkpoints fails to be written.
  public var failedWriteRarity: UInt64
  /// A check of the coordinator's own takes at most this long.
  public var checkNanosecondsMax: UInt64 = 50_000_000

  static let none = Hostility(
    endNanoseconds: 0, faultIntervalNanoseconds: .max, latencyNanosecondsMax: 1_000_000,
    slowMessageRarity: .max, repetitionRarity: .max, noticesBreaks: true, failedWriteRarity: .max)

  init(
    endNanoseconds: UInt64, faultIntervalNanoseconds: UInt64, latencyNanosecondsMax: UInt64,
    slowMessageRarity: UInt64, repetitionRarity: UInt64, noticesBreaks: Bool,
    failedWriteRarity: UInt64
  ) {
    self.endNanoseconds = endNanoseconds
    self.faultIntervalNanoseconds = faultIntervalNanoseconds
    self.latencyNanosecondsMax = latencyNanosecondsMax
    self.slowMessageRarity = slowMessageRarity
    self.repetitionRarity = repetitionRarity
    self.noticesBreaks = noticesBreaks
    self.failedWriteRarity = failedWriteRarity
  }

  init(_ numbers: inout SplitMix64) {
    endNanoseconds = 500_000_000 << numbers.below(7)
    faultIntervalNanoseconds = 20_000_000 << numbers.below(7)
    latencyNanosecondsMax = 100_000 << numbers.below(8)
    slowMessageRarity = 16 << numbers.below(6)
    repetitionRarity = numbers.below(3) == 0 ? .max : 4 << numbers.below(8)
    noticesBreaks = numbers.below(2) == 0
    failedWriteRarity = 2 << numbers.below(5)
    checkNanosecondsMax = 2_000_000 << numbers.below(11)
  }
}
