import Images
import TestSupport
import Testing

@Suite struct `Orientation` {
  /// A picture whose corners differ: red is right, green is down.
  private static let picture = RoundTripTests.gradient(width: 40, height: 24)

  /// The pixel of the stored picture that belongs at (x, y) of the one to be looked at, which is
  /// `width` × `height`: what the table of the EXIF standard says of row 0 and column 0.
  private static func stored(
    _ orientation: Int, x: Int, y: Int, width: Int, height: Int
  ) -> (x: Int, y: Int) {
    switch orientation {
    case 2: (width - 1 - x, y)  // Row 0 is the top, column 0 the right-hand side.
    case 3: (width - 1 - x, height - 1 - y)  // Bottom, right.
    case 4: (x, height - 1 - y)  // Bottom, left.
    case 5: (y, x)  // Left, top.
    case 6: (y, width - 1 - x)  // Right, top.
    case 7: (height - 1 - y, width - 1 - x)  // Right, bottom.
    case 8: (height - 1 - y, x)  // Left, bottom.
    default: (x, y)
    }
  }

  private func decode(_ file: [UInt8]) throws -> RGBImage {
    var decoder = try ImageDecoder()
    return try decoder.decode(file)
  }

  @Test(arguments: 1...8, [false, true])
  func `a JPEG is turned as its EXIF data say`(orientation: Int, isBigEndian: Bool) throws {
    let file = try encodeJPEG(Self.picture, quality: 95)
    let plain = try decode(file)
    let turned = try decode(
      exif(file, orientation: UInt16(orientation), isBigEndian: isBigEndian))
    #expect((turned.width, turned.height) == (orientation < 5 ? (40, 24) : (24, 40)))
    for y in 0..<turned.height {
      for x in 0..<turned.width {
        let at = Self.stored(orientation, x: x, y: y, width: turned.width, height: turned.height)
        for colour in 0..<3 {
          #expect(
            turned.pixels[3 * (y * turned.width + x) + colour]
              == plain.pixels[3 * (at.y * plain.width + at.x) + colour])
        }
      }
    }
  }

  @Test(arguments: 2...8)
  func `a photograph that is scaled down while it is decoded is turned as well`(
    orientation: Int
  ) throws {
    // As if the camera had turned it before it stored it.
    let file = try encodeJPEG(RoundTripTests.gradient(width: 640, height: 360), quality: 95)
    let upright = try decode(exif(file, orientation: UInt16(orientation)))
    let expected = try encodePNG(upright)
    var preprocessor = try Preprocessor(inputHeight: 32, inputWidth: 32, fit: .crop)
    for variant: UInt16 in 0...3 {
      let input = try preprocessor.preprocess(
        exif(file, orientation: UInt16(orientation)), digest: .sha256([1]), variant: variant)
      let whole = try preprocessor.preprocess(expected, digest: .sha256([1]), variant: variant)
      let differences = zip(input, whole).map { abs(Int($0) - Int($1)) }
      #expect(differences.max()! <= 6, "variant \(variant)")
    }
  }

  @Test(arguments: [false, true])
  func `a number of 32 bits is as good`(isBigEndian: Bool) throws {
    let file = try encodeJPEG(Self.picture, quality: 90)
    var segment = exifSegment(orientation: 6, isBigEndian: isBigEndian)
    // "Exif", the header and the first entry; then the tag, whose type follows it.
    let type = 6 + 8 + 2 + 12 + 2
    segment.replaceSubrange(type..<type + 2, with: isBigEndian ? [0, 4] : [4, 0])
    let number: [UInt8] = isBigEndian ? [0, 0, 0, 6] : [6, 0, 0, 0]
    segment.replaceSubrange(type + 6..<type + 10, with: number)
    #expect(try decode(insert(segment, into: file)).width == 24)
  }

  @Test func `one decoder turns one picture and not the next`() throws {
    let file = try encodeJPEG(Self.picture, quality: 90)
    var decoder = try ImageDecoder()
    let plain = try decoder.decode(file)
    for orientation: UInt16 in [6, 3, 8, 1] {
      _ = try decoder.decode(exif(file, orientation: orientation))
      #expect(try decoder.decode(file) == plain)
    }
  }

  @Test func `what makes no sense turns nothing`() throws {
    let file = try encodeJPEG(Self.picture, quality: 90)
    let plain = try decode(file)
    for orientation: UInt16 in [0, 9, 256, 65_535] {
      #expect(try decode(exif(file, orientation: orientation)) == plain)
    }
    // Every byte of the segment wrong in turn, and the segment cut short: pixels or an error of the
    // decoder, but the same picture in one of its eight forms where there is one.
    let tagged = exif(file, orientation: 6)
    for index in 2..<44 {
      var damaged = tagged
      damaged[index] ^= 0x5a
      var decoder = try ImageDecoder()
      if let picture = try? decoder.decode(damaged) {
        #expect(picture.pixels.count == plain.pixels.count)
      }
    }
    for tag in [Array("II*\0".utf8), [], Array("MM\0*\0\0\0\u{8}\0\u{1}".utf8)] {
      #expect(try decode(insert(Array("Exif\0\0".utf8) + tag, into: file)) == plain)
    }
    // Further away than there are bytes, in the middle of the header, and everywhere.
    for offset: [UInt8] in [[255, 255, 255, 127], [2, 0, 0, 0], [255, 255, 255, 255]] {
      let tiff = Array("Exif\0\0II*\0".utf8) + offset + [UInt8](repeating: 0xff, count: 30)
      #expect(try decode(insert(tiff, into: file)) == plain)
    }
  }

  @Test func `the first EXIF segment counts, and other ones of its kind don't`() throws {
    let file = try encodeJPEG(Self.picture, quality: 90)
    let metadata = insert(Array("http://ns.adobe.com/xap/1.0/\0<x/>".utf8), into: file)
    #expect(try decode(exif(metadata, orientation: 6)).width == 24)
    let behind = insert(
      Array("http://ns.adobe.com/xap/1.0/\0<x/>".utf8), into: exif(file, orientation: 6))
    #expect(try decode(behind).width == 24)
    #expect(try decode(exif(exif(file, orientation: 6), orientation: 1)).width == 40)
  }

  // MARK: Files

  private func exif(
    _ file: [UInt8], orientation: UInt16, isBigEndian: Bool = false
  ) -> [UInt8] {
    insert(exifSegment(orientation: orientation, isBigEndian: isBigEndian), into: file)
  }

  private func insert(_ content: [UInt8], into file: [UInt8]) -> [UInt8] {
    insertSegment(content, into: file)
  }
}
