import CWireMessages
import ClusterCore
import Protobuf

extension Envelope where Message == WorkerMessage {
  /// Reads a control frame that a worker, or somebody who asks for the status, sent.
  ///
  /// - Parameter frame: the whole frame; nothing of it is kept
  /// - Throws: `frame`, `unknownMessage`, `missing`, `outOfRange`
  public init(decoding frame: RawSpan) throws(WireError) {
    self = try unsafe decodeFrame(frame, tl__wire__worker_envelope__unpack) {
      (envelope) throws(WireError) in
      unsafe Envelope(
        incarnation: Incarnation(
          high: envelope.incarnation_high, low: envelope.incarnation_low),
        session: Session(number: envelope.session),
        message: try WorkerMessage(envelope))
    }
  }
}

extension WorkerMessage {
  fileprivate init(_ envelope: Tl__Wire__WorkerEnvelope) throws(WireError) {
    switch unsafe envelope.message_case {
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_HELLO:
      self = .hello(try unsafe Hello(decodePart(envelope.hello, "hello")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_JOINED:
      let joined = try unsafe decodePart(envelope.joined, "joined")
      self = .joined(Joined(probe: try unsafe decodeDigest(joined.probe, "probe")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_HOLDING:
      let holding = try unsafe decodePart(envelope.holding, "holding")
      self = .holding(
        Holding(
          variant: try decodeVariant(unsafe holding.variant),
          samples: try unsafe decodeSamples(
            holding.samples, count: holding.n_samples, "held samples", isEmptyAllowed: true)))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_FEATURES:
      self = .features(Features(item: try unsafe decodeItem(envelope.features)))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_UNDECODABLE:
      let undecodable = try unsafe decodePart(envelope.undecodable, "undecodable")
      self = .undecodable(
        Undecodable(
          item: try unsafe decodeItem(undecodable.item),
          reason: try unsafe decodeText(undecodable.reason, "reason")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_GRADIENT_SUM:
      let sums = try unsafe decodePart(envelope.gradient_sum, "gradient sum")
      self = .gradientSum(
        unsafe GradientSum(
          share: try decodeShareID(sums.share), count: sums.count, correct: sums.correct,
          lossSum: sums.loss_sum))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_EVALUATION:
      let sums = try unsafe decodePart(envelope.evaluation, "evaluation")
      self = .evaluation(
        unsafe Evaluation(
          share: try decodeShareID(sums.share), count: sums.count, correct: sums.correct,
          lossSum: sums.loss_sum))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_DECLINE:
      let decline = try unsafe decodePart(envelope.decline, "decline")
      self = .decline(
        unsafe Decline(
          share: try decodeShareID(decline.share),
          missing: try decodeSamples(
            decline.missing, count: decline.n_missing, "missing samples")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_DIVERGED:
      let diverged = try unsafe decodePart(envelope.diverged, "diverged")
      self = .diverged(
        unsafe Diverged(
          share: try decodeShareID(diverged.share),
          reason: try decodeText(diverged.reason, "reason")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_HEARTBEAT: self = .heartbeat
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_LEAVE: self = .leave
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_STATUS: self = .status
    default: throw .unknownMessage
    }
  }
}

extension Hello {
  fileprivate init(_ hello: Tl__Wire__Hello) throws(WireError) {
    let version = unsafe hello.protocol_version
    let worker = WorkerID(number: unsafe hello.worker)
    guard version == Limits.protocolVersion else {
      // Of another version's hello only these fields are known to mean the same; they suffice to
      // answer it with a refusal.
      self.init(
        protocolVersion: version, worker: worker, attempt: unsafe hello.attempt, threads: 1,
        name: "", softwareVersion: "")
      return
    }
    guard unsafe (1...UInt32(Limits.threadsPerWorkerMax)).contains(hello.threads) else {
      throw .outOfRange(field: "threads")
    }
    unsafe self.init(
      protocolVersion: version, worker: worker, attempt: hello.attempt, threads: hello.threads,
      name: try decodeText(hello.name, "name"),
      softwareVersion: try decodeText(hello.software_version, "software version"))
  }
}
