/// The outer layer of the protobuf wire format: just enough to say why bytes couldn't be unpacked.
enum WireFormat {
  /// Where the field begins that the end of the bytes cuts off.
  ///
  /// - Returns: nil if the bytes end where a field ends, or if they aren't protobuf at all
  static func offsetOfTruncatedField(in bytes: RawSpan) -> Int? {
    var offset = 0
    while offset < bytes.byteCount {
      let start = offset
      guard let tag = varint(in: bytes, at: &offset) else {
        return offset == bytes.byteCount ? start : nil
      }
      guard tag >> 3 != 0 else { return nil }
      let byteCount: UInt64
      switch tag & 7 {
      case 0, 2:
        guard let value = varint(in: bytes, at: &offset) else {
          return offset == bytes.byteCount ? start : nil
        }
        byteCount = tag & 7 == 0 ? 0 : value
      case 1: byteCount = 8
      case 5: byteCount = 4
      default: return nil
      }
      guard byteCount <= UInt64(bytes.byteCount - offset) else { return start }
      offset += Int(byteCount)
    }
    return nil
  }

  /// Nil at the end of the bytes, or after the ten bytes that a varint may have.
  private static func varint(in bytes: RawSpan, at offset: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard offset < bytes.byteCount else { return nil }
      // unsafe: the offset was just compared with the end.
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
