/// The outer structure of a JPEG file (ITU T.81, annex B): a sequence of markers, some of which
/// are followed by a segment whose length they give, or by entropy-coded data.
enum JPEGMarkers {
  /// Refuses kinds of JPEG that libjpeg-turbo decodes in some of its versions only: the verdict on a
  /// file must be the same everywhere.
  static func checkFrame(of bytes: [UInt8]) throws(ImageError) {
    var position = 2
    while let marker = nextMarker(in: bytes, from: &position) {
      switch marker {
      case 0xd9, 0xda: return
      case 0x00, 0x01, 0xd0...0xd8: continue
      default: break
      }
      guard position + 2 < bytes.count else { return }
      // All of C0 to CF but tables (C4, CC) and an extension (C8) are frame headers.
      if 0xc0...0xcf ~= marker, ![0xc4, 0xc8, 0xcc].contains(marker) {
        guard [0xc0, 0xc1, 0xc2, 0xc9, 0xca].contains(marker) else {
          throw .malformed(
            format: .jpeg, reason: "it is lossless or hierarchical, which few programs read")
        }
        guard bytes[position + 2] == 8 else {
          throw .malformed(
            format: .jpeg, reason: "its samples have \(bytes[position + 2]) bits instead of 8")
        }
        return
      }
      position += Int(bytes[position]) << 8 | Int(bytes[position + 1])
    }
  }

  /// Where the content of the first segment with this marker and start lies, ahead of the picture's
  /// data; nil where there is none.
  static func segment(
    _ wanted: UInt8, startingWith start: [UInt8], in bytes: [UInt8]
  ) -> Range<Int>? {
    var position = 2
    while let marker = nextMarker(in: bytes, from: &position) {
      switch marker {
      case 0xd9, 0xda: return nil
      case 0x00, 0x01, 0xd0...0xd8: continue
      default:
        guard position + 2 <= bytes.count else { return nil }
        let end = position + (Int(bytes[position]) << 8 | Int(bytes[position + 1]))
        let content = position + 2
        guard content <= end, end <= bytes.count else { return nil }
        if marker == wanted, bytes[content..<end].starts(with: start) { return content..<end }
        position = end
      }
    }
    return nil
  }

  /// The byte after the next run of 0xff, leaving the position behind it.
  private static func nextMarker(in bytes: [UInt8], from position: inout Int) -> UInt8? {
    while position < bytes.count, bytes[position] != 0xff { position += 1 }
    while position < bytes.count, bytes[position] == 0xff { position += 1 }
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }
}
