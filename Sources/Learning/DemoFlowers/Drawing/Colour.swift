import Digest

/// Red, green, blue and opacity, each from 0 to 1, as a screen shows them.
typealias Colour = SIMD4<Float>

extension SIMD4<Float> {
  /// Red, green and blue from 0 to 255, opaque.
  init(_ red: Float, _ green: Float, _ blue: Float) {
    self = SIMD4(red / 255, green / 255, blue / 255, 1)
  }

  func withOpacity(_ opacity: Float) -> Self {
    var colour = self
    colour.w = opacity
    return colour
  }

  /// Red, green and blue times a factor.
  func lit(_ factor: Float) -> Self { self * SIMD4(factor, factor, factor, 1) }
}

/// From one colour to another as t goes from 0 to 1.
func mix(_ first: Colour, _ second: Colour, _ t: Float) -> Colour {
  first + (second - first) * t
}

/// All chance in a picture.
struct Dice {
  var random: SplitMix64

  mutating func between(_ low: Float, _ high: Float) -> Float {
    // 24 bits are a Float exactly.
    low + (high - low) * (Float(random.next() >> 40) * 0x1p-24)
  }

  /// Around 0, mostly within ±spread and never beyond ±2 · spread: a sum of four uniform draws.
  mutating func around(_ spread: Float) -> Float {
    var sum: Float = -2
    for _ in 0..<4 { sum += between(0, 1) }
    return sum * spread
  }

  mutating func whole(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(random.below(UInt64(range.count)))
  }

  mutating func happens(_ probability: Float) -> Bool { between(0, 1) < probability }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(random.below(UInt64(elements.count)))]
  }

  /// A colour not far from the given one.
  mutating func near(_ colour: Colour, _ spread: Float = 0.05) -> Colour {
    let brightness = 1 + around(spread)
    var varied = colour.lit(brightness)
    for channel in 0..<3 { varied[channel] = max(0, min(1, varied[channel] + around(spread / 2))) }
    return varied
  }
}
