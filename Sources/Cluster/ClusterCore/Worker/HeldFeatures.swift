/// Which features a worker has: one bit for each (sample, variant), so that a share of thousands of
/// samples is checked in microseconds.
struct HeldFeatures: Sendable {
  /// By variant, then 64 samples a word.
  private var words: [[UInt64]] = []
  private(set) var count = 0

  func contains(_ item: SampleVariant) -> Bool {
    let variant = Int(item.variant)
    guard variant < words.count else { return false }
    let word = Int(item.sample / 64)
    return word < words[variant].count && words[variant][word] & Self.bit(item) != 0
  }

  mutating func insert(_ item: SampleVariant) {
    guard !contains(item) else { return }
    let variant = Int(item.variant)
    let word = Int(item.sample / 64)
    while words.count <= variant { words.append([]) }
    if words[variant].count <= word {
      words[variant] += Array(repeating: 0, count: word + 1 - words[variant].count)
    }
    words[variant][word] |= Self.bit(item)
    count += 1
  }

  /// Returns whether it was there.
  mutating func remove(_ item: SampleVariant) -> Bool {
    guard contains(item) else { return false }
    words[Int(item.variant)][Int(item.sample / 64)] &= ~Self.bit(item)
    count -= 1
    return true
  }

  /// The samples of each variant that has any, both ascending.
  var byVariant: [(variant: UInt16, samples: [SampleIndex])] {
    words.enumerated().compactMap { variant, words in
      var samples: [SampleIndex] = []
      for (place, word) in words.enumerated() {
        var rest = word
        while rest != 0 {
          samples.append(SampleIndex(place * 64 + rest.trailingZeroBitCount))
          rest &= rest - 1
        }
      }
      return samples.isEmpty ? nil : (UInt16(variant), samples)
    }
  }

  private static func bit(_ item: SampleVariant) -> UInt64 { 1 << UInt64(item.sample % 64) }
}
