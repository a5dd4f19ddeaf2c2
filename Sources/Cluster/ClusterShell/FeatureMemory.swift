import ClusterCore

/// The features of all (sample, variant) pairs that a coordinator keeps. They end with the process;
/// what outlives it is the caller's affair.
struct FeatureMemory: Sendable {
  private var rows: [SampleVariant: [Float]] = [:]

  /// Float32 [featureCount], or nil where nobody has computed them.
  subscript(item: SampleVariant) -> [Float]? { rows[item] }

  /// All answers for the same item are equal, so the first is kept.
  mutating func keep(_ row: [Float], of item: SampleVariant) {
    if rows[item] == nil { rows[item] = row }
  }

  mutating func forget(_ item: SampleVariant) { rows[item] = nil }
}
