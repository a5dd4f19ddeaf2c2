import CWireMessages
import ClusterCore
import Protobuf

// What a worker says, to bytes and back: each message's two ways stand beside one another, and so
// does what its receiver must know beforehand. A new message is a case in each switch of
// `WorkerMessage`, none of which has a default, and a codec below.

extension Envelope where Message == WorkerMessage {
  /// Reads a control frame that a worker, or somebody who asks for the status, sent.
  ///
  /// - Parameter frame: the whole frame; nothing of it is kept
  /// - Throws: `frame`, `unknownMessage`, `missing`, `outOfRange`
  public init(decoding frame: RawSpan) throws(WireError) {
    self = try unsafe decodeFrame(frame, tl__wire__worker_envelope__unpack) {
      (envelope) throws(WireError) in
      try unsafe Envelope(envelope)
    }
  }

  fileprivate init(_ envelope: Tl__Wire__WorkerEnvelope) throws(WireError) {
    unsafe self.init(
      incarnation: Incarnation(high: envelope.incarnation_high, low: envelope.incarnation_low),
      session: Session(number: envelope.session), message: try WorkerMessage(envelope))
  }

  /// The control frame, of at most `WireLimits.controlFrameByteCountMax` bytes.
  ///
  /// Text that is too long is cut.
  ///
  /// - Precondition: no list is longer than `Limits.samplesPerListMax`
  public func encoded() -> [UInt8] {
    var builder = MessageBuilder()
    // unsafe: everything points into the builder, which lives until after `pack`.
    let envelope = unsafe builder.message(tl__wire__worker_envelope__init)
    unsafe envelope.pointee.incarnation_high = incarnation.high
    unsafe envelope.pointee.incarnation_low = incarnation.low
    unsafe envelope.pointee.session = session.number
    unsafe message.encode(&builder, &envelope.pointee)
    return unsafe builder.pack(envelope)
  }
}

/// Whatever may arrive at a coordinator.
public enum WorkerFrame: Equatable, Sendable {
  /// For the core.
  case message(Envelope<WorkerMessage>)
  /// A request for a piece of an object, which the core never hears of.
  case request(ObjectRequest)

  /// Reads a control frame.
  ///
  /// - Parameter frame: the whole frame; nothing of it is kept
  /// - Throws: `frame`, `unknownMessage`, `missing`, `outOfRange`
  public init(decoding frame: RawSpan) throws(WireError) {
    self = try unsafe decodeFrame(frame, tl__wire__worker_envelope__unpack) {
      (envelope) throws(WireError) in
      if unsafe envelope.message_case == TL__WIRE__WORKER_ENVELOPE__MESSAGE_GET {
        return .request(try unsafe ObjectRequest(envelope))
      }
      return .message(try unsafe Envelope(envelope))
    }
  }
}

extension WorkerMessage {
  /// The tensor in the frame after this message's; nil if none follows.
  public var tensor: TensorContent? {
    switch self {
    case .features: .features
    case .gradientSum(let sum): .gradientSum(count: sum.count)
    case .evaluation(let sum): .confusionMatrix(count: sum.count, correct: sum.correct)
    case .hello, .joined, .holding, .undecodable, .decline, .diverged, .heartbeat, .leave, .status:
      nil
    }
  }

  /// The samples that the message names; each must be one of the manifest's.
  public var samples: [SampleIndex] {
    switch self {
    case .holding(let holding): holding.samples
    case .features(let features): [features.item.sample]
    case .undecodable(let undecodable): [undecodable.item.sample]
    case .decline(let decline): decline.missing
    case .hello, .joined, .gradientSum, .evaluation, .diverged, .heartbeat, .leave, .status: []
    }
  }

  /// What the message counted over a share; nil if it answers none.
  public var totals: ShareTotals? {
    switch self {
    case .gradientSum(let sum):
      ShareTotals(count: sum.count, correct: sum.correct, lossSum: sum.lossSum)
    case .evaluation(let sum):
      ShareTotals(count: sum.count, correct: sum.correct, lossSum: sum.lossSum)
    case .hello, .joined, .holding, .features, .undecodable, .decline, .diverged, .heartbeat,
      .leave, .status:
      nil
    }
  }

