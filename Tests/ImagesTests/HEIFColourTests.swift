import Images
import Testing

/// How luma and chroma become colours.
@Suite struct HEIFColourTests {
  private func decode(matrix: Int, isFullRange: Bool) throws -> RGBImage {
    var item = HEIFBuilder.hevc()
    item.properties[2] = HEIFBuilder.colours(matrix: matrix, isFullRange: isFullRange)
    var decoder = try ImageDecoder()
    return try decoder.decode(HEIFBuilder(items: [1: item]).file())
  }

  /// Luma, what blue has of chroma, and red: as the matrix of colours that are coded as they are shows them.
  private func samples() throws -> [(Double, Double, Double)] {
    let picture = try decode(matrix: 0, isFullRange: true)
    return stride(from: 0, to: picture.pixels.count, by: 3).map {
      (
        Double(picture.pixels[$0 + 1]), Double(picture.pixels[$0 + 2]),
        Double(picture.pixels[$0])
      )
    }
  }

  @Test(
    arguments: [
      (1, 0.2126, 0.0722), (2, 0.299, 0.114), (4, 0.30, 0.11), (5, 0.299, 0.114),
      (6, 0.299, 0.114), (7, 0.212, 0.087), (9, 0.2627, 0.0593),
    ], [true, false])
  func `matrices and ranges are those of the standard`(
    weights: (matrix: Int, red: Double, blue: Double), isFullRange: Bool
  ) throws {
    let picture = try decode(matrix: weights.matrix, isFullRange: isFullRange)
    let (red, blue) = (weights.red, weights.blue)
    for (index, sample) in try samples().enumerated() {
      let y = isFullRange ? sample.0 : (sample.0 - 16) * 255 / 219
      let scale = isFullRange ? 1.0 : 255.0 / 224
      let (b, r) = ((sample.1 - 128) * scale, (sample.2 - 128) * scale)
      let expected = [
        y + 2 * (1 - red) * r,
        y - 2 * (blue * (1 - blue) * b + red * (1 - red) * r) / (1 - red - blue),
        y + 2 * (1 - blue) * b,
      ]
      for colour in 0..<3 {
        let limited = min(max(expected[colour], 0), 255)
        let got = Double(picture.pixels[3 * index + colour])
        #expect(abs(got - limited) < 0.51, "\(got) instead of \(limited)")
      }
    }
  }

  @Test func `green and differences from it`() throws {
    let picture = try decode(matrix: 8, isFullRange: true)
    for (index, sample) in try samples().enumerated() {
      let (y, green, orange) = (sample.0, sample.1 - 128, sample.2 - 128)
      for (colour, expected) in [y - green + orange, y + green, y - green - orange].enumerated() {
        #expect(Double(picture.pixels[3 * index + colour]) == min(max(expected, 0), 255))
      }
    }
  }

  @Test func `a matrix that isn't read is named`() throws {
    let error = #expect(throws: ImageError.self) { try decode(matrix: 14, isFullRange: true) }
    #expect(error?.description.contains("of the kind 14") == true, "\(String(describing: error))")
  }
}
