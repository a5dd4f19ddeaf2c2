import Digest
import Images
import Testing

/// Resizing against its definition in floating point, and against what it has always been.
struct ResizingTests {
  static func noise(width: Int, height: Int, seed: UInt64) -> RGBImage {
    var random = SplitMix64(state: seed)
    let pixels = (0..<width * height * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// The weights of one output along an axis of n pixels resized to m.
  private func weights(_ output: Int, _ n: Int, _ m: Int) -> [(Int, Double)] {
    let scale = Double(n) / Double(m)
    let support = max(1, scale)
    let centre = (Double(output) + 0.5) * scale
    let weights = (0..<n).map { (j: Int) -> (Int, Double) in
      (j, max(0, 1 - abs(Double(j) + 0.5 - centre) / support))
    }
    let total = weights.reduce(0) { $0 + $1.1 }
    return weights.filter { $0.1 > 0 }.map { ($0.0, $0.1 / total) }
  }

  @Test(arguments: [
    (40, 40, 24, 24), (61, 37, 24, 24), (37, 61, 24, 24), (10, 8, 24, 24), (1, 1, 8, 8),
    (200, 150, 16, 24), (3, 90, 16, 8), (64, 64, 56, 56), (55, 300, 8, 40),
  ])
  func `the centre crop is what its definition says, to a rounding`(
    width: Int, height: Int, inputHeight: Int, inputWidth: Int
  ) throws {
    let picture = Self.noise(width: width, height: height, seed: UInt64(width * 1000 + height))
    let file = try encodePNG(picture)
    var preprocessor = try Preprocessor(
      inputHeight: inputHeight, inputWidth: inputWidth, fit: .crop)
    let input = try preprocessor.preprocess(file, digest: .sha256(file), variant: 0)

    let factor = max(
      Double(inputHeight) / Double(height), Double(inputWidth) / Double(width))
    let resizedHeight = Int((Double(height) * factor).rounded())
    let resizedWidth = Int((Double(width) * factor).rounded())
    var worst = 0.0
    for y in 0..<inputHeight {
      let rows = weights(y + (resizedHeight - inputHeight) / 2, height, resizedHeight)
      for x in 0..<inputWidth {
        let columns = weights(x + (resizedWidth - inputWidth) / 2, width, resizedWidth)
        for colour in 0..<3 {
          var sum = 0.0
          for (row, rowWeight) in rows {
            for (column, columnWeight) in columns {
              let value = picture.pixels[3 * (row * width + column) + colour]
              sum += rowWeight * columnWeight * Double(value)
            }
          }
          let found = Double(input[3 * (y * inputWidth + x) + colour])
          worst = max(worst, abs(found - sum))
        }
      }
    }
    #expect(worst < 0.6, "half a unit of rounding and a little for the weights")
  }

  @Test func `mirrored variants are mirror images of parts`() throws {
    // A picture that grows brighter to the right: a mirrored part grows darker.
    let picture = RoundTripTests.gradient(width: 120, height: 90)
    let file = try encodePNG(picture)
    var preprocessor = try Preprocessor(inputHeight: 16, inputWidth: 16, fit: .crop)
    var mirrored = 0
    for variant: UInt16 in 1...64 {
      let input = try preprocessor.preprocess(file, digest: .sha256(file), variant: variant)
      let (left, right) = (input[0], input[45])
      #expect(left != right)
      if left > right { mirrored += 1 }
    }
    #expect((16...48).contains(mirrored))
  }

  // If this fails, pixels have changed: raise `Preprocessing.version`.
  @Test func `the same files have led to the same pixels ever since`() throws {
    let file = try encodePNG(Self.noise(width: 50, height: 38, seed: 5))
    let small = try encodePNG(Self.noise(width: 9, height: 21, seed: 6))
    var preprocessor = try Preprocessor(inputHeight: 20, inputWidth: 20, fit: .crop)
    var hash = SHA256()
    for variant: UInt16 in 0..<8 {
      for file in [file, small] {
        // A digest that doesn't depend on how libpng compresses.
        hash.update(try preprocessor.preprocess(file, digest: .sha256([7]), variant: variant))
      }
    }
    #expect(Preprocessing.version == 7)
    #expect(
      hash.finish().description
        == "3288a058c2716f68b5001086e5049601c884f7a180fcb3129535e5acfb50a9d4")
  }

  @Test func `a large JPEG is scaled down while it is decoded and looks the same`() throws {
    let picture = RoundTripTests.gradient(width: 700, height: 500)
    let jpeg = try encodeJPEG(picture, quality: 95)
    let png = try encodePNG(picture)
    var preprocessor = try Preprocessor(inputHeight: 32, inputWidth: 32, fit: .crop)
    for variant: UInt16 in 0..<6 {
      let digest = ContentDigest.sha256([1])
      let scaled = try preprocessor.preprocess(jpeg, digest: digest, variant: variant)
      let whole = try preprocessor.preprocess(png, digest: digest, variant: variant)
      let differences = zip(scaled, whole).map { abs(Int($0) - Int($1)) }
      #expect(differences.max()! <= 6)
    }
  }
}
