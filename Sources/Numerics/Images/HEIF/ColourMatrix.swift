/// How samples of luma and chroma become 8 bits of red, green and blue (ITU-T H.273, 8.3): sums of shares
/// in integers with 16 fractional bits, rounded once.
struct ColourMatrix {
  /// What a colour has of each plane.
  private struct Shares {
    var luma: Int32 = 0
    var blueChroma: Int32 = 0
    var redChroma: Int32 = 0

    func colour(_ y: Int32, _ b: Int32, _ r: Int32) -> UInt8 {
      let sum = luma &* y &+ blueChroma &* b &+ redChroma &* r &+ ColourMatrix.half
      return UInt8(truncatingIfNeeded: min(max(sum >> 16, 0), 255))
    }
  }

  private let lumaZero: Int32
  private let chromaZero: Int32
  private let red, green, blue: Shares

  private static let one = 1 << 16
  private static let half: Int32 = 1 << 15

  /// Nil for a matrix that isn't read.
  ///
  /// - Parameter depth: bits of a sample: 8 to 12. With shares below 2 · 255 · 2¹⁶ / 219, times 2 for
  ///   chroma, and samples below 2⁸ in their terms, sums stay below 2²⁷.
  init?(_ colours: HEIFProperties.Colours, depth: Int) {
    // Of a range that isn't full, 219 values of luma and 224 of chroma are used, or a multiple of them.
    let isFull = colours.isFullRange
    let lumaSpan = isFull ? (1 << depth) - 1 : 219 << (depth - 8)
    let chromaSpan = isFull ? (1 << depth) - 1 : 224 << (depth - 8)
    let lumaZero = isFull ? 0 : 16 << (depth - 8)
    let scale = Self.rounded(255 * Self.one, lumaSpan)
    self.lumaZero = Int32(lumaZero)
    switch colours.matrix {
    // Green, blue and red as they are.
    case 0:
      chromaZero = Int32(lumaZero)
      red = Shares(redChroma: scale)
      green = Shares(luma: scale)
      blue = Shares(blueChroma: scale)
    // By how much green is above the mean of the others, and half of what they differ by.
    case 8:
      chromaZero = 1 << Int32(depth - 1)
      red = Shares(luma: scale, blueChroma: -scale, redChroma: scale)
      green = Shares(luma: scale, blueChroma: scale)
      blue = Shares(luma: scale, blueChroma: -scale, redChroma: -scale)
    case let matrix:
      guard let (r, b) = Self.weights[matrix] else { return nil }
      let g = 10_000 - r - b
      // A fraction of chroma's span.
      func share(_ numerator: Int, _ denominator: Int) -> Int32 {
        Self.rounded(numerator * 255 * Self.one, denominator * chromaSpan)
      }
      chromaZero = 1 << Int32(depth - 1)
      red = Shares(luma: scale, redChroma: share(2 * (10_000 - r), 10_000))
      green = Shares(
        luma: scale, blueChroma: -share(2 * b * (10_000 - b), 10_000 * g),
        redChroma: -share(2 * r * (10_000 - r), 10_000 * g))
      blue = Shares(luma: scale, blueChroma: share(2 * (10_000 - b), 10_000))
    }
  }

  /// The weights of red and blue in luma, in ten-thousandths (table 4): of BT.709; of BT.601, which is also
  /// taken where nothing is said; of FCC, SMPTE 240 and BT.2020.
  private static let weights: [Int: (red: Int, blue: Int)] = [
    1: (2126, 722), 2: (2990, 1140), 4: (3000, 1100), 5: (2990, 1140), 6: (2990, 1140),
    7: (2120, 870), 9: (2627, 593),
  ]

  private static func rounded(_ numerator: Int, _ denominator: Int) -> Int32 {
    Int32((numerator + denominator / 2) / denominator)
  }

  /// The colour of a pixel of these samples.
  func colour(
    _ luma: Int32, _ blueChroma: Int32, _ redChroma: Int32
  ) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let (y, b, r) = (luma - lumaZero, blueChroma - chromaZero, redChroma - chromaZero)
    return (red.colour(y, b, r), green.colour(y, b, r), blue.colour(y, b, r))
  }

  /// The grey of a pixel without chroma, and an opacity.
  func grey(_ luma: Int32) -> UInt8 { green.colour(luma - lumaZero, 0, 0) }
}
