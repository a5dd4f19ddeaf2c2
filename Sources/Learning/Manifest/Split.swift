import Digest

/// Which samples are trained on and which are kept aside for validation.
///
/// Within each class the distinct contents are ranked by SHA-256(seed as 8 bytes, little-endian,
/// then the content's digest); the lowest round(fraction · n) of the n contents, at least one and
/// at most n − 1, are for validation. Thus a content is never on both sides, and a photograph that
/// is added or removed hardly moves any other.
public struct Split: Equatable, Sendable {
  /// Sample indices in manifest order.
  public let training: [UInt32]
  /// Sample indices in manifest order.
  public let validation: [UInt32]

  /// `validationFraction` lies strictly between 0 and 1; every class needs two distinct contents.
  public init(
    _ manifest: Manifest, validationFraction: Double, seed: UInt64
  ) throws(ManifestError) {
    guard validationFraction > 0 && validationFraction < 1 else {
      throw .invalidFraction(validationFraction)
    }
    var contents = [Set<ContentDigest>](repeating: [], count: manifest.classes.count)
    for entry in manifest.entries { contents[entry.classIndex].insert(entry.digest) }

    var chosen: Set<ContentDigest> = []
    for (classIndex, distinct) in contents.enumerated() {
      let count = distinct.count
      guard count > 1 else {
        throw .unsplittable(className: manifest.classes[classIndex])
      }
      let wanted = Int((validationFraction * Double(count)).rounded())
      let ranked = distinct.map { (rank: Self.rank($0, seed: seed), digest: $0) }
        .sorted { $0.rank < $1.rank }
      chosen.formUnion(ranked.prefix(max(1, min(count - 1, wanted))).map(\.digest))
    }

    let indices = manifest.entries.indices.map { UInt32($0) }
    training = indices.filter { !chosen.contains(manifest.entries[Int($0)].digest) }
    validation = indices.filter { chosen.contains(manifest.entries[Int($0)].digest) }
  }

  private static func rank(_ digest: ContentDigest, seed: UInt64) -> ContentDigest {
    let seedBytes = (0..<8).map { UInt8(truncatingIfNeeded: seed >> UInt64(8 * $0)) }
    return ContentDigest.sha256(seedBytes + digest.bytes)
  }
}
