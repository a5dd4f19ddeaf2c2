import Digest

// The encoding, all numbers little-endian:
//
//   8 bytes   "tlmanif" and a zero byte
//   u32       format version
//   u32       number of classes, then for each: u16 length and the name's bytes
//   u32       number of entries, then for each: u8 part (0 training, 1 validation, 2 test),
//             u16 length and the path's bytes, u32 class index, u64 byte count, 32 bytes SHA-256
//
// and nothing behind.
extension Manifest {
  public static let formatVersion: UInt32 = 2

  private static let signature = Array("tlmanif\0".utf8)

  static func encode(classes: [String], entries: [Entry]) -> [UInt8] {
    var bytes = signature
    bytes.reserveCapacity(32 + entries.reduce(32 * classes.count) { $0 + $1.path.utf8.count + 47 })
    append(UInt64(formatVersion), bytes: 4, to: &bytes)
    append(UInt64(classes.count), bytes: 4, to: &bytes)
    for name in classes { append(name, to: &bytes) }
    append(UInt64(entries.count), bytes: 4, to: &bytes)
    for entry in entries {
      bytes.append(entry.part.rawValue)
      append(entry.path, to: &bytes)
      append(UInt64(entry.classIndex), bytes: 4, to: &bytes)
      append(entry.byteCount, bytes: 8, to: &bytes)
      bytes += entry.digest.bytes
    }
    return bytes
  }

  /// Reads what `encoded` wrote. Anything else, from a wrong version to an unsorted path, throws.
  public init(decoding bytes: [UInt8]) throws(ManifestError) {
    var reader = Reader(bytes: bytes[...])
    guard try reader.take(Self.signature.count).elementsEqual(Self.signature) else {
      throw .malformed("it does not begin like one")
    }
    let version = UInt32(try reader.number(bytes: 4))
    guard version == Self.formatVersion else { throw .unknownVersion(version) }
    var classes: [String] = []
    for _ in 0..<(try reader.number(bytes: 4)) { classes.append(try reader.text()) }
    var entries: [Entry] = []
    for _ in 0..<(try reader.number(bytes: 4)) {
      guard let part = Part(rawValue: UInt8(try reader.number(bytes: 1))) else {
        throw .malformed("an entry is of no known part")
      }
      let path = try reader.text()
      let classIndex = Int(try reader.number(bytes: 4))
      let byteCount = try reader.number(bytes: 8)
      guard let digest = ContentDigest(bytes: try reader.take(ContentDigest.byteCount)) else {
        throw .malformed("a digest is cut off")
      }
      entries.append(
        Entry(
          path: path, part: part, classIndex: classIndex, byteCount: byteCount, digest: digest))
    }
    guard reader.bytes.isEmpty else { throw .malformed("something follows its end") }
    try self.init(classes: classes, entries: entries)
  }

  private static func append(_ number: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    // Validation bounds every path and name far below 2¹⁶ bytes.
    append(UInt64(text.utf8.count), bytes: 2, to: &bytes)
    bytes += text.utf8
  }

  /// The rest of the bytes. What a count announces is read one by one, so that a wrong count runs
  /// into the end before it can claim memory.
  private struct Reader {
    var bytes: ArraySlice<UInt8>

    mutating func take(_ count: Int) throws(ManifestError) -> ArraySlice<UInt8> {
      guard count <= bytes.count else { throw .malformed("it is cut off") }
      defer { bytes = bytes.dropFirst(count) }
      return bytes.prefix(count)
    }

    mutating func number(bytes count: Int) throws(ManifestError) -> UInt64 {
      try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func text() throws(ManifestError) -> String {
      let length = Int(try number(bytes: 2))
      guard let text = String(validating: try take(length), as: UTF8.self) else {
        throw .malformed("a name is not UTF-8")
      }
      return text
    }
  }
}
