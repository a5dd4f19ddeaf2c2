/// The outer structure of a JPEG file (ITU T.81, annex B): a sequence of markers, some of which
/// are followed by a segment whose length they give, or by entropy-coded data.
enum JPEGMarkers {
  /// Whether the markers lead to an end-of-image marker before the bytes run out.
  static func reachEnd(_ bytes: [UInt8]) -> Bool {
    var position = 2
    while true {
      // Entropy-coded data hold no marker: a 0xff in them is followed by 0, restart markers aside.
      guard let marker = nextMarker(in: bytes, from: &position) else { return false }
      switch marker {
      case 0xd9: return true
      case 0x00, 0x01, 0xd0...0xd7: continue
      default:
        guard position + 2 <= bytes.count else { return false }
        position += Int(bytes[position]) << 8 | Int(bytes[position + 1])
      }
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
