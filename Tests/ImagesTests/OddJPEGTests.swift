import Digest
import Foundation
import Images
import Testing

/// JPEG files as cameras, scanners and old programs write them.
@Suite struct OddJPEGTests {
  private static let picture = RoundTripTests.gradient(width: 33, height: 21)

  @Test(arguments: SamplingFixtures.all.map(\.kind))
  func `every chroma sampling decodes`(kind: String) throws {
    let fixture = try #require(SamplingFixtures.all.first { $0.kind == kind })
    let file = Array(try #require(Data(base64Encoded: fixture.base64)))
    var decoder = try ImageDecoder()
    let picture = try decoder.decode(file)
    #expect(picture.width == 48 && picture.height == 48)
    #expect(decoder.warnings.isEmpty)
    for y in 0..<48 {
      for x in 0..<48 {
        for (colour, expected) in [60 + 3 * x, 200 - 2 * y, 80 + x + y].enumerated() {
          let got = Int(picture.pixels[3 * (48 * y + x) + colour])
          #expect(abs(got - expected) <= 16, "\(got), not \(expected), at \(x), \(y)")
        }
      }
    }
  }

  /// What may lie where the end-of-image marker should be.
  @Test(arguments: [
    [], [0xff], [UInt8](repeating: 0, count: 4096), [UInt8](repeating: 0xff, count: 4096),
    Array("\u{0}\u{0}SEFT".utf8), [0x12, 0x34, 0xff, 0xd9], [1, 0xff, 0xe7, 0xee, 0xee, 3],
    [0xff, 0xd0, 0xff, 0xd9], [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 9, 9, 9],
    [0xff, 0xc4, 0, 3, 9],
  ])
  func `a picture with all its rows is whole, whatever its end looks like`(end: [UInt8]) throws {
    var decoder = try ImageDecoder()
    for isProgressive in [false, true] {
      let file = try encodeJPEG(Self.picture, quality: 80, isProgressive: isProgressive)
      #expect(try decoder.decode(file.dropLast(2) + end) == decoder.decode(file))
    }
  }

  @Test func `a progressive picture of which whole scans are missing is cut off`() throws {
    let file = try encodeJPEG(Self.picture, quality: 80, isProgressive: true)
    let scans = starts(of: 0xda, in: file)
    #expect(scans.count == 10)
    for start in scans {
      #expect(decodingError(of: Array(file[..<start])) == .prematureEnd(format: .jpeg))
    }
  }

  @Test func `a picture of thousands of scans is refused`() throws {
    let file = try encodeJPEG(Self.picture, quality: 80, isProgressive: true)
    let scans = starts(of: 0xda, in: file)
    let tables = starts(of: 0xc4, in: file)
    let first = scans[0]..<(tables.first { $0 > scans[0] } ?? scans[1])
    var bomb = Array(file[..<first.upperBound])
    for _ in 0..<5000 { bomb += file[first] }
    bomb += file[first.upperBound...]
    guard case .malformed(.jpeg, let reason) = decodingError(of: bomb) else {
      Issue.record("not refused")
      return
    }
    #expect(reason == "more than 200 scans")
  }

  @Test(arguments: [0xc3, 0xc5, 0xc7, 0xcb, 0xcf] as [UInt8])
  func `what only some versions of libjpeg-turbo decode is refused by all`(frame: UInt8) throws {
    var file = try encodeJPEG(Self.picture, quality: 80)
    file[try #require(starts(of: 0xc0, in: file).first) + 1] = frame
    #expect(decodingError(of: file)?.description.contains("lossless or hierarchical") == true)
  }

  @Test func `samples of 12 bits are refused by name`() throws {
    var file = try encodeJPEG(Self.picture, quality: 80)
    file[try #require(starts(of: 0xc0, in: file).first) + 4] = 12
    #expect(decodingError(of: file)?.description.contains("12 bits") == true)
  }

  @Test(arguments: [(12_000, 9_000), (16_320, 12_240), (65_000, 4_000)])
  func `a picture of more than a hundred megapixels is scaled while it is decoded`(
    width: Int, height: Int
  ) throws {
    let file = plain(width: width, height: height)
    var preprocessor = try Preprocessor(inputHeight: 224, inputWidth: 224, fit: .crop)
    let pixels = try preprocessor.preprocess(file, digest: .sha256(file), variant: 0)
    #expect(pixels.allSatisfy { $0 == 128 })
    // A whole picture is scaled as far as it has to be.
    var decoder = try ImageDecoder()
    let picture = try decoder.decode(file)
    #expect(picture.width * picture.height <= ImageLimits.pixelsMax)
    #expect(picture.width == width / 2 && picture.height == height / 2)
  }

  @Test func `more coefficients than memory should hold are refused`() throws {
    // Progressive, three components, none of them coarser: 6 bytes a pixel.
    let file = try encodeJPEG(
      Self.picture, quality: 80, subsampling: .none, isProgressive: true)
    var enormous = file
    let frame = try #require(starts(of: 0xc2, in: file).first)
    enormous.replaceSubrange(frame + 5..<frame + 9, with: [0x2e, 0xe0, 0x2e, 0xe0])
    #expect(decodingError(of: enormous) == .tooLarge(width: 12_000, height: 12_000))
  }

  /// Where a marker stands, ahead of the segment that it begins.
  private func starts(of marker: UInt8, in file: [UInt8]) -> [Int] {
    file.indices.dropLast().filter { file[$0] == 0xff && file[$0 + 1] == marker }
  }

  /// A grey picture all of whose coefficients are 0: two bits a block, by Huffman tables of one code.
  private func plain(width: Int, height: Int) -> [UInt8] {
    func bytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
    let oneCode: [UInt8] = [1] + [UInt8](repeating: 0, count: 15) + [0]
    var file: [UInt8] = [0xff, 0xd8, 0xff, 0xdb, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
    file += [0xff, 0xc0, 0, 11, 8] + bytes(height) + bytes(width) + [1, 1, 0x11, 0]
    file += [0xff, 0xc4, 0, 20, 0x00] + oneCode + [0xff, 0xc4, 0, 20, 0x10] + oneCode
    file += [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]
    let blocks = ((width + 7) / 8) * ((height + 7) / 8)
    return file + [UInt8](repeating: 0, count: (2 * blocks + 7) / 8) + [0xff, 0xd9]
  }
}
