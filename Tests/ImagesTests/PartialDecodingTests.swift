import Digest
import Foundation
import Images
import TestSupport
import Testing

/// A JPEG of which only the needed columns are decoded, against the whole of it.
@Suite struct PartialDecodingTests {
  /// How a picture is coded.
  struct Coding: CustomTestStringConvertible {
    var subsampling: ChromaSubsampling
    var isProgressive: Bool

    var testDescription: String {
      "\(subsampling.rawValue)\(isProgressive ? ", progressive" : "")"
    }

    static let all = ChromaSubsampling.allCases.flatMap { subsampling in
      [false, true].map { Coding(subsampling: subsampling, isProgressive: $0) }
    }

    func file(width: Int, height: Int) throws -> [UInt8] {
      let picture = ResizingTests.noise(
        width: width, height: height, seed: UInt64(100 * width + height))
      return try encodeJPEG(
        picture, quality: 85, subsampling: subsampling, isProgressive: isProgressive)
    }
  }

  /// 96 × 20 pixels, 4:2:0, with a restart marker after every second group of blocks.
  private static let withRestarts = Array(
    Data(
      base64Encoded: """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwc\
        KDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy\
        MjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAUAGADASIAAhEBAxEB/8QAGgAAAwEBAQEAAAAAAAAAAAAAAAMFBAYCAf/E\
        ACwQAAICAQMBBgUFAAAAAAAAAAECAAMRBBIhMSJBUVJhkRNxktHhMkJDoaL/xAAYAQEAAwEAAAAAAAAAAAAAAAAEAgMF\
        Bv/EACwRAAEEAAQDBgcAAAAAAAAAAAEAAgMRBCExQSKRoQUTUXGCsRIyNGFygeH/3QAEAAL/2gAMAwEAAhEDEQA/ANSa\
        jPfNCW5kKnUZ75rOsWlNzHJPQeMhh+z4zGZJMmjUrm2QG6CtI2Yz41SZ3OoI6jPPtOdGrtv4ZsL5R0mhHVF3OwA9ZWGM\
        kvuIsvF2XT+p0eGrVf/Q6EaugYwWb5D7xg1acba2PzOJEXWoCAil/XpHLqrcAllQDqcfeDMIddV6W3X7dl1KPHhlbTU5\
        /h/1+I03sO1sRV79xkEalQNrWu/iAcxqXAA7a+AOrGVGEuHwnPyrX0tPuE6PDL//0e0TU5/dR7/mMTWKfJ9DSGuq4Hbr\
        Hqoz945dSzDGbDjpgAZmT3GzRnz9iCOS1Y8Orq6lcZwh9NpnpLmPn+hZDGrDVnLAj1s3f1GpeNvCqSfKp495VJAJXCht\
        sSOmpTo8PS//0oendvGfbbGOqIJ6AAe0IReL+hj/ACHsVnwjiWutylTMOoBMXXY1rbnbJhCVY7WBmxvLbZOhGq//0872\
        NTSGTGSccz1UTY25ySfWEIjFNBxLI64a025JcWlpjXulxrTAAxzjnpNNK7yCxLHxJzCEqY0PxhjcLaDkNtfBOZ8tr//U\
        dVfY/eFGMdkTRY3w61f9TZx2jmEIeLjDw7OtPsupYKpMpsd+C2AfDiNssNdyjAbs5y2SYQkYAHx2/PPfzTmCiv/Z
        """)!)

  /// Asks for a part and expects it to be the whole picture's; the part that came.
  @discardableResult
  private func expectWholePixels(
    of file: [UInt8], rows: Range<Int>? = nil, columns: Range<Int>? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> DecodedPart {
    var decoder = try ImageDecoder()
    let whole = try decoder.decode(file)
    let warnings = decoder.warnings
    let wanted = (rows: rows ?? 0..<whole.height, columns: columns ?? 0..<whole.width)
    let part = try decoder.decodeIntoBuffer(file) { width, height in
      #expect((width, height) == (whole.width, whole.height), sourceLocation: sourceLocation)
      return DecodingRequest(denominator: 1, part: wanted)
    }
    #expect(decoder.warnings == warnings, sourceLocation: sourceLocation)
    #expect((part.width, part.height) == (whole.width, whole.height))
    #expect(wanted.rows.clamped(to: part.rows) == wanted.rows, sourceLocation: sourceLocation)
    #expect(
      wanted.columns.clamped(to: part.columns) == wanted.columns, sourceLocation: sourceLocation)
    var differing = 0
    for y in wanted.rows {
      for x in wanted.columns {
        let row = (y - part.rows.lowerBound) * part.columns.count
        let at = 4 * (row + x - part.columns.lowerBound)
        let pixel = 3 * (y * whole.width + x)
        if decoder.buffer[at..<at + 3] != whole.pixels[pixel..<pixel + 3] { differing += 1 }
      }
    }
    #expect(differing == 0, "\(wanted) of \(part)", sourceLocation: sourceLocation)
    return part
  }

