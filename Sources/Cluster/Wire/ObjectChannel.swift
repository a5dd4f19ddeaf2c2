import CWireMessages
import ClusterCore
import Digest
import Protobuf

// A worker asks for a piece of an object, named by its SHA-256, and gets it or hears that there is
// none: at the coordinator's one address, but over a connection of its own, so that a photograph under
// way never delays a step. Objects never change, so neither incarnation nor session is needed to
// recognize a late answer: it is as good as a timely one.

/// What a worker asks for.
public enum ObjectRequest: Equatable, Sendable {
  case get(Get)

  /// The bytes of an object from `offset` on, as many as there are up to `byteCount`.
  public struct Get: Equatable, Sendable {
    public var digest: ContentDigest
    /// At most `WireLimits.objectByteCountMax`.
    public var offset: UInt64
    /// From 1 to `WireLimits.chunkByteCountMax`.
    public var byteCount: UInt32

    public init(digest: ContentDigest, offset: UInt64, byteCount: UInt32) {
      self.digest = digest
      self.offset = offset
      self.byteCount = byteCount
    }
  }
}

/// What a coordinator answers.
public enum ObjectReply: Equatable, Sendable {
  case object(Chunk)
  /// The coordinator hasn't got such an object.
  case missing(ContentDigest)

  /// A piece of an object; its bytes are the next frame.
  public struct Chunk: Equatable, Sendable {
    public var digest: ContentDigest
    public var offset: UInt64
    /// The length of the next frame, at most `WireLimits.chunkByteCountMax`; 0 at the object's end.
    public var byteCount: UInt32
    /// The length of the whole object, at least `offset + byteCount` and at most
    /// `WireLimits.objectByteCountMax`.
    public var byteCountTotal: UInt64

    public init(digest: ContentDigest, offset: UInt64, byteCount: UInt32, byteCountTotal: UInt64) {
      self.digest = digest
      self.offset = offset
      self.byteCount = byteCount
      self.byteCountTotal = byteCountTotal
    }
  }
}

extension ObjectRequest {
  /// Reads a frame that a worker sent.
  ///
  /// - Throws: `frame`, `unknownMessage`, `missing`, `outOfRange`
  public init(decoding frame: RawSpan) throws(WireError) {
    self = try unsafe decodeFrame(frame, tl__wire__worker_envelope__unpack) {
      (envelope) throws(WireError) in
      try unsafe ObjectRequest(envelope)
    }
  }

  init(_ envelope: Tl__Wire__WorkerEnvelope) throws(WireError) {
    guard unsafe envelope.message_case == TL__WIRE__WORKER_ENVELOPE__MESSAGE_GET else {
      throw .unknownMessage
    }
    let get = try unsafe decodePart(envelope.get, "get")
    guard unsafe get.offset <= WireLimits.objectByteCountMax else {
      throw .outOfRange(field: "offset")
    }
    guard unsafe (1...UInt32(WireLimits.chunkByteCountMax)).contains(get.byte_count) else {
      throw .outOfRange(field: "byte count")
    }
    self = .get(
      unsafe Get(
        digest: try decodeDigest(get.digest, "digest"), offset: get.offset,
        byteCount: get.byte_count))
  }

  /// The frame.
  public func encoded() -> [UInt8] {
    switch self {
    case .get(let get):
      var builder = MessageBuilder()
      // unsafe: everything points into the builder, which lives until after `pack`.
      let request = unsafe builder.message(tl__wire__worker_envelope__init)
      unsafe request.pointee.message_case = TL__WIRE__WORKER_ENVELOPE__MESSAGE_GET
      unsafe request.pointee.get = builder.message(
        Tl__Wire__Get(
          base: .init(), digest: builder.encodeDigest(get.digest), offset: get.offset,
          byte_count: get.byteCount),
        tl__wire__get__init)
      return unsafe builder.pack(request)
    }
  }
}

extension ObjectReply {
  /// Reads a frame that a coordinator sent.
  ///
  /// - Throws: `frame`, `unknownMessage`, `missing`, `outOfRange`
  public init(decoding frame: RawSpan) throws(WireError) {
    self = try unsafe decodeFrame(frame, tl__wire__coordinator_envelope__unpack) {
      (reply) throws(WireError) in
      switch unsafe reply.message_case {
      case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_OBJECT:
        return .object(try unsafe Chunk(decodePart(reply.object, "object")))
      case TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_MISSING:
        let missing = try unsafe decodePart(reply.missing, "missing")
        return .missing(try unsafe decodeDigest(missing.digest, "digest"))
      default: throw .unknownMessage
      }
    }
  }

  /// How many bytes follow in a frame of their own; 0 where none does.
  public var byteCount: Int {
    switch self {
    case .object(let chunk): Int(chunk.byteCount)
    case .missing: 0
    }
  }

  /// The frame.
  public func encoded() -> [UInt8] {
    var builder = MessageBuilder()
    // unsafe: everything points into the builder, which lives until after `pack`.
    let reply = unsafe builder.message(tl__wire__coordinator_envelope__init)
    switch self {
    case .object(let chunk):
      unsafe reply.pointee.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_OBJECT
      unsafe reply.pointee.object = builder.message(
        Tl__Wire__Object(
          base: .init(), digest: builder.encodeDigest(chunk.digest), offset: chunk.offset,
          byte_count: chunk.byteCount, byte_count_total: chunk.byteCountTotal),
        tl__wire__object__init)
    case .missing(let digest):
      unsafe reply.pointee.message_case = TL__WIRE__COORDINATOR_ENVELOPE__MESSAGE_MISSING
      unsafe reply.pointee.missing = builder.message(
        Tl__Wire__Missing(base: .init(), digest: builder.encodeDigest(digest)),
        tl__wire__missing__init)
    }
    return unsafe builder.pack(reply)
  }
}

extension ObjectReply.Chunk {
  fileprivate init(_ object: Tl__Wire__Object) throws(WireError) {
    guard unsafe object.byte_count <= UInt32(WireLimits.chunkByteCountMax) else {
      throw .outOfRange(field: "byte count")
    }
    // No overflow: the total is bounded, and the offset by it.
    guard unsafe object.byte_count_total <= WireLimits.objectByteCountMax,
      unsafe object.offset <= object.byte_count_total,
      unsafe UInt64(object.byte_count) <= object.byte_count_total - object.offset
    else { throw .outOfRange(field: "object's length") }
    unsafe self.init(
      digest: try decodeDigest(object.digest, "digest"), offset: object.offset,
      byteCount: object.byte_count, byteCountTotal: object.byte_count_total)
  }
}
