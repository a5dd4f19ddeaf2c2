import CWireMessages
import ClusterCore
import Protobuf

// What a coordinator says, to bytes and back; the same order as in `WorkerMessageCodec`.

extension Envelope where Message == CoordinatorMessage {
  /// Reads a control frame that a coordinator sent.
  ///
  /// - Parameter frame: the whole frame; nothing of it is kept
  /// - Throws: `frame`, `unknownMessage`, `missing`, `outOfRange`
  public init(decoding frame: RawSpan) throws(WireError) {
    self = try unsafe decodeFrame(frame, tl__wire__coordinator_envelope__unpack) {
      (envelope) throws(WireError) in
      unsafe Envelope(
        incarnation: Incarnation(
          high: envelope.incarnation_high, low: envelope.incarnation_low),
        session: Session(number: envelope.session),
        message: try CoordinatorMessage(envelope))
    }
  }

  /// The control frame, of at most `WireLimits.controlFrameByteCountMax` bytes.
  ///
  /// Text that is too long is cut.
  ///
  /// - Precondition: no list is longer than `Limits` says
  public func encoded() -> [UInt8] {
    var builder = MessageBuilder()
    // unsafe: everything points into the builder, which lives until after `pack`.
    let envelope = unsafe builder.message(tl__wire__coordinator_envelope__init)
    unsafe envelope.pointee.incarnation_high = incarnation.high
    unsafe envelope.pointee.incarnation_low = incarnation.low
    unsafe envelope.pointee.session = session.number
    unsafe message.encode(&builder, &envelope.pointee)
    return unsafe builder.pack(envelope)
  }
}

extension CoordinatorMessage {
  /// The tensor in the frame after this message's; nil if none follows.
  public var tensor: TensorContent? {
    switch self {
    case .lease(let lease): lease.withFeatures ? .features : nil
    case .step, .evaluate: .head
    case .welcome, .refuse, .revoke, .heartbeat, .finished, .statusReply: nil
    }
  }

  /// The samples that the message names; each must be one of the manifest's.
  public var samples: [SampleIndex] {
    switch self {
    case .lease(let lease): [lease.item.sample]
    case .revoke(let revoke): revoke.samples
    case .step(let share), .evaluate(let share): share.samples
    case .welcome, .refuse, .heartbeat, .finished, .statusReply: []
    }
  }

