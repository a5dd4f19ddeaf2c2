import ClusterCore
import Digest
import Wire

/// Draws values that every message may have, with the ends of each range likelier than the rest.
struct MessageSource {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(state: seed) }

  mutating func below(_ bound: UInt64) -> UInt64 { random.below(bound) }

  mutating func number() -> UInt64 {
    switch random.below(4) {
    case 0: 0
    case 1: .max
    default: random.next() >> random.below(64)
    }
  }

  mutating func word() -> UInt32 { UInt32(truncatingIfNeeded: number()) }

  mutating func variant() -> UInt16 { UInt16(truncatingIfNeeded: number()) }

  mutating func text() -> String {
    let alphabet = Array("aZ0 /ßé漢😀\u{301}\n\"")
    return String(
      (0..<random.below(40)).map { _ in alphabet[Int(random.below(UInt64(alphabet.count)))] })
  }

  mutating func digest() -> ContentDigest {
    ContentDigest(bytes: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })!
  }

  mutating func samples(min: Int) -> [SampleIndex] {
    let count =
      random.below(50) == 0 ? Limits.samplesPerListMax : min + Int(random.below(40))
    return (0..<count).map { _ in word() }
  }

  mutating func double() -> Double { Double(Int64(bitPattern: number())) / 1024 }

  mutating func incarnation() -> Incarnation { Incarnation(high: number(), low: number()) }

  mutating func item() -> SampleVariant { SampleVariant(sample: word(), variant: variant()) }

  mutating func shareID() -> ShareID {
    ShareID(incarnation: incarnation(), step: number(), number: number())
  }

  mutating func share() -> Share {
    Share(id: shareID(), variant: variant(), samples: samples(min: 1))
  }

  mutating func workerEnvelope() -> Envelope<WorkerMessage> {
    Envelope(
      incarnation: incarnation(), session: Session(number: number()), message: workerMessage())
  }

  mutating func coordinatorEnvelope() -> Envelope<CoordinatorMessage> {
    Envelope(
      incarnation: incarnation(), session: Session(number: number()),
      message: coordinatorMessage())
  }

  mutating func workerMessage() -> WorkerMessage {
    switch random.below(12) {
    case 0:
      .hello(
        Hello(
          protocolVersion: Limits.protocolVersion, worker: WorkerID(number: number()),
          attempt: number(),
          threads: UInt32(1 + random.below(UInt64(Limits.threadsPerWorkerMax))), name: text(),
          softwareVersion: text()))
    case 1: .joined(Joined(probe: digest()))
    case 2: .holding(Holding(variant: variant(), samples: samples(min: 0)))
    case 3: .features(Features(item: item()))
    case 4:
      .undecodable(
        Undecodable(
          item: item(), cause: Undecodable.Cause.allCases.randomElement(using: &random)!,
          reason: text()))
    case 5:
      .gradientSum(
        GradientAnswer(
          share: shareID(), count: word(), correct: word(), lossSum: Int64(bitPattern: number())))
    case 6:
      .evaluation(
        Evaluation(
          share: shareID(), count: word(), correct: word(), lossSum: Int64(bitPattern: number())))
    case 7: .decline(Decline(share: shareID(), missing: samples(min: 1)))
    case 8: .diverged(Diverged(share: shareID(), reason: text()))
    case 9: .heartbeat
    case 10: .leave
    default: .status
    }
  }

  private mutating func welcome() -> Welcome {
    let classCount = 1 + random.below(1000)
    let weights = (0..<(random.below(2) * classCount)).map { _ in Float(1 - random.unit() / 2) }
    return Welcome(
      attempt: number(),
      terms: WorkerTerms(
        manifest: digest(), backbone: digest(), normalization: text(),
        preprocessingVersion: word(), fit: text(), precision: text(),
        classCount: UInt32(classCount),
        featureCount: UInt32(1 + random.below(4096)), labelSmoothing: Float(random.unit() / 2),
        classWeights: weights))
  }

  mutating func coordinatorMessage() -> CoordinatorMessage {
    switch random.below(9) {
    case 0:
      .welcome(welcome())
    case 1:
      .refuse(
        Refuse(code: Refuse.Code.allCases.randomElement(using: &random)!, reason: text()))
    case 2: .lease(Lease(item: item(), withFeatures: random.below(2) == 0))
    case 3: .revoke(Revoke(variant: variant(), samples: samples(min: 0)))
    case 4: .step(share())
    case 5: .evaluate(share())
    case 6: .heartbeat
    case 7:
      .finished(Finished(outcome: Finished.Outcome.allCases.randomElement(using: &random)!))
    default: .statusReply(statusReply())
    }
  }

  mutating func statusReply() -> StatusReply {
    StatusReply(
      run: text(),
      progress: CoordinatorSummary(
        step: number(), stepsTotal: number(), epoch: word(), epochsTotal: word(), samples: word(),
        featuresKept: number(), featuresTotal: number(), undecodable: word(),
        workersServing: word()),
      trainLoss: double(), stepsPerSecond: double(), imagesPerSecond: double(),
      validationAccuracy: double(), validationBalancedAccuracy: double(),
      elapsedSeconds: double(),
      workers: (0..<random.below(10)).map { _ in
        WorkerStatus(
          name: String(text().prefix(5)), threads: word(),
          isServing: random.below(2) == 0, leases: word(), held: word(), silentMilliseconds: word())
      })
  }

  mutating func objectRequest() -> ObjectRequest {
    .get(
      .init(
        digest: digest(), offset: random.below(WireLimits.objectByteCountMax + 1),
        byteCount: UInt32(1 + random.below(UInt64(WireLimits.chunkByteCountMax)))))
  }

  mutating func objectReply() -> ObjectReply {
    guard random.below(3) > 0 else { return .missing(digest()) }
    let total = random.below(WireLimits.objectByteCountMax + 1)
    let offset = random.below(total + 1)
    let byteCount = min(total - offset, random.below(UInt64(WireLimits.chunkByteCountMax) + 1))
    return .object(
      .init(
        digest: digest(), offset: offset, byteCount: UInt32(byteCount), byteCountTotal: total))
  }
}
