import Digest

/// What features are of: they follow from these four and from nothing else.
public struct FeatureKey: Hashable, Sendable {
  /// SHA-256 of the four, so that a key is short and says nothing of the photograph.
  public let digest: ContentDigest

  /// - Parameters:
  ///   - backbone: the digest of the backbone as workers get it, which covers its precision.
  ///   - preprocessing: everything that decides what pixels a file becomes, such as the version of
  ///     decoding and resizing and how the picture is fitted into the input.
  ///   - sample: the digest of the photograph's file.
  ///   - variant: which seeded crop and flip; 0 is the plain photograph.
  public init(
    backbone: ContentDigest, preprocessing: String, sample: ContentDigest, variant: UInt16
  ) {
    var hash = SHA256()
    hash.update(Array("features 1\n".utf8))
    hash.update(backbone.bytes)
    // The length ahead keeps two different lists from having the same bytes.
    let text = Array(preprocessing.utf8)
    hash.update([UInt8(truncatingIfNeeded: text.count >> 8), UInt8(truncatingIfNeeded: text.count)])
    hash.update(text)
    hash.update(sample.bytes)
    hash.update([UInt8(truncatingIfNeeded: variant >> 8), UInt8(truncatingIfNeeded: variant)])
    digest = hash.finish()
  }

  /// What a run's features are of.
  ///
  /// - Parameters:
  ///   - version: of the rules by which files become pixels.
  ///   - fit: how pictures of another shape become the backbone's input.
  ///   - normalization: how the backbone wants its pixels.
  ///   - precision: the backbone's arithmetic.
  public init(
    backbone: ContentDigest, version: UInt32, fit: String, normalization: String,
    precision: String, sample: ContentDigest, variant: UInt16
  ) {
    self.init(
      backbone: backbone, preprocessing: "\(version) \(fit) \(normalization) \(precision)",
      sample: sample, variant: variant)
  }

  init(digest: ContentDigest) { self.digest = digest }
}
