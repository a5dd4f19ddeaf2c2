/// Writes little-endian numbers.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func write(_ value: UInt32) {
    for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  mutating func write(_ value: Float) { write(value.bitPattern) }

  mutating func write(_ text: String) {
    write(UInt32(text.utf8.count))
    bytes += text.utf8
  }
}

/// Reads little-endian numbers, each within its bounds.
struct ByteReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }
  var byteCountMax: Int { bytes.count }

  mutating func read(count: Int) throws(MobileNetError) -> [UInt8] {
    guard count <= bytes.count - place else { throw .object(reason: "it is cut off") }
    defer { place += count }
    return Array(bytes[place..<place + count])
  }

  /// All that is left.
  mutating func rest() throws(MobileNetError) -> [UInt8] { try read(count: bytes.count - place) }

  mutating func uint32() throws(MobileNetError) -> UInt32 {
    try read(count: 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  mutating func integer(_ range: ClosedRange<Int>) throws(MobileNetError) -> Int {
    let value = Int(try uint32())
    guard range.contains(value) else {
      throw .object(reason: "a number is \(value) instead of \(range)")
    }
    return value
  }

  mutating func count(max: Int) throws(MobileNetError) -> Int { try integer(0...max) }

  mutating func float() throws(MobileNetError) -> Float { Float(bitPattern: try uint32()) }

  mutating func floats(count: Int) throws(MobileNetError) -> [Float] {
    let raw = try read(count: 4 * count)
    return (0..<count).map { index in
      Float(
        bitPattern: (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(raw[4 * index + $1]) })
    }
  }

  mutating func text() throws(MobileNetError) -> String {
    let raw = try read(count: try count(max: 4096))
    guard let text = String(validating: raw, as: UTF8.self) else {
      throw .object(reason: "a text isn't UTF-8")
    }
    return text
  }
}
