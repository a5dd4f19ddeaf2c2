import ClusterCore
import Digest

/// The features that a worker keeps, by what they depend on: the photograph's content and the
/// variant. So they survive a change of the coordinator and of the manifest, and samples of the same
/// content share theirs.
public struct FeatureShelf: Sendable {
  private struct Key: Hashable {
    let content: ContentDigest
    let variant: UInt16
  }

  private var rows: [Key: [Float]] = [:]
  /// Contents that several samples have.
  private var repeated: Set<ContentDigest> = []

  public init() {}

  /// The features of a content, float32 [featureCount]; nil where there are none.
  public subscript(content: ContentDigest, variant: UInt16) -> [Float]? {
    rows[Key(content: content, variant: variant)]
  }

  public mutating func keep(_ row: [Float], of content: ContentDigest, variant: UInt16) {
    rows[Key(content: content, variant: variant)] = row
  }

  /// A sample of this content needs its features no longer. Where other samples have the same
  /// content they stay, for as long as the process: such samples are few.
  public mutating func forget(_ content: ContentDigest, variant: UInt16) {
    if !repeated.contains(content) { rows[Key(content: content, variant: variant)] = nil }
  }

  /// Another backbone gives other features.
  public mutating func forgetAll() { rows = [:] }

  /// Learns which samples there are from now on, by their contents.
  public mutating func use(_ contents: [ContentDigest]) {
    var seen: Set<ContentDigest> = []
    repeated = Set(contents.filter { !seen.insert($0).inserted })
  }

  /// The samples whose features are here, and the variants, sorted.
  ///
  /// - Parameter contents: of the samples, in their order
  public func items(of contents: [ContentDigest]) -> [SampleVariant] {
    guard !rows.isEmpty else { return [] }
    var variants: [ContentDigest: [UInt16]] = [:]
    for key in rows.keys { variants[key.content, default: []].append(key.variant) }
    var items: [SampleVariant] = []
    for (sample, content) in contents.enumerated() {
      for variant in variants[content] ?? [] {
        items.append(SampleVariant(sample: SampleIndex(sample), variant: variant))
      }
    }
    return items.sorted()
  }
}
