import CWireMessages
import ClusterCore
import Protobuf

extension Envelope where Message == WorkerMessage {
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
    unsafe message.build(&builder, &envelope.pointee)
    return unsafe builder.pack(envelope)
  }
}

extension WorkerMessage {
  fileprivate func build(
    _ builder: inout MessageBuilder, _ envelope: inout Tl__Wire__WorkerEnvelope
  ) {
    switch self {
    case .hello(let hello):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_HELLO
      unsafe envelope.hello = hello.build(&builder)
    case .joined(let joined):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_JOINED
      unsafe envelope.joined = builder.message(
        Tl__Wire__Joined(base: .init(), probe: builder.encodeDigest(joined.probe)),
        tl__wire__joined__init)
    case .holding(let holding):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_HOLDING
      unsafe envelope.holding = builder.message(
        Tl__Wire__SampleList(
          base: .init(), variant: UInt32(holding.variant), n_samples: holding.samples.count,
          samples: builder.encodeSamples(holding.samples)),
        tl__wire__sample_list__init)
    case .features(let features):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_FEATURES
      unsafe envelope.features = builder.encodeItem(features.item)
    case .undecodable(let undecodable):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_UNDECODABLE
      unsafe envelope.undecodable = builder.message(
        Tl__Wire__Undecodable(
          base: .init(), item: builder.encodeItem(undecodable.item),
          reason: builder.encodeText(undecodable.reason)),
        tl__wire__undecodable__init)
    case .gradientSum(let sum):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_GRADIENT_SUM
      unsafe envelope.gradient_sum = builder.message(
        Tl__Wire__ShareSums(
          base: .init(), share: builder.encodeShareID(sum.share), count: sum.count,
          correct: sum.correct, loss_sum: sum.lossSum),
        tl__wire__share_sums__init)
    case .evaluation(let sum):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_EVALUATION
      unsafe envelope.evaluation = builder.message(
        Tl__Wire__ShareSums(
          base: .init(), share: builder.encodeShareID(sum.share), count: sum.count,
          correct: sum.correct, loss_sum: sum.lossSum),
        tl__wire__share_sums__init)
    case .decline(let decline):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_DECLINE
      unsafe envelope.decline = builder.message(
        Tl__Wire__Decline(
          base: .init(), share: builder.encodeShareID(decline.share),
          n_missing: decline.missing.count, missing: builder.encodeSamples(decline.missing)),
        tl__wire__decline__init)
    case .diverged(let diverged):
      unsafe envelope.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_DIVERGED
      unsafe envelope.diverged = builder.message(
        Tl__Wire__Diverged(
          base: .init(), share: builder.encodeShareID(diverged.share),
          reason: builder.encodeText(diverged.reason)),
        tl__wire__diverged__init)
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

extension Hello {
  fileprivate func build(
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
