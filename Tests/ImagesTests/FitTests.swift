import Digest
import Images
import Testing

@Suite struct FitTests {
  /// Grows brighter to the right in red and downwards in green.
  private func input(_ fit: Fit, width: Int, height: Int, side: Int = 40) throws -> [[UInt8]] {
    let picture = RoundTripTests.gradient(width: width, height: height)
    let file = try encodePNG(picture)
    var preprocessor = try Preprocessor(inputHeight: side, inputWidth: side, fit: fit)
    let pixels = try preprocessor.preprocess(file, digest: .sha256(file), variant: 0)
    return (0..<side * side).map { Array(pixels[3 * $0..<3 * $0 + 3]) }
  }

  @Test func `a square picture of the input's size is left as it is`() throws {
    let picture = RoundTripTests.gradient(width: 40, height: 40)
    let file = try encodePNG(picture)
    for fit in Fit.allCases {
      var preprocessor = try Preprocessor(inputHeight: 40, inputWidth: 40, fit: fit)
      let pixels = try preprocessor.preprocess(file, digest: .sha256(file), variant: 0)
      #expect(pixels == picture.pixels, "\(fit)")
    }
  }

  @Test func `a crop keeps the short side whole and cuts the long one`() throws {
    let whole = try input(.stretch, width: 160, height: 40)
    let crop = try input(.crop, width: 160, height: 40)
    // Green at the top and the bottom.
    #expect(crop[0][1] == whole[0][1] && crop[1599][1] == whole[1599][1])
    // Red at the left and the right.
    #expect(crop[0][0] > whole[0][0] + 40 && crop[39][0] < whole[39][0] - 40)
  }

  @Test(arguments: [(80, 40), (40, 80), (300, 7), (3, 200)])
  func `padding is grey, as thick on both sides, and what it surrounds is the whole`(
    width: Int, height: Int
  ) throws {
    let input = try input(.pad, width: width, height: height)
    let (shorter, longer) = (min(width, height), max(width, height))
    let inner = max(1, (2 * shorter * 40 + longer) / (2 * longer))
    let before = (40 - inner) / 2
    let isWide = width > height
    for y in 0..<40 {
      for x in 0..<40 where !(before..<before + inner).contains(isWide ? y : x) {
        #expect(input[40 * y + x] == [128, 128, 128])
      }
    }
    let whole = try self.input(.stretch, width: width, height: height)
    let (first, last) = isWide ? (40 * before, 40 * before + 39) : (before, 40 * 39 + before)
    let channel = isWide ? 0 : 1
    #expect(abs(Int(input[first][channel]) - Int(whole[0][channel])) <= 1)
    #expect(abs(Int(input[last][channel]) - Int(whole[1599][channel])) <= 1)
  }

  @Test(arguments: Fit.allCases)
  func `a large JPEG is scaled while it is decoded and looks the same`(fit: Fit) throws {
    let picture = RoundTripTests.gradient(width: 900, height: 420)
    let jpeg = try encodeJPEG(picture, quality: 95)
    let png = try encodePNG(picture)
    var preprocessor = try Preprocessor(inputHeight: 32, inputWidth: 48, fit: fit)
    let scaled = try preprocessor.preprocess(jpeg, digest: .sha256([]), variant: 0)
    let whole = try preprocessor.preprocess(png, digest: .sha256([]), variant: 0)
    #expect(zip(scaled, whole).allSatisfy { abs(Int($0) - Int($1)) <= 6 })
  }
}
