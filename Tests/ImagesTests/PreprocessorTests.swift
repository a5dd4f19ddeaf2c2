import Digest
import Images
import Testing

struct PreprocessorTests {
  @Test func `a plain picture stays plain at any size and in any variant`() throws {
    for (width, height) in [(1, 1), (31, 97), (400, 100), (1000, 700)] {
      let picture = RGBImage(
        width: width, height: height,
        pixels: Array(repeatElement([10, 130, 255], count: width * height).joined()))
      let file = try encodePNG(picture)
      var preprocessor = try Preprocessor(inputHeight: 24, inputWidth: 32, fit: .crop)
      for variant: UInt16 in 0..<5 {
        let pixels = try preprocessor.preprocess(file, digest: .sha256(file), variant: variant)
        #expect(pixels == Array(repeatElement([10, 130, 255], count: 24 * 32).joined()))
      }
    }
  }

  @Test func `a gradient is resized and its centre kept`() throws {
    // 72 columns are resized to 36 for an input of 28, of which columns 4 to 31 are kept.
    var pixels: [UInt8] = []
    for y: UInt8 in 0..<56 {
      for x: UInt8 in 0..<72 { pixels += [3 * x, 4 * y, 0] }
    }
    let file = try encodePNG(RGBImage(width: 72, height: 56, pixels: pixels))
    var preprocessor = try Preprocessor(inputHeight: 28, inputWidth: 28, fit: .crop)
    let input = try preprocessor.preprocess(file, digest: .sha256(file), variant: 0)
    // Between two source pixels the filter finds their middle; the borders lie nearer to the inside.
    for y in 1..<27 {
      for x in 0..<28 {
        let pixel = input[3 * (28 * y + x)..<3 * (28 * y + x + 1)]
        #expect(Array(pixel) == [UInt8(6 * (x + 4) + 2), UInt8(8 * y + 2), 0])
      }
    }
  }

  @Test func `variants differ from each other and never from themselves`() throws {
    let file = try encodeJPEG(RoundTripTests.gradient(width: 90, height: 60), quality: 90)
    var preprocessor = try Preprocessor(inputHeight: 32, inputWidth: 32, fit: .crop)
    var seen: Set<[UInt8]> = []
    for variant: UInt16 in 0..<16 {
      let input = try preprocessor.preprocess(file, digest: .sha256(file), variant: variant)
      #expect(try preprocessor.preprocess(file, digest: .sha256(file), variant: variant) == input)
      seen.insert(input)
    }
    #expect(seen.count == 16)
  }
}
