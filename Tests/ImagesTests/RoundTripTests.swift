import Images
import Testing

struct RoundTripTests {
  static let picture = gradient(width: 37, height: 23)

  /// A smooth picture, so that even coarse chroma changes little.
  static func gradient(width: Int, height: Int) -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        pixels += [
          UInt8(255 * x / width), UInt8(255 * y / height), UInt8(128 + 60 * x / width),
        ]
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  @Test func `PNG keeps every pixel`() throws {
    var decoder = try ImageDecoder()
    let decoded = try decoder.decode(try encodePNG(Self.picture))
    #expect(decoded == Self.picture)
    #expect(decoder.warnings.isEmpty)
  }

  @Test(arguments: [ChromaSubsampling.none, .horizontal, .vertical, .both], [false, true])
  func `JPEG keeps a smooth picture nearly`(
    subsampling: ChromaSubsampling, isProgressive: Bool
  ) throws {
    let file = try encodeJPEG(
      Self.picture, quality: 95, subsampling: subsampling, isProgressive: isProgressive)
    var decoder = try ImageDecoder()
    let decoded = try decoder.decode(file)
    #expect(decoded.width == 37 && decoded.height == 23)
    let differences = zip(decoded.pixels, Self.picture.pixels).map { abs(Int($0) - Int($1)) }
    #expect(differences.max()! <= 24)
    #expect(differences.reduce(0, +) < 3 * differences.count)
    #expect(decoder.warnings.isEmpty)
  }

  @Test func `a grey JPEG comes out grey`() throws {
    var decoder = try ImageDecoder()
    let decoded = try decoder.decode(
      try encodeJPEG(Self.picture, quality: 90, subsampling: .grey))
    for pixel in 0..<37 * 23 {
      #expect(decoded.pixels[3 * pixel] == decoded.pixels[3 * pixel + 1])
      #expect(decoded.pixels[3 * pixel] == decoded.pixels[3 * pixel + 2])
    }
  }

  @Test func `one decoder decodes pictures of many sizes in turn`() throws {
    var decoder = try ImageDecoder()
    for (width, height) in [(1, 1), (300, 7), (5, 200), (64, 64), (2, 3)] {
      let picture = Self.gradient(width: width, height: height)
      #expect(try decoder.decode(try encodePNG(picture)) == picture)
      let jpeg = try decoder.decode(try encodeJPEG(picture, quality: 90))
      #expect(jpeg.width == width && jpeg.height == height)
    }
  }
}
