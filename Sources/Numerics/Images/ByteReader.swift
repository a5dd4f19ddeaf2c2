/// Reads a file of little-endian numbers from front to back.
struct ByteReader {
  private let bytes: [UInt8]
  private let format: ImageFormat
  /// Where the next byte is read.
  var position: Int

  init(_ bytes: [UInt8], at position: Int, of format: ImageFormat) {
    self.bytes = bytes
    self.position = position
    self.format = format
  }

  mutating func byte() throws(ImageError) -> UInt8 {
    guard bytes.indices.contains(position) else { throw .prematureEnd(format: format) }
    defer { position += 1 }
    return bytes[position]
  }

  /// A number of 1 to 4 bytes.
  mutating func number(_ byteCount: Int) throws(ImageError) -> Int {
    let digits = try take(byteCount)
    return digits.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The next bytes, all of them there.
  mutating func take(_ count: Int) throws(ImageError) -> ArraySlice<UInt8> {
    guard position >= 0, count >= 0, count <= bytes.count - position else {
      throw .prematureEnd(format: format)
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func skip(_ count: Int) throws(ImageError) { _ = try take(count) }
}
