/// Reads a part of a file of boxes (ISO/IEC 14496-12, 4.2) from front to back: numbers with the most
/// significant byte first.
struct BoxReader {
  struct Box {
    /// Four characters.
    let type: String
    /// Where in the file its content lies.
    let content: Range<Int>
  }

  private let bytes: [UInt8]
  private let format: ImageFormat
  private(set) var position: Int
  private let end: Int

  /// - Parameter range: lies within the file.
  init(_ bytes: [UInt8], _ range: Range<Int>, of format: ImageFormat) {
    self.bytes = bytes
    self.format = format
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position == end }

  /// What hasn't been read.
  var rest: Range<Int> { position..<end }

  /// A number of up to 8 bytes; of none it is 0. Larger ones than `Int.max` are cut to it: nothing that is
  /// counted has as many.
  mutating func number(_ byteCount: Int) throws(ImageError) -> Int {
    let digits = bytes[try take(byteCount)]
    let value = digits.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(clamping: value)
  }

  /// A number of 32 bits with a sign.
  mutating func signedNumber() throws(ImageError) -> Int {
    Int(Int32(truncatingIfNeeded: try number(4)))
  }

  mutating func fourCharacters() throws(ImageError) -> String {
    // Bytes that are no characters of ASCII can't be of a type that is known.
    String(decoding: bytes[try take(4)].map { $0 & 0x7f }, as: UTF8.self)
  }

  /// A text that ends with a zero or with the part.
  mutating func text() throws(ImageError) -> String {
    let characters = bytes[rest].prefix { $0 != 0 }
    _ = try take(min(characters.count + 1, end - position))
    return String(decoding: characters, as: UTF8.self)
  }

  /// Where the next bytes lie, all of them there.
  mutating func take(_ count: Int) throws(ImageError) -> Range<Int> {
    guard count >= 0, count <= end - position else { throw .prematureEnd(format: format) }
    defer { position += count }
    return position..<position + count
  }

  mutating func skip(_ count: Int) throws(ImageError) { _ = try take(count) }

  /// The next box, nil at the end.
  mutating func box() throws(ImageError) -> Box? {
    if isAtEnd { return nil }
    let start = position
    var size = try number(4)
    let type = try fourCharacters()
    switch size {
    // To the end of what contains it.
    case 0: size = end - start
    case 1: size = try number(8)
    default: break
    }
    let headerSize = position - start
    guard size >= headerSize else {
      throw .malformed(format: format, reason: "one of its boxes is shorter than its header")
    }
    return Box(type: type, content: try take(size - headerSize))
  }

  /// The version of a box that has one (ISO/IEC 14496-12, 4.2.2), and its flags.
  mutating func versionAndFlags() throws(ImageError) -> (version: Int, flags: Int) {
    let value = try number(4)
    return (value >> 24, value & 0xff_ffff)
  }
}
