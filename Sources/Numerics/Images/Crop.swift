import Digest

/// Which part of a picture becomes the network's input, and how.
struct Crop: Equatable {
  var rows: AxisWeights.Window
  var columns: AxisWeights.Window

  /// The short side is resized to the input's, the long side in proportion, rounded half up, and the
  /// middle is kept (where it can't be in the middle, half a pixel to the top or left). If the input
  /// is not square, the side that has to be resized more counts as the short one.
  static func centre(height: Int, width: Int, inputHeight: Int, inputWidth: Int) -> Crop {
    // inputHeight / height ≥ inputWidth / width
    let isHeightShort = inputHeight * width >= inputWidth * height
    let resizedHeight =
      isHeightShort ? inputHeight : max(inputHeight, divided(height * inputWidth, by: width))
    let resizedWidth =
      isHeightShort ? max(inputWidth, divided(width * inputHeight, by: height)) : inputWidth
    let top = (resizedHeight - inputHeight) / 2
    let left = (resizedWidth - inputWidth) / 2
    return Crop(
      rows: .init(
        source: 0..<height, resizedLength: resizedHeight, kept: top..<top + inputHeight),
      columns: .init(
        source: 0..<width, resizedLength: resizedWidth, kept: left..<left + inputWidth))
  }

  /// Variants from 1 on: a seeded random part of the picture of between 35 % and 100 % of its area
  /// and of an aspect between 3:4 and 4:3 of the input's, mirrored in every second case.
  ///
  /// The draws depend on the content of the file and the variant alone.
  static func random(
    height: Int, width: Int, inputHeight: Int, inputWidth: Int, digest: ContentDigest,
    variant: UInt16
  ) -> Crop {
    let words = digest.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var random = SplitMix64(seed: words, purpose: "crop and mirror", UInt64(variant))
    let isMirrored = random.below(2) == 1
    let area = Double(height) * Double(width)
    var part = (
      top: 0, left: 0, height: height, width: width
    )
    for _ in 0..<attemptsMax {
      // Only operations that IEEE 754 rounds correctly: the same crop on every machine.
      let share = smallestShare + (1 - smallestShare) * random.unit()
      let stretch = 1 + (4.0 / 3 - 1) * random.unit()
      let ratio = random.below(2) == 1 ? stretch : 1 / stretch
      let aspect = ratio * Double(inputWidth) / Double(inputHeight)
      let partWidth = Int((share * area * aspect).squareRoot().rounded())
      let partHeight = Int((share * area / aspect).squareRoot().rounded())
      if (1...width).contains(partWidth) && (1...height).contains(partHeight) {
        part = (
          top: Int(random.below(UInt64(height - partHeight + 1))),
          left: Int(random.below(UInt64(width - partWidth + 1))), height: partHeight,
          width: partWidth
        )
        break
      }
    }
    return Crop(
      rows: .init(
        source: part.top..<part.top + part.height, resizedLength: inputHeight,
        kept: 0..<inputHeight),
      columns: .init(
        source: part.left..<part.left + part.width, resizedLength: inputWidth,
        kept: 0..<inputWidth, isMirrored: isMirrored))
  }

  // Below a third of the area the flower is often outside of the crop.
  private static let smallestShare = 0.35
  // A very long picture may hold no part of the wanted aspect; then it is taken whole.
  private static let attemptsMax = 10

  /// a / b, rounded half up.
  private static func divided(_ a: Int, by b: Int) -> Int { (2 * a + b) / (2 * b) }

  /// By how much a JPEG may be scaled down in the DCT (1, 2, 4 or 8) with at least as many pixels
  /// left as the crop is resized to.
  var denominator: Int {
    [8, 4, 2].first { denominator in
      rows.source.count >= denominator * rows.resizedLength
        && columns.source.count >= denominator * columns.resizedLength
    } ?? 1
  }

  /// What a decoder has to bring for this crop.
  var request: DecodingRequest {
    DecodingRequest(
      denominator: denominator, part: (rows: rows.neededSource, columns: columns.neededSource))
  }

  /// The same part of the same picture after it was scaled by 1/denominator.
  func scaled(by denominator: Int, height: Int, width: Int) -> Crop {
    var crop = self
    crop.rows.source = Self.scaled(rows.source, by: denominator, length: height)
    crop.columns.source = Self.scaled(columns.source, by: denominator, length: width)
    return crop
  }

  private static func scaled(
    _ range: Range<Int>, by denominator: Int, length: Int
  ) -> Range<Int> {
    let lower = range.lowerBound / denominator
    let upper = min(length, (range.upperBound + denominator - 1) / denominator)
    return lower..<upper
  }
}
