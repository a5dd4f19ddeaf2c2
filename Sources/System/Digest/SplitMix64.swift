/// The SplitMix64 generator of Steele, Lea and Flood ("Fast splittable pseudorandom number
/// generators", OOPSLA 2014): a 64-bit counter and a mixing function.
///
/// Every random choice of a run draws from a generator of its own, seeded by what the choice is
/// for, so that no choice depends on how many others were made before it. The bounded and shuffled
/// draws are defined here and not taken from the standard library, whose algorithms may change.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(state: UInt64) {
    self.state = state
  }

  /// The generator for one purpose: its state is the first 8 bytes, little-endian, of
  /// SHA-256("tl/" + purpose + a zero byte + seed and each number as 8 bytes, little-endian).
  public init(seed: UInt64, purpose: String, _ numbers: UInt64...) {
    var bytes = Array("tl/\(purpose)".utf8) + [0]
    for number in [seed] + numbers {
      for shift in stride(from: 0, to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
      }
    }
    let digest = ContentDigest.sha256(bytes).bytes
    state = digest[0..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A whole number in 0..<bound, each equally likely; bound must be positive.
  ///
  /// Lemire's method ("Fast random integer generation in an interval", 2019): the high half of
  /// draw × bound, redrawing while the low half lies in the part that would be counted once too
  /// often.
  public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "an empty range has no number to draw")
    let excess = (0 &- bound) % bound
    while true {
      let product = bound.multipliedFullWidth(by: next())
      if product.low >= excess { return product.high }
    }
  }

  /// A multiple of 2⁻⁵³ in [0, 1), each equally likely.
  public mutating func unit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Puts the elements into one of all orders, each equally likely (Fisher and Yates, from the
  /// last element down).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    var remaining = elements.count
    while remaining > 1 {
      let chosen = Int(below(UInt64(remaining)))
      remaining -= 1
      elements.swapAt(chosen, remaining)
    }
  }
}
