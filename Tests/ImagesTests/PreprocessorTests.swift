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
      var preprocessor = try Preprocessor(inputHeight: 24, inputWidth: 32)
      for variant: UInt16 in 0..<5 {
        let pixels = try preprocessor.preprocess(file, digest: .sha256(file), variant: variant)
        #expect(pixels == Array(repeatElement([10, 130, 255], count: 24 * 32).joined()))
      }
    }
  }

  @Test func `a gradient is resized and its centre kept`() throws {
    // 64 columns are resized to 32 for an input of 28, of which columns 2 to 29 are kept.
    var pixels: [UInt8] = []
    for y: UInt8 in 0..<64 {
      for x: UInt8 in 0..<64 { pixels += [4 * x, 4 * y, 0] }
    }
    let file = try encodePNG(RGBImage(width: 64, height: 64, pixels: pixels))
    var preprocessor = try Preprocessor(inputHeight: 28, inputWidth: 28)
    let input = try preprocessor.preprocess(file, digest: .sha256(file), variant: 0)
    // Between two source pixels 4 apart the filter finds their middle; each output is 8 further.
    var expected: [UInt8] = []
    for y: UInt8 in 2..<30 {
      for x: UInt8 in 2..<30 { expected += [8 * x + 2, 8 * y + 2, 0] }
    }
    #expect(input == expected)
  }

  @Test func `variants differ from each other and never from themselves`() throws {
    let file = try encodeJPEG(RoundTripTests.gradient(width: 90, height: 60), quality: 90)
    var preprocessor = try Preprocessor(inputHeight: 32, inputWidth: 32)
    var seen: Set<[UInt8]> = []
    for variant: UInt16 in 0..<16 {
      let input = try preprocessor.preprocess(file, digest: .sha256(file), variant: variant)
      #expect(try preprocessor.preprocess(file, digest: .sha256(file), variant: variant) == input)
      seen.insert(input)
    }
    #expect(seen.count == 16)
  }
}
