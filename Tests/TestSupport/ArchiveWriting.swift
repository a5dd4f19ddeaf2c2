/// Archives as tests need them, good and bad, written byte by byte: an ordinary program makes no bad
/// ones.
public enum ArchiveWriting {
  /// What lies in an archive.
  public struct Item: Sendable {
    public var path: String
    public var bytes: [UInt8]
    /// Of a tar archive: `0` a file, `5` a folder, `1` a hard link, `2` a symbolic link, `3` a device.
    public var type: Character
    public var linkTarget: String
    /// What the archive says, where that isn't the truth.
    public var claimedByteCount: Int?

    public init(
      _ path: String, _ bytes: [UInt8] = [], type: Character = "0", linkTarget: String = "",
      claimedByteCount: Int? = nil
    ) {
      self.path = path
      self.bytes = bytes
      self.type = type
      self.linkTarget = linkTarget
      self.claimedByteCount = claimedByteCount
    }
  }

  /// A tar archive (POSIX.1-1988, "ustar").
  public static func tar(_ items: [Item]) -> [UInt8] {
    var archive: [UInt8] = []
    for item in items {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, at offset: Int) {
        header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
      }
      precondition(item.path.utf8.count <= 100)
      put(item.path, at: 0)
      put("0000644\0", at: 100)
      put("0000000\0", at: 108)
      put("0000000\0", at: 116)
      put(octal(item.claimedByteCount ?? item.bytes.count, digits: 11), at: 124)
      put("00000000000\0", at: 136)
      put("        ", at: 148)
      put(String(item.type), at: 156)
      put(item.linkTarget, at: 157)
      put("ustar\u{0}00", at: 257)
      let sum = header.reduce(0) { $0 + Int($1) }
      put(octal(sum, digits: 6) + "\0 ", at: 148)
      archive += header + item.bytes
      archive += [UInt8](repeating: 0, count: (512 - item.bytes.count % 512) % 512)
    }
    return archive + [UInt8](repeating: 0, count: 1024)
  }

  /// The bytes as gzip has them (RFC 1952), in blocks that aren't compressed.
  public static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(0xFFFF)
      rest = rest.dropFirst(block.count)
      let count = UInt16(block.count)
      file += [rest.isEmpty ? 1 : 0] + littleEndian(count) + littleEndian(~count) + block
    } while !rest.isEmpty
    return file + littleEndian(checkSum(bytes))
      + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
  }

  /// A ZIP archive of files that aren't compressed (APPNOTE.TXT of PKWARE, 4.3).
  public static func zip(_ items: [Item]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for item in items {
      let name = Array(item.path.utf8)
      let count = littleEndian(UInt32(item.claimedByteCount ?? item.bytes.count))
      // Version, flags, method, time and date, check sum, sizes, lengths of name and extra field.
      let common =
        [20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + littleEndian(checkSum(item.bytes)) + count + count
        + littleEndian(UInt16(name.count)) + [0, 0]
      // Attributes of Unix say what it is.
      let mode: UInt32 = item.type == "2" ? 0o120777 : item.type == "5" ? 0o040755 : 0o100644
      directory += [0x50, 0x4B, 1, 2, 20, 3] + common + [0, 0, 0, 0, 0, 0]
      directory += littleEndian(mode << 16) + littleEndian(UInt32(archive.count)) + name
      archive += [0x50, 0x4B, 3, 4] + common + name + item.bytes
    }
    let end =
      [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + littleEndian(UInt16(items.count))
      + littleEndian(UInt16(items.count)) + littleEndian(UInt32(directory.count))
      + littleEndian(UInt32(archive.count)) + [0, 0]
    return archive + directory + end
  }

  private static func octal(_ value: Int, digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
  }

  /// CRC-32 as ZIP and gzip have it.
  private static func checkSum(_ bytes: [UInt8]) -> UInt32 {
    let table: [UInt32] = (0..<256).map { index in
      (0..<8).reduce(UInt32(index)) { sum, _ in
        sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320
      }
    }
    return ~bytes.reduce(~UInt32(0)) { sum, byte in
      sum >> 8 ^ table[Int((sum ^ UInt32(byte)) & 0xFF)]
    }
  }
}
