import ClusterCore
import Digest
import Manifest

/// The features that a worker keeps, by what they depend on: the photograph's content and the
/// variant. So they survive a change of the coordinator and of the manifest, and samples of the same
/// content share theirs.
package struct FeatureShelf {
  private struct Key: Hashable {
    let content: ContentDigest
    let variant: UInt16
  }

  private var rows: [Key: [Float]] = [:]
  /// Contents that several samples of the manifest have.
  private var repeated: Set<ContentDigest> = []

  package init() {}

  /// The features of a content, float32 [featureCount]; nil where there are none.
  package subscript(content: ContentDigest, variant: UInt16) -> [Float]? {
    rows[Key(content: content, variant: variant)]
  }

  package mutating func keep(_ row: [Float], of content: ContentDigest, variant: UInt16) {
    rows[Key(content: content, variant: variant)] = row
  }

  /// A sample of this content needs its features no longer. Where other samples have the same
  /// content they stay, for as long as the process: such samples are few.
  package mutating func forget(_ content: ContentDigest, variant: UInt16) {
    if !repeated.contains(content) { rows[Key(content: content, variant: variant)] = nil }
  }

  /// Another backbone gives other features.
  package mutating func forgetAll() { rows = [:] }

  /// Learns which samples there are from now on.
  package mutating func use(_ manifest: Manifest) {
    var contents: Set<ContentDigest> = []
    repeated = Set(manifest.entries.lazy.map(\.digest).filter { !contents.insert($0).inserted })
  }

  /// The samples of a manifest whose features are here, and the variants, sorted.
  package func items(of manifest: Manifest) -> [SampleVariant] {
    guard !rows.isEmpty else { return [] }
    var variants: [ContentDigest: [UInt16]] = [:]
    for key in rows.keys { variants[key.content, default: []].append(key.variant) }
    var items: [SampleVariant] = []
    for (sample, entry) in manifest.entries.enumerated() {
      for variant in variants[entry.digest] ?? [] {
        items.append(SampleVariant(sample: SampleIndex(sample), variant: variant))
      }
    }
    return items.sorted()
  }
}
