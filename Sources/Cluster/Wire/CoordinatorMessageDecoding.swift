import CWireMessages
import ClusterCore
import Protobuf

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
}

extension CoordinatorMessage {
  fileprivate init(_ envelope: Tl__Wire__CoordinatorEnvelope) throws(WireError) {
    switch unsafe envelope.message_case {
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_WELCOME:
      let welcome = try unsafe decodePart(envelope.welcome, "welcome")
      self = .welcome(
        unsafe Welcome(attempt: welcome.attempt, terms: try WorkerTerms(welcome)))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_REFUSE:
      let refuse = try unsafe decodePart(envelope.refuse, "refuse")
      guard let raw = UInt8(exactly: unsafe refuse.code), let code = Refuse.Code(rawValue: raw)
      else { throw .outOfRange(field: "code of refusal") }
      self = .refuse(Refuse(code: code, reason: try unsafe decodeText(refuse.reason, "reason")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_LEASE:
      let lease = try unsafe decodePart(envelope.lease, "lease")
      self = .lease(
        unsafe Lease(item: try decodeItem(lease.item), withFeatures: lease.with_features != 0))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_REVOKE:
      let revoke = try unsafe decodePart(envelope.revoke, "revoke")
      self = .revoke(
        Revoke(
          variant: try decodeVariant(unsafe revoke.variant),
          samples: try unsafe decodeSamples(
            revoke.samples, count: revoke.n_samples, "revoked samples", isEmptyAllowed: true)))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_STEP:
      self = .step(try unsafe Share(decodePart(envelope.step, "step")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_EVALUATE:
      self = .evaluate(try unsafe Share(decodePart(envelope.evaluate, "evaluate")))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_HEARTBEAT: self = .heartbeat
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_FINISHED:
      let finished = try unsafe decodePart(envelope.finished, "finished")
      guard let raw = UInt8(exactly: unsafe finished.outcome),
        let outcome = Finished.Outcome(rawValue: raw)
      else { throw .outOfRange(field: "outcome") }
      self = .finished(Finished(outcome: outcome))
    case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_STATUS_REPLY:
      self = .statusReply(
        try unsafe StatusReply(decodePart(envelope.status_reply, "status reply")))
    default: throw .unknownMessage
    }
  }
}

extension WorkerTerms {
  fileprivate init(_ terms: Tl__Wire__Welcome) throws(WireError) {
    guard let objectPort = UInt16(exactly: unsafe terms.object_port) else {
      throw .outOfRange(field: "object port")
    }
    let dimensions = unsafe HeadDimensions(
      classCount: terms.class_count, featureCount: terms.feature_count)
    guard dimensions.isValid else { throw .outOfRange(field: "number of classes or features") }
    guard unsafe terms.label_smoothing >= 0, unsafe terms.label_smoothing < 1 else {
      throw .outOfRange(field: "label smoothing")
    }
    unsafe self.init(
      objectPort: objectPort,
      manifest: try decodeDigest(terms.manifest, "manifest digest"),
      backbone: try decodeDigest(terms.backbone, "backbone digest"),
      normalization: try decodeText(terms.normalization, "normalization"),
      preprocessingVersion: terms.preprocessing_version,
      precision: try decodeText(terms.precision, "precision"),
      classCount: terms.class_count, featureCount: terms.feature_count,
      labelSmoothing: terms.label_smoothing)
  }
}

extension Share {
  fileprivate init(_ share: Tl__Wire__Share) throws(WireError) {
    self.init(
      id: try unsafe decodeShareID(share.id), variant: try decodeVariant(unsafe share.variant),
      samples: try unsafe decodeSamples(
        share.samples, count: share.n_samples, "samples of the share"))
  }
}