  fileprivate init(_ envelope: Tl__Wire__WorkerEnvelope) throws(WireError) {
    switch unsafe envelope.message_case {
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_HELLO:
      self = .hello(try unsafe Hello(decodePart(envelope.hello, "hello")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_JOINED:
      self = .joined(try unsafe Joined(decodePart(envelope.joined, "joined")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_HOLDING:
      self = .holding(try unsafe Holding(decodePart(envelope.holding, "holding")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_FEATURES:
      self = .features(Features(item: try unsafe decodeItem(envelope.features)))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_UNDECODABLE:
      self = .undecodable(try unsafe Undecodable(decodePart(envelope.undecodable, "undecodable")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_GRADIENT_SUM:
      self = .gradientSum(
        try unsafe GradientAnswer(decodePart(envelope.gradient_sum, "gradient sum")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_EVALUATION:
      self = .evaluation(try unsafe Evaluation(decodePart(envelope.evaluation, "evaluation")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_DECLINE:
      self = .decline(try unsafe Decline(decodePart(envelope.decline, "decline")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_DIVERGED:
      self = .diverged(try unsafe Diverged(decodePart(envelope.diverged, "diverged")))
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_HEARTBEAT: self = .heartbeat
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_LEAVE: self = .leave
    case TL__WIRE__WORKER_ENVELOPE__MESSAGE_STATUS: self = .status
    // The number comes from outside.
    default: throw .unknownMessage
    }
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder, _ envelope: inout Tl__Wire__WorkerEnvelope
  ) {
    switch self {
    case .hello(let hello):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_HELLO
      unsafe envelope.hello = hello.encode(&builder)
    case .joined(let joined):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_JOINED
      unsafe envelope.joined = joined.encode(&builder)
    case .holding(let holding):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_HOLDING
      unsafe envelope.holding = holding.encode(&builder)
    case .features(let features):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_FEATURES
      unsafe envelope.features = builder.encodeItem(features.item)
    case .undecodable(let undecodable):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_UNDECODABLE
      unsafe envelope.undecodable = undecodable.encode(&builder)
    case .gradientSum(let sum):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_GRADIENT_SUM
      unsafe envelope.gradient_sum = sum.encode(&builder)
    case .evaluation(let sum):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_EVALUATION
      unsafe envelope.evaluation = sum.encode(&builder)
    case .decline(let decline):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_DECLINE
      unsafe envelope.decline = decline.encode(&builder)
    case .diverged(let diverged):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_DIVERGED
      unsafe envelope.diverged = diverged.encode(&builder)
    case .heartbeat:
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_HEARTBEAT
      unsafe envelope.heartbeat = builder.encodeNothing()
    case .leave:
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_LEAVE
      unsafe envelope.leave = builder.encodeNothing()
    case .status:
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_STATUS
      unsafe envelope.status = builder.encodeNothing()
    }
  }
}

// MARK: The codecs

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

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Hello> {
    unsafe builder.message(
      Tl__Wire__Hello(
        base: .init(), protocol_version: protocolVersion, worker: worker.number, attempt: attempt,
        threads: threads, name: builder.encodeText(name),
        software_version: builder.encodeText(softwareVersion)),
      tl__wire__hello__init)
  }
}

extension Joined {
  fileprivate init(_ joined: Tl__Wire__Joined) throws(WireError) {
    self.init(probe: try unsafe decodeDigest(joined.probe, "probe"))
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Joined> {
    unsafe builder.message(
      Tl__Wire__Joined(base: .init(), probe: builder.encodeDigest(probe)), tl__wire__joined__init)
  }
}

extension Holding {
  fileprivate init(_ holding: Tl__Wire__SampleList) throws(WireError) {
    self.init(
      variant: try decodeVariant(unsafe holding.variant),
      samples: try unsafe decodeSamples(
        holding.samples, count: holding.n_samples, "held samples", isEmptyAllowed: true))
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__SampleList> {
    unsafe builder.message(
      Tl__Wire__SampleList(
        base: .init(), variant: UInt32(variant), n_samples: samples.count,
        samples: builder.encodeSamples(samples)),
      tl__wire__sample_list__init)
  }
}

extension Undecodable {
  fileprivate init(_ undecodable: Tl__Wire__Undecodable) throws(WireError) {
    guard let cause = unsafe Cause(rawValue: undecodable.cause) else {
      throw .outOfRange(field: "cause")
    }
    self.init(
      item: try unsafe decodeItem(undecodable.item), cause: cause,
      reason: try unsafe decodeText(undecodable.reason, "reason"))
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Undecodable> {
    unsafe builder.message(
      Tl__Wire__Undecodable(
        base: .init(), item: builder.encodeItem(item), reason: builder.encodeText(reason),
        cause: cause.rawValue),
      tl__wire__undecodable__init)
  }
}

extension GradientAnswer {
  fileprivate init(_ sums: Tl__Wire__ShareSums) throws(WireError) {
    unsafe self.init(
      share: try decodeShareID(sums.share), count: sums.count, correct: sums.correct,
      lossSum: sums.loss_sum)
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__ShareSums> {
    unsafe builder.message(
      Tl__Wire__ShareSums(
        base: .init(), share: builder.encodeShareID(share), count: count, correct: correct,
        loss_sum: lossSum),
      tl__wire__share_sums__init)
  }
}

extension Evaluation {
  fileprivate init(_ sums: Tl__Wire__ShareSums) throws(WireError) {
    unsafe self.init(
      share: try decodeShareID(sums.share), count: sums.count, correct: sums.correct,
      lossSum: sums.loss_sum)
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__ShareSums> {
    unsafe builder.message(
      Tl__Wire__ShareSums(
        base: .init(), share: builder.encodeShareID(share), count: count, correct: correct,
        loss_sum: lossSum),
      tl__wire__share_sums__init)
  }
}

extension Decline {
  fileprivate init(_ decline: Tl__Wire__Decline) throws(WireError) {
    unsafe self.init(
      share: try decodeShareID(decline.share),
      missing: try decodeSamples(decline.missing, count: decline.n_missing, "missing samples"))
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Decline> {
    unsafe builder.message(
      Tl__Wire__Decline(
        base: .init(), share: builder.encodeShareID(share), n_missing: missing.count,
        missing: builder.encodeSamples(missing)),
      tl__wire__decline__init)
  }
}

extension Diverged {
  fileprivate init(_ diverged: Tl__Wire__Diverged) throws(WireError) {
    unsafe self.init(
      share: try decodeShareID(diverged.share), reason: try decodeText(diverged.reason, "reason"))
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Diverged> {
    unsafe builder.message(
      Tl__Wire__Diverged(
        base: .init(), share: builder.encodeShareID(share), reason: builder.encodeText(reason)),
      tl__wire__diverged__init)
  }
}
