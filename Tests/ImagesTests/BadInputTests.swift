import Digest
import Images
import Testing

struct BadInputTests {
  /// What a mere look at the file says.
  private func checkError(of file: [UInt8]) throws -> ImageError? {
    var decoder = try ImageDecoder()
    do {
      try decoder.check(file)
      return nil
    } catch {
      return error
    }
  }

  private static let picture = RoundTripTests.gradient(width: 33, height: 21)

  private static func jpegs() throws -> [[UInt8]] {
    try [false, true].map { try encodeJPEG(picture, quality: 80, isProgressive: $0) }
  }

  @Test(arguments: ["", "\u{1}", "just a text", "GIF8", "\u{7f}ELF", "BM6"])
  func `what begins like no picture is no picture`(text: String) throws {
    #expect(decodingError(of: Array(text.utf8)) == .unrecognizedFormat(nil))
    #expect(ImageError.unrecognizedFormat(nil).isUndecodable)
  }

  @Test func `a JPEG that was cut off is undecodable, or has all its rows`() throws {
    var decoder = try ImageDecoder()
    for file in try Self.jpegs() {
      let whole = try decoder.decode(file)
      for count in 3..<file.count {
        let cut = Array(file[..<count])
        #expect(
          try checkError(of: cut) == decodingError(of: cut), "looked at in small it says the same")
        if let error = decodingError(of: cut) {
          #expect(error.isUndecodable, "cut to \(count) of \(file.count): \(error)")
        } else {
          #expect(try decoder.decode(cut) == whole, "cut to \(count) of \(file.count)")
          #expect(count > file.count - 4)
        }
      }
      // With the headers intact it is the picture's end that is missing.
      for count in file.count - 40..<file.count - 3 {
        #expect(decodingError(of: Array(file[..<count])) == .prematureEnd(format: .jpeg))
      }
    }
  }

  @Test func `a PNG that was cut off is undecodable, or has all its rows`() throws {
    let file = try encodePNG(Self.picture)
    var decoder = try ImageDecoder()
    let whole = try decoder.decode(file)
    for count in 8..<file.count {
      let cut = Array(file[..<count])
      #expect(try checkError(of: cut) == decodingError(of: cut))
      if let error = decodingError(of: cut) {
        #expect(error == .prematureEnd(format: .png))
        // 12 bytes of the end's chunk, and the check sums of chunk and stream.
        #expect(count < file.count - 20)
      } else {
        #expect(try decoder.decode(cut) == whole)
      }
    }
  }

  @Test func `flipped bits never crash and give the same answer again`() throws {
    var files = try Self.jpegs()
    files += PNGFixtures.all.map(\.file)
    var preprocessor = try Preprocessor(inputHeight: 16, inputWidth: 16, fit: .crop)
    for file in files {
      // The answer may depend on the file alone, not on what was decoded before it.
      var first: [Result<[UInt8], ImageError>] = []
      for _ in 0..<2 {
        var answers: [Result<[UInt8], ImageError>] = []
        for index in file.indices.dropFirst(8) {
          var changed = file
          changed[index] ^= 1 << UInt8(index % 8)
          do throws(ImageError) {
            let pixels = try preprocessor.preprocess(changed, digest: .sha256([]), variant: 0)
            answers.append(.success(pixels))
          } catch {
            #expect(error.isUndecodable, "\(error)")
            answers.append(.failure(error))
          }
        }
        if first.isEmpty { first = answers }
        #expect(answers == first)
      }
    }
  }

  @Test func `a header of 65,500 × 65,500 pixels is refused before memory is taken`() throws {
    var jpeg = try encodeJPEG(Self.picture, quality: 80)
    // The frame header: marker, length, precision, then height and width.
    let frame = try #require(jpeg.indices.first { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xc0 })
    jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xff, 0xdc, 0xff, 0xdc])
    #expect(decodingError(of: jpeg) == .tooLarge(width: 65_500, height: 65_500))

    var png = try encodePNG(Self.picture)
    png.replaceSubrange(16..<24, with: [0, 0, 0xff, 0xdc, 0, 0, 0xff, 0xdc])
    #expect(decodingError(of: png) == .tooLarge(width: 65_500, height: 65_500))
    png.replaceSubrange(16..<24, with: [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1])
    #expect(decodingError(of: png) == .tooLarge(width: 0x7fff_ffff, height: 1))
    png.replaceSubrange(16..<24, with: [0, 0, 0, 0, 0, 0, 0, 1])
    #expect(decodingError(of: png)?.isUndecodable == true)
  }

  @Test func `a warning is that of its own picture`() throws {
    // Bytes between two segments of the header.
    var file = try encodeJPEG(Self.picture, quality: 80)
    let frame = try #require(file.indices.first { file[$0] == 0xff && file[$0 + 1] == 0xc0 })
    file.insert(contentsOf: [1, 2, 3], at: frame)
    var decoder = try ImageDecoder()
    #expect(try decoder.decode(file).width == 33)
    #expect(decoder.warnings.count == 1)
    _ = try decoder.decode(try encodePNG(Self.picture))
    #expect(decoder.warnings.isEmpty)
  }

  @Test func `a PNG with an unknown critical chunk or two headers is refused`() throws {
    let file = try encodePNG(Self.picture)
    let header = Array(file[8..<33])
    let twice = Array(file[..<33]) + header + Array(file[33...])
    #expect(decodingError(of: twice)?.isUndecodable == true)
    let unknown = Array(file[..<33]) + [0, 0, 0, 0] + Array("TEST".utf8) + [0, 0, 0, 0]
    #expect(decodingError(of: unknown + Array(file[33...]))?.isUndecodable == true)
    let ancillary = Array(file[..<33]) + [0, 0, 0, 0] + Array("teST".utf8) + [0, 0, 0, 0]
    #expect(decodingError(of: ancillary + Array(file[33...])) == nil)
  }

  @Test func `every error says what to do`() {
    let errors: [ImageError] = [
      .unrecognizedFormat(nil), .malformed(format: .png, reason: "x"),
      .tooLarge(width: 1, height: 2),
      .prematureEnd(format: .jpeg), .outOfMemory, .missingLibrary,
    ]
    for error in errors { #expect(error.description.contains(":")) }
    for error in [ImageError.outOfMemory, .missingLibrary] { #expect(!error.isUndecodable) }
  }
}
