import Digest

/// Photographs by their contents: what a run that begins with the head of another keeps of that one's
/// training, so that it can be told later which photographs its accuracy can't be measured on.
///
/// The file: the magic number, the digests in rising order, 32 bytes each, and the SHA-256 of all
/// before it.
public struct PhotographList: Equatable, Sendable {
  private static let magic: [UInt8] = Array("tl-seen1".utf8)

  public let photographs: Set<ContentDigest>

  public init(_ photographs: Set<ContentDigest>) { self.photographs = photographs }

  public var encoded: [UInt8] {
    let digests = photographs.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
    let content = Self.magic + digests.flatMap { $0 }
    return content + ContentDigest.sha256(content).bytes
  }

  /// Nil where the bytes are no such list, or not all of it.
  public init?(bytes: [UInt8]) {
    let length = ContentDigest.byteCount
    guard bytes.count >= Self.magic.count + length,
      (bytes.count - Self.magic.count).isMultiple(of: length),
      bytes.starts(with: Self.magic),
      ContentDigest.sha256(Array(bytes.dropLast(length))).bytes == Array(bytes.suffix(length))
    else { return nil }
    var photographs: Set<ContentDigest> = []
    for start in stride(from: Self.magic.count, to: bytes.count - length, by: length) {
      guard let digest = ContentDigest(bytes: Array(bytes[start..<start + length])) else {
        return nil
      }
      photographs.insert(digest)
    }
    self.photographs = photographs
  }
}
