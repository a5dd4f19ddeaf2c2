import ClusterCore

/// Rows of features by a small number, such as a sample's, and the variant. They are found without
/// hashing the number, as a worker looks for a hundred thousand a second.
struct FeatureRows: Sendable {
  /// By variant, then by number; shorter where the last ones have none.
  private var rows: [UInt16: [[Float]?]] = [:]

  /// The variants of which there may be rows.
  var variants: some Sequence<UInt16> { rows.keys }

  /// Float32 [featureCount]; nil where there is none.
  subscript(number: Int, variant: UInt16) -> [Float]? {
    get {
      guard let rows = rows[variant], number < rows.count else { return nil }
      return rows[number]
    }
    set {
      let missing = number + 1 - (rows[variant]?.count ?? 0)
      if missing > 0 {
        guard newValue != nil else { return }
        rows[variant, default: []] += Array(repeating: nil, count: missing)
      }
      rows[variant]![number] = newValue
    }
  }

  /// The samples that have rows, and the variants, sorted.
  ///
  /// - Parameter numbers: of each sample, in their order
  func items(numbers: some Sequence<Int>) -> [SampleVariant] {
    var items: [SampleVariant] = []
    for (sample, number) in numbers.enumerated() {
      for variant in rows.keys where self[number, variant] != nil {
        items.append(SampleVariant(sample: SampleIndex(sample), variant: variant))
      }
    }
    return items.sorted()
  }
}
