import ClusterCore
import Digest

/// The features that a worker keeps, by what they depend on: the photograph's content and the
/// variant. So they survive a change of the coordinator and of the manifest, and samples of the same
/// content share theirs.
///
/// Contents are numbered once, so that the samples of a share, thousands a second, are found without
/// hashing.
public struct FeatureShelf: Sendable {
  private var numbers: [ContentDigest: Int] = [:]
  /// By the content's number.
  private var rows = FeatureRows()
  /// The number of each sample's content.
  private var samples: [Int] = []
  /// Contents that several samples have.
  private var repeated: Set<ContentDigest> = []

  public init() {}

  /// The features of a content, float32 [featureCount]; nil where there are none.
  public subscript(content: ContentDigest, variant: UInt16) -> [Float]? {
    numbers[content].flatMap { rows[$0, variant] }
  }

  /// The features of a sample of the contents that `use` was given; nil where there are none.
  public subscript(sample: SampleIndex, variant: UInt16) -> [Float]? {
    rows[samples[Int(sample)], variant]
  }

  public mutating func keep(_ row: [Float], of content: ContentDigest, variant: UInt16) {
    rows[number(of: content), variant] = row
  }

  /// A sample of this content needs its features no longer. Where other samples have the same
  /// content they stay, for as long as the process: such samples are few.
  public mutating func forget(_ content: ContentDigest, variant: UInt16) {
    guard !repeated.contains(content), let number = numbers[content] else { return }
    rows[number, variant] = nil
  }

  /// Another backbone gives other features.
  public mutating func forgetAll() { rows = FeatureRows() }

  /// Learns which samples there are from now on, by their contents. Numbers of contents without
  /// features are given anew.
  public mutating func use(_ contents: [ContentDigest]) {
    let (before, kept) = (numbers, rows)
    (numbers, rows) = ([:], FeatureRows())
    for (content, number) in before {
      for variant in kept.variants {
        if let row = kept[number, variant] { keep(row, of: content, variant: variant) }
      }
    }
    var seen: Set<ContentDigest> = []
    repeated = Set(contents.filter { !seen.insert($0).inserted })
    samples = contents.map { number(of: $0) }
  }

  /// The samples whose features are here, and the variants, sorted.
  public var items: [SampleVariant] { rows.items(numbers: samples) }

  private mutating func number(of content: ContentDigest) -> Int {
    if let number = numbers[content] { return number }
    numbers[content] = numbers.count
    return numbers.count - 1
  }
}
