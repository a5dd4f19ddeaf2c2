import CWireMessages
import ClusterCore
import Digest
import Protobuf

// Checks of single fields, on both ways. What a peer sends must pass `decode…`; what the program
// itself has to say is made fit by `encode…`, as an overlong file name in a reason is nobody's bug.

func decodeFrame<Message: Equatable, Unpackable>(
  _ frame: RawSpan, _ unpack: Unpacked<Unpackable>.UnpackFunction,
  _ read: (Unpackable) throws(WireError) -> Message
) throws(WireError) -> Message {
  let unpacked: Unpacked<Unpackable>
  do {
    unpacked = try unsafe Unpacked(
      frame, byteCountMax: WireLimits.controlFrameByteCountMax,
      budget: WireLimits.unpackingByteCountMax, with: unpack)
  } catch {
    throw .frame(error)
  }
  return try unpacked.read(read)
}

/// The message that a pointer field leads to.
func decodePart<Part>(
  _ part: UnsafeMutablePointer<Part>?, _ field: StaticString
) throws(WireError) -> Part {
  guard let part = unsafe part else { throw .missing(field: "\(field)") }
  return unsafe part.pointee
}

func decodeText(
  _ data: ProtobufCBinaryData, _ field: StaticString
) throws(WireError) -> String {
  guard unsafe data.len <= Limits.textBytesMax else { throw .outOfRange(field: "\(field)") }
  do {
    return try unsafe copyText(data, field: "\(field)")
  } catch {
    throw .frame(error)
  }
}

func decodeDigest(
  _ data: ProtobufCBinaryData, _ field: StaticString
) throws(WireError) -> ContentDigest {
  guard let digest = unsafe ContentDigest(bytes: copyBytes(data)) else {
    throw .outOfRange(field: "\(field)")
  }
  return digest
}

func decodeSamples(
  _ first: UnsafeMutablePointer<UInt32>?, count: Int, _ field: StaticString,
  isEmptyAllowed: Bool = false
) throws(WireError) -> [SampleIndex] {
  guard count <= Limits.samplesPerListMax, count > 0 || isEmptyAllowed else {
    throw .outOfRange(field: "\(field)")
  }
  return unsafe copyNumbers(first, count: count)
}

func decodeVariant(_ variant: UInt32) throws(WireError) -> UInt16 {
  guard let variant = UInt16(exactly: variant) else { throw .outOfRange(field: "variant") }
  return variant
}

func decodeItem(
  _ item: UnsafeMutablePointer<Tl__Wire__Item>?
) throws(WireError) -> SampleVariant {
  let item = try unsafe decodePart(item, "item")
  return SampleVariant(
    sample: unsafe item.sample, variant: try decodeVariant(unsafe item.variant))
}

func decodeShareID(
  _ id: UnsafeMutablePointer<Tl__Wire__ShareId>?
) throws(WireError) -> ShareID {
  let id = try unsafe decodePart(id, "share id")
  return unsafe ShareID(
    incarnation: Incarnation(high: id.incarnation_high, low: id.incarnation_low), step: id.step,
    number: id.number)
}

extension MessageBuilder {
  /// Text of at most `byteCountMax` bytes: longer text is cut at a character, and NUL, which no
  /// receiver accepts, becomes U+FFFD.
  mutating func encodeText(
    _ text: String, byteCountMax: Int = Limits.textBytesMax
  ) -> ProtobufCBinaryData {
    if text.utf8.count <= byteCountMax && !text.utf8.contains(0) {
      return unsafe bytes(text)
    }
    var fitting = ""
    for scalar in text.unicodeScalars {
      let replacement = scalar == "\0" ? "\u{fffd}" : scalar
      guard fitting.utf8.count + UTF8.width(replacement) <= byteCountMax else { break }
      fitting.unicodeScalars.append(replacement)
    }
    return unsafe bytes(fitting)
  }

  mutating func encodeDigest(_ digest: ContentDigest) -> ProtobufCBinaryData {
    let digestBytes = digest.bytes
    return unsafe digestBytes.withUnsafeBytes { unsafe bytes($0) }
  }

  /// - Precondition: at most `Limits.samplesPerListMax`
  mutating func encodeSamples(_ samples: [SampleIndex]) -> UnsafeMutablePointer<UInt32>? {
    precondition(samples.count <= Limits.samplesPerListMax, "a list too long for one message")
    return unsafe array(samples)
  }

  mutating func encodeItem(_ item: SampleVariant) -> UnsafeMutablePointer<Tl__Wire__Item> {
    unsafe message(
      Tl__Wire__Item(base: .init(), sample: item.sample, variant: UInt32(item.variant)),
      tl__wire__item__init)
  }

  mutating func encodeShareID(_ id: ShareID) -> UnsafeMutablePointer<Tl__Wire__ShareId> {
    unsafe message(
      Tl__Wire__ShareId(
        base: .init(), incarnation_high: id.incarnation.high, incarnation_low: id.incarnation.low,
        step: id.step, number: id.number),
      tl__wire__share_id__init)
  }

  mutating func encodeNothing() -> UnsafeMutablePointer<Tl__Wire__Nothing> {
    unsafe message(tl__wire__nothing__init)
  }
}
