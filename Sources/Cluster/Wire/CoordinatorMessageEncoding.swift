import CWireMessages
import ClusterCore
import Protobuf

extension Envelope where Message == CoordinatorMessage {
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
    unsafe message.build(&builder, &envelope.pointee)
    return unsafe builder.pack(envelope)
  }
}

extension CoordinatorMessage {
  fileprivate func build(
    _ builder: inout MessageBuilder, _ envelope: inout Tl__Wire__CoordinatorEnvelope
  ) {
    switch self {
    case .welcome(let welcome):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_WELCOME
      unsafe envelope.welcome = welcome.build(&builder)
    case .refuse(let refuse):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_REFUSE
      unsafe envelope.refuse = builder.message(
        Tl__Wire__Refuse(
          base: .init(), code: UInt32(refuse.code.rawValue),
          reason: builder.encodeText(refuse.reason)),
        tl__wire__refuse__init)
    case .lease(let lease):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_LEASE
      unsafe envelope.lease = builder.message(
        Tl__Wire__Lease(
          base: .init(), item: builder.encodeItem(lease.item),
          with_features: lease.withFeatures ? 1 : 0),
        tl__wire__lease__init)
    case .revoke(let revoke):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_REVOKE
      unsafe envelope.revoke = builder.message(
        Tl__Wire__SampleList(
          base: .init(), variant: UInt32(revoke.variant), n_samples: revoke.samples.count,
          samples: builder.encodeSamples(revoke.samples)),
        tl__wire__sample_list__init)
    case .step(let share):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_STEP
      unsafe envelope.step = share.build(&builder)
    case .evaluate(let share):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_EVALUATE
      unsafe envelope.evaluate = share.build(&builder)
    case .heartbeat:
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_HEARTBEAT
      unsafe envelope.heartbeat = builder.encodeNothing()
    case .finished(let finished):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_FINISHED
      unsafe envelope.finished = builder.message(
        Tl__Wire__Finished(base: .init(), outcome: UInt32(finished.outcome.rawValue)),
        tl__wire__finished__init)
    case .statusReply(let reply):
      unsafe envelope.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_STATUS_REPLY
      unsafe envelope.status_reply = reply.build(&builder)
    }
  }
}

extension Welcome {
  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Welcome> {
    unsafe builder.message(
      Tl__Wire__Welcome(
        base: .init(), attempt: attempt, object_port: UInt32(terms.objectPort),
        manifest: builder.encodeDigest(terms.manifest),
        backbone: builder.encodeDigest(terms.backbone),
        normalization: builder.encodeText(terms.normalization),
        preprocessing_version: terms.preprocessingVersion,
        precision: builder.encodeText(terms.precision), class_count: terms.classCount,
        feature_count: terms.featureCount, label_smoothing: terms.labelSmoothing),
      tl__wire__welcome__init)
  }
}

extension Share {
  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Wire__Share> {
    unsafe builder.message(
      Tl__Wire__Share(
        base: .init(), id: builder.encodeShareID(id), variant: UInt32(variant),
        n_samples: samples.count, samples: builder.encodeSamples(samples)),
      tl__wire__share__init)
  }
}