  @Test(arguments: Coding.all)
  func `wanted columns are the whole picture's, wherever they lie`(coding: Coding) throws {
    for (width, height) in [(1, 9), (8, 8), (17, 3), (48, 33), (63, 16), (65, 18), (103, 20)] {
      let file = try coding.file(width: width, height: height)
      for first in stride(from: 0, to: width, by: 1 + width / 9) {
        for count in Set([1, 2, 3, 16, 31, width - first]) where first + count <= width {
          try expectWholePixels(of: file, columns: first..<first + count)
        }
      }
    }
  }

  @Test(arguments: ChromaSubsampling.allCases)
  func `other columns are left out`(subsampling: ChromaSubsampling) throws {
    let coding = Coding(subsampling: subsampling, isProgressive: false)
    let part = try expectWholePixels(
      of: coding.file(width: 320, height: 40), columns: 140..<180)
    #expect(part.columns.lowerBound > 100 && part.columns.upperBound < 220)
    #expect(part.rows == 0..<40)
  }

  @Test(arguments: 1...8, ChromaSubsampling.allCases)
  func `columns of a turned picture may be rows of the file`(
    orientation: UInt16, subsampling: ChromaSubsampling
  ) throws {
    let coding = Coding(subsampling: subsampling, isProgressive: false)
    let file = insertSegment(
      exifSegment(orientation: orientation), into: try coding.file(width: 131, height: 22))
    let isTurned = orientation > 4
    for range in [0..<5, 3..<30, 64..<97, 100..<131] {
      let part = try expectWholePixels(
        of: file, rows: isTurned ? range : nil, columns: isTurned ? nil : range)
      #expect((isTurned ? part.rows : part.columns).count < 131)
    }
  }

  @Test func `restart markers are passed in what is left out as well`() throws {
    for first in stride(from: 0, to: 96, by: 5) {
      try expectWholePixels(of: Self.withRestarts, columns: first..<min(96, first + 9))
    }
  }

  @Test(arguments: SamplingFixtures.all.map(\.kind))
  func `rarer samplings are decoded whole or right`(kind: String) throws {
    let fixture = try #require(SamplingFixtures.all.first { $0.kind == kind })
    let file = Array(try #require(Data(base64Encoded: fixture.base64)))
    for first in 0..<40 { try expectWholePixels(of: file, columns: first..<first + 8) }
  }

  @Test func `inputs are those of the whole picture`() throws {
    var preprocessor = try Preprocessor(inputHeight: 24, inputWidth: 24, fit: .crop)
    var decoder = try ImageDecoder()
    for coding in Coding.all {
      for orientation: UInt16 in [1, 2, 3, 6, 8] {
        let file = insertSegment(
          exifSegment(orientation: orientation), into: try coding.file(width: 131, height: 40))
        let whole = try encodePNG(decoder.decode(file))
        for variant: UInt16 in 0..<8 {
          let digest = ContentDigest.sha256([UInt8(orientation)])
          let input = try preprocessor.preprocess(file, digest: digest, variant: variant)
          let expected = try preprocessor.preprocess(whole, digest: digest, variant: variant)
          #expect(input == expected, "\(coding.testDescription), \(orientation), \(variant)")
        }
      }
    }
  }

  /// What became of a file: its pixels, or why it has none, and what the decoder complained of.
  private func verdict(_ file: [UInt8], columns: Range<Int>?) -> [String] {
    do throws(ImageError) {
      var decoder = try ImageDecoder()
      _ = try decoder.decodeIntoBuffer(file) { width, height in
        let wanted = (columns ?? 0..<width).clamped(to: 0..<width)
        return DecodingRequest(
          denominator: 1, part: wanted.isEmpty ? nil : (rows: 0..<height, columns: wanted))
      }
      return decoder.warnings
    } catch {
      return ["\(error)"]
    }
  }

  @Test func `damage in what is left out counts as well`() throws {
    let coding = Coding(subsampling: .both, isProgressive: false)
    for file in [Self.withRestarts, try coding.file(width: 96, height: 20)] {
      var complaints = 0
      for index in file.indices {
        var damaged = file
        damaged[index] ^= 1 << UInt8(index % 8)
        for bad in [damaged, Array(file[..<index])] {
          let expected = verdict(bad, columns: nil)
          if !expected.isEmpty { complaints += 1 }
          #expect(verdict(bad, columns: 40..<44) == expected, "byte \(index)")
        }
      }
      #expect(complaints > file.count, "what is cut off is always undecodable")
    }
  }
}
