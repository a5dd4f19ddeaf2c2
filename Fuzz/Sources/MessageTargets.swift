import Access
import ClusterCore
import Digest
import Discovery
import Wire
import ZeroMQ

private let incarnation = Incarnation(high: 1, low: 2)
private let item = SampleVariant(sample: 300, variant: 1)
private let share = Share(
  id: ShareID(incarnation: incarnation, step: 7, number: 9), variant: 0, samples: [0, 1, 300])
private let digest = ContentDigest.sha256([1, 2, 3])

private func envelope<Message>(_ message: Message) -> Envelope<Message> {
  Envelope(incarnation: incarnation, session: Session(number: 5), message: message)
}

private func textRecord(_ record: CoordinatorRecord) -> [UInt8] {
  record.strings.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
}

/// What is read must be written and read again as the same: else two peers would disagree.
let messageTargets = [
  FuzzTarget(
    name: "worker-message",
    seeds: { workerMessages.map { envelope($0).encoded() } },
    test: { input in
      // unsafe, here and below: the span of an array, for the time of the call.
      guard let message = try? unsafe Envelope<WorkerMessage>(decoding: input.span.bytes) else {
        return
      }
      let again = message.encoded()
      precondition(try! unsafe Envelope<WorkerMessage>(decoding: again.span.bytes) == message)
    }),
  FuzzTarget(
    name: "coordinator-message",
    seeds: { coordinatorMessages.map { envelope($0).encoded() } },
    test: { input in
      guard let message = try? unsafe Envelope<CoordinatorMessage>(decoding: input.span.bytes)
      else { return }
      let again = message.encoded()
      let reread = try! unsafe Envelope<CoordinatorMessage>(decoding: again.span.bytes)
      // Workers' names in a status reply are shortened on the way out.
      if case .statusReply = message.message { return }
      precondition(reread == message)
    }),
  FuzzTarget(
    name: "object-message",
    seeds: {
      let get = ObjectRequest.get(.init(digest: digest, offset: 1 << 20, byteCount: 1 << 20))
      let chunk = ObjectReply.Chunk(
        digest: digest, offset: 1 << 20, byteCount: 17, byteCountTotal: 1 << 20 + 17)
      return [
        get.encoded(), ObjectReply.object(chunk).encoded(), ObjectReply.missing(digest).encoded(),
      ]
    },
    test: { input in
      if let request = try? unsafe ObjectRequest(decoding: input.span.bytes) {
        let again = request.encoded()
        precondition(try! unsafe ObjectRequest(decoding: again.span.bytes) == request)
      }
      if let reply = try? unsafe ObjectReply(decoding: input.span.bytes) {
        let again = reply.encoded()
        precondition(try! unsafe ObjectReply(decoding: again.span.bytes) == reply)
      }
    }),
  FuzzTarget(
    name: "token",
    seeds: {
      let keys = try! CurveKeyPair(secretKey: CurveKey(bytes: 0..<32)!)
      return [Array(Token(server: keys.publicKey, keys: keys).text.utf8)]
    },
    test: { input in
      let text = String(decoding: input, as: UTF8.self)
      if let guest = Guest(text) { precondition(Guest(guest.text) == guest) }
      guard let token = try? Token(text) else { return }
      precondition(try! Token(token.text) == token)
    }),
  FuzzTarget(
    name: "announcement",
    seeds: {
      let key = KeyFingerprint(CurveKey(bytes: 0..<32)!)
      return [textRecord(CoordinatorRecord(protocolVersion: Limits.protocolVersion, key: key))]
    },
    test: { input in
      let record = CoordinatorRecord(text: input)
      precondition(CoordinatorRecord(text: textRecord(record)) == record)
    }),
]

private let workerMessages: [WorkerMessage] = [
  .hello(
    Hello(
      protocolVersion: Limits.protocolVersion, worker: WorkerID(number: 3), attempt: 1, threads: 4,
      name: "host 17", softwareVersion: "1.0")),
  .joined(Joined(probe: digest)),
  .holding(Holding(variant: 1, samples: [1, 2, 128])),
  .features(Features(item: item)),
  .undecodable(Undecodable(item: item, cause: .content, reason: "truncated")),
  .gradientSum(GradientAnswer(share: share.id, count: 3, correct: 2, lossSum: -1 << 40)),
  .evaluation(Evaluation(share: share.id, count: 3, correct: 2, lossSum: 1 << 40)),
  .decline(Decline(share: share.id, missing: [300])),
  .diverged(Diverged(share: share.id, reason: "a logit of 70000")),
  .heartbeat, .leave, .status,
]

private let coordinatorMessages: [CoordinatorMessage] = [
  .welcome(
    Welcome(
      attempt: 1,
      terms: WorkerTerms(
        manifest: digest, backbone: digest, normalization: "inception",
        preprocessingVersion: 1, fit: "crop", precision: "fp32", classCount: 5, featureCount: 1280,
        labelSmoothing: 0.1, classWeights: [1, 0.5, 0.25, 0.125, 1]))),
  .refuse(Refuse(code: .probe, reason: "another libjpeg")),
  .lease(Lease(item: item, withFeatures: true)),
  .revoke(Revoke(variant: 1, samples: [1, 2])),
  .step(share), .evaluate(share), .heartbeat, .finished(Finished(outcome: .completed)),
  .statusReply(
    StatusReply(
      run: "run", progress: summary, trainLoss: 0.5, stepsPerSecond: 5000, imagesPerSecond: 200,
      validationAccuracy: 0.84, validationBalancedAccuracy: 0.83, elapsedSeconds: 3,
      workers: [
        WorkerStatus(
          name: "host 17", threads: 4, isServing: true, leases: 8,
          held: 100, silentMilliseconds: 250)
      ])),
]

private let summary = CoordinatorSummary(
  step: 7, stepsTotal: 200, epoch: 1, epochsTotal: 12, samples: 736, featuresKept: 500,
  featuresTotal: 736, undecodable: 1, workersServing: 2)