  fileprivate init(_ envelope: Tl__Wire__CoordinatorEnvelope) throws(WireError) {
    switch unsafe envelope.message_case {
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_WELCOME:
      self = .welcome(try unsafe Welcome(decodePart(envelope.welcome, "welcome")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_REFUSE:
      self = .refuse(try unsafe Refuse(decodePart(envelope.refuse, "refuse")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_LEASE:
      self = .lease(try unsafe Lease(decodePart(envelope.lease, "lease")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_REVOKE:
      self = .revoke(try unsafe Revoke(decodePart(envelope.revoke, "revoke")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_STEP:
      self = .step(try unsafe Share(decodePart(envelope.step, "step")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_EVALUATE:
      self = .evaluate(try unsafe Share(decodePart(envelope.evaluate, "evaluate")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_HEARTBEAT: self = .heartbeat
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_FINISHED:
      self = .finished(try unsafe Finished(decodePart(envelope.finished, "finished")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_STATUS_REPLY:
      self = .statusReply(
        try unsafe StatusReply(decodePart(envelope.status_reply, "status reply")))
    // The number comes from outside.
    default: throw .unknownMessage
    }
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder, _ envelope: inout Tl__Wire__CoordinatorEnvelope
  ) {
    switch self {
    case .welcome(let welcome):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_WELCOME
      unsafe envelope.welcome = welcome.encode(&builder)
    case .refuse(let refuse):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_REFUSE
      unsafe envelope.refuse = refuse.encode(&builder)
    case .lease(let lease):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_LEASE
      unsafe envelope.lease = lease.encode(&builder)
    case .revoke(let revoke):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_REVOKE
      unsafe envelope.revoke = revoke.encode(&builder)
    case .step(let share):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_STEP
      unsafe envelope.step = share.encode(&builder)
    case .evaluate(let share):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_EVALUATE
      unsafe envelope.evaluate = share.encode(&builder)
    case .heartbeat:
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_HEARTBEAT
      unsafe envelope.heartbeat = builder.encodeNothing()
    case .finished(let finished):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_FINISHED
      unsafe envelope.finished = finished.encode(&builder)
    case .statusReply(let reply):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_STATUS_REPLY
      unsafe envelope.status_reply = reply.encode(&builder)
    }
  }
}

// MARK: The codecs

extension Welcome {
  fileprivate init(_ terms: Tl__Wire__Welcome) throws(WireError) {
    let dimensions = unsafe HeadDimensions(
      classCount: terms.class_count, featureCount: terms.feature_count)
    guard dimensions.isValid else { throw .outOfRange(field: "number of classes or features") }
    guard unsafe terms.label_smoothing >= 0, unsafe terms.label_smoothing < 1 else {
      throw .outOfRange(field: "label smoothing")
    }
    let weights = unsafe copyNumbers(terms.class_weights, count: terms.n_class_weights)
    guard weights.isEmpty || weights.count == Int(dimensions.classCount),
      weights.allSatisfy({ $0 > 0 && $0 <= 1 })
    else { throw .outOfRange(field: "class weights") }
    unsafe self.init(
      attempt: terms.attempt,
      terms: WorkerTerms(
        manifest: try decodeDigest(terms.manifest, "manifest digest"),
        backbone: try decodeDigest(terms.backbone, "backbone digest"),
        normalization: try decodeText(terms.normalization, "normalization"),
        preprocessingVersion: terms.preprocessing_version,
        fit: try decodeText(terms.fit, "fit"),
        precision: try decodeText(terms.precision, "precision"),
        classCount: terms.class_count, featureCount: terms.feature_count,
        labelSmoothing: terms.label_smoothing, classWeights: weights))
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Welcome> {
    unsafe builder.message(
      Tl__Wire__Welcome(
        base: .init(), attempt: attempt,
        manifest: builder.encodeDigest(terms.manifest),
        backbone: builder.encodeDigest(terms.backbone),
        normalization: builder.encodeText(terms.normalization),
        preprocessing_version: terms.preprocessingVersion,
        precision: builder.encodeText(terms.precision), class_count: terms.classCount,
        feature_count: terms.featureCount, label_smoothing: terms.labelSmoothing,
        fit: builder.encodeText(terms.fit), n_class_weights: terms.classWeights.count,
        class_weights: builder.array(terms.classWeights)),
      tl__wire__welcome__init)
  }
}

extension Refuse {
  fileprivate init(_ refuse: Tl__Wire__Refuse) throws(WireError) {
    guard let raw = UInt8(exactly: unsafe refuse.code), let code = Code(rawValue: raw)
    else { throw .outOfRange(field: "code of refusal") }
    self.init(code: code, reason: try unsafe decodeText(refuse.reason, "reason"))
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Refuse> {
    unsafe builder.message(
      Tl__Wire__Refuse(
        base: .init(), code: UInt32(code.rawValue), reason: builder.encodeText(reason)),
      tl__wire__refuse__init)
  }
}

extension Lease {
  fileprivate init(_ lease: Tl__Wire__Lease) throws(WireError) {
    unsafe self.init(item: try decodeItem(lease.item), withFeatures: lease.with_features != 0)
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Lease> {
    unsafe builder.message(
      Tl__Wire__Lease(
        base: .init(), item: builder.encodeItem(item), with_features: withFeatures ? 1 : 0),
      tl__wire__lease__init)
  }
}

extension Revoke {
  fileprivate init(_ revoke: Tl__Wire__SampleList) throws(WireError) {
    self.init(
      variant: try decodeVariant(unsafe revoke.variant),
      samples: try unsafe decodeSamples(
        revoke.samples, count: revoke.n_samples, "revoked samples", isEmptyAllowed: true))
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

extension Share {
  fileprivate init(_ share: Tl__Wire__Share) throws(WireError) {
    self.init(
      id: try unsafe decodeShareID(share.id), variant: try decodeVariant(unsafe share.variant),
      samples: try unsafe decodeSamples(
        share.samples, count: share.n_samples, "samples of the share"))
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Share> {
    unsafe builder.message(
      Tl__Wire__Share(
        base: .init(), id: builder.encodeShareID(id), variant: UInt32(variant),
        n_samples: samples.count, samples: builder.encodeSamples(samples)),
      tl__wire__share__init)
  }
}

extension Finished {
  fileprivate init(_ finished: Tl__Wire__Finished) throws(WireError) {
    guard let raw = UInt8(exactly: unsafe finished.outcome), let outcome = Outcome(rawValue: raw)
    else { throw .outOfRange(field: "outcome") }
    self.init(outcome: outcome)
  }

  fileprivate func encode(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Finished> {
    unsafe builder.message(
      Tl__Wire__Finished(base: .init(), outcome: UInt32(outcome.rawValue)),
      tl__wire__finished__init)
  }
}
