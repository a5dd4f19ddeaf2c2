import Digest

/// Which samples are trained on, which validate, and which are kept aside for a test at the end.
///
/// A manifest with a part for validation says so itself. Otherwise some of the training samples
/// validate: within each class the distinct contents are ranked by SHA-256(seed as 8 bytes, little-endian,
/// then the content's digest); the lowest round(fraction · n) of the n contents, at least one and
/// at most n − 1, are for validation. Thus a content is never on both sides, and a photograph that
/// is added or removed hardly moves any other.
public struct Split: Equatable, Sendable {
  /// Sample indices in manifest order.
  public let training: [UInt32]
  /// Sample indices in manifest order.
  public let validation: [UInt32]
  /// Sample indices in manifest order.
  public let test: [UInt32]

  /// `validationFraction` lies strictly between 0 and 1; every class needs two distinct contents.
  public init(
    _ manifest: Manifest, validationFraction: Double, seed: UInt64
  ) throws(ManifestError) {
    guard validationFraction > 0 && validationFraction < 1 else {
      throw .invalidFraction(validationFraction)
    }
    let indices = manifest.entries.indices.map { UInt32($0) }
    func samples(_ part: Part) -> [UInt32] {
      indices.filter { manifest.entries[Int($0)].part == part }
    }
    let trainable = samples(.training)
    test = samples(.test)
    guard samples(.validation).isEmpty else {
      (training, validation) = (trainable, samples(.validation))
      return
    }
    let chosen = try Self.chosen(
      trainable.map { manifest.entries[Int($0)] }, manifest.classes, validationFraction, seed)
    training = trainable.filter { !chosen.contains(manifest.entries[Int($0)].digest) }
    validation = trainable.filter { chosen.contains(manifest.entries[Int($0)].digest) }
  }

  /// The contents that validate.
  private static func chosen(
    _ entries: [Manifest.Entry], _ classes: [String], _ fraction: Double, _ seed: UInt64
  ) throws(ManifestError) -> Set<ContentDigest> {
    var contents = [Set<ContentDigest>](repeating: [], count: classes.count)
    for entry in entries { contents[entry.classIndex].insert(entry.digest) }
    let tooFew = classes.indices.filter { contents[$0].count < 2 }
    guard tooFew.isEmpty else {
      throw .unsplittable(
        classNames: tooFew.map { classes[$0] }, counts: contents.map(\.count), of: classes)
    }
    var chosen: Set<ContentDigest> = []
    for distinct in contents {
      let count = distinct.count
      let wanted = Int((fraction * Double(count)).rounded())
      let ranked = distinct.map { (rank: rank($0, seed: seed), digest: $0) }
        .sorted { $0.rank < $1.rank }
      chosen.formUnion(ranked.prefix(max(1, min(count - 1, wanted))).map(\.digest))
    }
    return chosen
  }

  private static func rank(_ digest: ContentDigest, seed: UInt64) -> ContentDigest {
    let seedBytes = (0..<8).map { UInt8(truncatingIfNeeded: seed >> UInt64(8 * $0)) }
    return ContentDigest.sha256(seedBytes + digest.bytes)
  }
}
