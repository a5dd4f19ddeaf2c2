import Digest
import Foundation
import Images
import TestSupport
import Testing

/// Formats beside JPEG and PNG.
@Suite struct FormatTests {
  private func file(_ kind: String) throws -> [UInt8] {
    let fixture = try #require(KindFixtures.all.first { $0.kind == kind })
    return Array(try #require(Data(base64Encoded: fixture.base64)))
  }

  private func decode(_ file: [UInt8]) throws -> RGBImage {
    var decoder = try ImageDecoder()
    return try decoder.decode(file)
  }

  @Test(arguments: KindFixtures.all.map(\.kind))
  func `every kind gives the picture that was put in`(kind: String) throws {
    let fixture = try #require(KindFixtures.all.first { $0.kind == kind })
    let picture = try decode(try file(kind))
    #expect((picture.width, picture.height) == (fixture.isTurned ? (12, 16) : (16, 12)))
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let (left, down) = fixture.isTurned ? (y, 11 - x) : (x, y)
        let expected = [60 + 12 * left, 200 - 12 * down, 80 + 4 * down]
        for colour in 0..<3 {
          let got = Int(picture.pixels[3 * (y * picture.width + x) + colour])
          #expect(
            abs(got - expected[colour]) <= fixture.tolerance,
            "\(got) instead of \(expected[colour]) at \(x), \(y)")
        }
      }
    }
  }

  @Test(arguments: KindFixtures.all.map(\.kind))
  func `a file that was cut off gives an error or the whole picture`(kind: String) throws {
    let file = try file(kind)
    let whole = try decode(file)
    for count in stride(from: 20, to: file.count, by: 3) {
      let cut = Array(file[..<count])
      if let error = decodingError(of: cut) {
        #expect(error.isUndecodable, "cut to \(count) of \(file.count): \(error)")
      } else {
        // What lies behind the picture, its EXIF data say, may be missing.
        #expect(try decode(cut).pixels.count == whole.pixels.count, "cut to \(count)")
      }
    }
  }

  @Test(arguments: KindFixtures.all.map(\.kind))
  func `flipped bits give an error or a picture, and the same again`(kind: String) throws {
    let file = try file(kind)
    var preprocessor = try Preprocessor(inputHeight: 16, inputWidth: 16, fit: .crop)
    expectSameAnswersToFlippedBits(of: file) { changed throws(ImageError) in
      try preprocessor.preprocess(changed, digest: .sha256([]), variant: 0)
    }
  }

  @Test func `of a WebP animation the first picture is whole, whatever the second is like`() throws
  {
    let file = try file("WebP, animated")
    let picture = try decode(file)
    let frames = file.indices.filter { file[$0...].starts(with: Array("ANMF".utf8)) }
    #expect(frames.count > 1)
    for count in frames[1]...file.count {
      #expect(try decode(Array(file[..<count])) == picture, "\(count) of \(file.count)")
    }
    var damaged = file
    damaged.replaceSubrange((frames[1] + 30)..., with: repeatElement(0xff, count: 50))
    #expect(try decode(damaged) == picture)
    #expect(decodingError(of: Array(file[..<(frames[1] - 4)])) == .prematureEnd(format: .webp))
  }

  @Test func `a GIF whose table of codes is full decodes`() throws {
    let file = Array(try #require(Data(base64Encoded: NoiseFixture.gif.base64)))
    let picture = try decode(file)
    #expect((picture.width, picture.height) == (76, 58))
    #expect(ContentDigest.sha256(picture.pixels).description == NoiseFixture.gif.digest)
  }

  @Test func `a GIF with a smaller screen than its picture shows the picture`() throws {
    var file = try file("GIF")
    let whole = try decode(file)
    // The screen's width and height.
    file.replaceSubrange(6..<10, with: [1, 0, 1, 0])
    #expect(try decode(file) == whole)
  }

  @Test func `sizes are checked before memory is taken`() throws {
    var bmp = try file("BMP")
    bmp.replaceSubrange(18..<26, with: [0xdc, 0xff, 0, 0, 0xdc, 0xff, 0, 0])
    #expect(decodingError(of: bmp) == .tooLarge(width: 65_500, height: 65_500))
    var gif = try file("GIF")
    gif.replaceSubrange(6..<10, with: [0xdc, 0xff, 0xdc, 0xff])
    #expect(decodingError(of: gif) == .tooLarge(width: 65_500, height: 65_500))
  }

  @Test func `what isn't read is named with the way to convert it`() {
    let files: [(String, words: [String])] = [
      ("%PDF-1.7\n", ["PDF", "pdftoppm"]), ("8BPS\0\u{1}", ["Photoshop"]),
      ("\0\0\0\u{c}JXL \r\n", ["JPEG XL", "djxl"]), ("II*\0\u{10}\0\0\0CR\u{2}\0", ["raw"]),
      ("\0\0\0\u{18}ftypcrx \0", ["raw"]), ("\0\0\0\u{18}ftypisom", ["video", "ffmpeg"]),
      ("version https://git-lfs.github.com/spec/v1\n", ["git lfs pull"]),
      ("<!DOCTYPE html><html>", ["web page"]), ("<svg xmlns=", ["SVG", "rsvg-convert"]),
      ("P6\n16 12\n255\n", ["Netpbm", "magick"]), ("P3 16 12", ["Netpbm"]), ("Pf\n", ["Netpbm"]),
      ("\n\u{5}\u{1}\u{8}", ["PCX", "magick"]), ("\u{1}\u{da}\u{1}\u{1}\0", ["SGI"]),
      ("/* XPM */\nstatic", ["XPM"]), ("\0\0\u{2}\0\0\0\0\0\0\0\0\0\u{10}", ["Targa"]),
      ("\0\u{1}\u{1}\0\0\0\u{1}\u{18}", ["Targa"]), ("\u{59}\u{a6}\u{6a}\u{95}", ["Sun"]),
      ("\0\0\u{1}\0\u{1}\0\u{10}", ["icon"]), ("SDPX\0", ["DPX"]), ("II\u{bc}\u{1}", ["JPEG XR"]),
      ("PK\u{3}\u{4}", ["archive"]),
    ]
    for (text, words) in files {
      let file = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      let description = decodingError(of: file)?.description ?? "decoded"
      for word in words { #expect(description.contains(word), "\(description)") }
    }
  }

  @Test func `the raw file of a camera isn't taken for its preview`() throws {
    var file = try file("TIFF")
    // Its first entry becomes the kind of the picture: a smaller version of another one.
    let directory = file[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    file.replaceSubrange(
      directory + 2..<directory + 14, with: [0xfe, 0, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0])
    let description = decodingError(of: file)?.description ?? "decoded"
    #expect(description.contains("preview") || description.contains("size"), "\(description)")
  }
}
