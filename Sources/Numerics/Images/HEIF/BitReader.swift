/// Reads the headers of coded pictures bit by bit, the most significant of a byte first.
struct BitReader {
  private let bytes: [UInt8]
  private let format: ImageFormat
  private var position = 0

  init(_ bytes: [UInt8], of format: ImageFormat) {
    self.bytes = bytes
    self.format = format
  }

  /// A number of up to 32 bits.
  mutating func number(_ bitCount: Int) throws(ImageError) -> Int {
    guard bitCount <= 8 * bytes.count - position else { throw .prematureEnd(format: format) }
    var value = 0
    for _ in 0..<bitCount {
      value = value << 1 | Int(bytes[position / 8] >> (7 - position % 8) & 1)
      position += 1
    }
    return value
  }

  mutating func flag() throws(ImageError) -> Bool { try number(1) == 1 }

  mutating func skip(_ bitCount: Int) throws(ImageError) {
    guard bitCount <= 8 * bytes.count - position else { throw .prematureEnd(format: format) }
    position += bitCount
  }

  /// A number below 2³² of the exponential Golomb code (ITU-T H.265, 9.2), which AV1 has as well (4.10.3).
  mutating func variableNumber() throws(ImageError) -> Int {
    var zeroCount = 0
    while try number(1) == 0 { zeroCount += 1 }
    guard zeroCount < 32 else {
      throw .malformed(format: format, reason: "its parameters have a number that is too large")
    }
    return (1 << zeroCount) - 1 + (try number(zeroCount))
  }
}
