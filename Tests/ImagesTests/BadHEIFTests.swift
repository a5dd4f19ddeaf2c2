import Images
import Testing

/// HEIC and AVIF files that contradict themselves, ask for too much or are of kinds that aren't read.
@Suite struct BadHEIFTests {
  private func error(_ change: (inout HEIFBuilder) -> Void) -> ImageError? {
    var builder = HEIFBuilder(items: [1: HEIFBuilder.hevc()])
    change(&builder)
    return decodingError(of: builder.file())
  }

  private func expectUndecodable(
    _ error: ImageError?, _ words: String, _ location: SourceLocation = #_sourceLocation
  ) {
    let description = error?.description ?? "decoded"
    #expect(error?.isUndecodable == true, "\(description)", sourceLocation: location)
    #expect(description.contains(words), "\(description)", sourceLocation: location)
  }

  @Test func `sizes are checked before memory is taken`() {
    #expect(
      error { $0.items[1]?.properties[1] = HEIFBuilder.size(65_535, 65_535) }
        == .tooLarge(width: 65_535, height: 65_535))
    expectUndecodable(error { $0.items[1]?.properties[1] = HEIFBuilder.size(8, 0) }, "no pixels")
    // What is coded is smaller, or larger.
    for side in [32, 4096] {
      expectUndecodable(
        error { $0.items[1]?.properties[1] = HEIFBuilder.size(side, side) }, "description")
    }
  }

  @Test func `what is missing is named`() {
    for box in ["pitm", "iinf", "iloc", "iprp"] {
      expectUndecodable(error { $0.missingBox = box }, "'\(box)' is missing")
    }
    expectUndecodable(error { $0.missingBox = "meta" }, "no list of pictures")
    expectUndecodable(error { $0.primary = 7 }, "isn't there")
    expectUndecodable(error { $0.items[1]?.properties.removeFirst() }, "parameters are missing")
    expectUndecodable(error { $0.items[1]?.properties.remove(at: 1) }, "no pixels")
    // Without a length it is all that follows.
    expectUndecodable(error { $0.items[1]?.data = [] }, "damaged")
    let film = HEIFBuilder.box("ftyp", Array("hevc\0\0\0\0".utf8)) + HEIFBuilder.box("moov", [])
    expectUndecodable(decodingError(of: film), "ffmpeg")
  }

  @Test func `kinds that aren't read are named`() {
    expectUndecodable(error { $0.items[1]?.type = "vvc1" }, "'vvc1'")
    expectUndecodable(error { $0.items[1]?.type = "iovl" }, "'iovl'")
    expectUndecodable(error { $0.items[1]?.isProtected = true }, "encrypted")
    expectUndecodable(
      error { $0.items[1]?.properties.append(HEIFBuilder.box("lsel", [0, 1])) }, "'lsel'")
  }

  @Test func `grids that don't fit are refused`() {
    func grid(_ width: Int, _ height: Int, _ counts: [UInt8], tiles: [Int]) -> ImageError? {
      error {
        $0.items[2] = $0.items[1]
        let size = HEIFBuilder.number(width, 2) + HEIFBuilder.number(height, 2)
        $0.items[1] = HEIFBuilder.Item(
          type: "grid", data: [0, 0] + counts + size,
          properties: [HEIFBuilder.size(128, 64)], references: [("dimg", tiles)])
      }
    }
    #expect(grid(128, 64, [0, 1], tiles: [2, 2]) == nil)
    expectUndecodable(grid(128, 64, [0, 1], tiles: [2]), "2 places and 1 tiles")
    expectUndecodable(grid(120, 64, [0, 1], tiles: [2, 2]), "another size")
    expectUndecodable(grid(128, 64, [0, 2], tiles: [2, 2, 2]), "make up its size")
    expectUndecodable(grid(128, 64, [0, 0], tiles: [2]), "make up its size")
    // A grid within itself.
    expectUndecodable(grid(128, 64, [0, 1], tiles: [1, 1]), "make up its size")
    let nested = error {
      $0.items[2] = $0.items[1]
      $0.items[2]?.type = "grid"
      $0.items[1] = HEIFBuilder.Item(
        type: "grid", data: [0, 0, 0, 0, 0, 64, 0, 64], properties: [HEIFBuilder.size(64, 64)],
        references: [("dimg", [2])])
    }
    expectUndecodable(nested, "'grid'")
  }

  @Test func `pieces of data may not add up to more than the file`() {
    // Each piece is all of the file; such a file could ask for a thousand times its size.
    var file = HEIFBuilder(items: [1: HEIFBuilder.hevc()], pieceCount: 3).file()
    let whole = HEIFBuilder.number(0, 4) + HEIFBuilder.number(file.count, 4)
    let list = file.indices.first { file[$0...].starts(with: Array("iloc".utf8)) }!
    for piece in 0..<3 {
      let place = list + 18 + 8 * piece
      file.replaceSubrange(place..<place + 8, with: whole)
    }
    expectUndecodable(decodingError(of: file), "longer than the file")
  }

  @Test func `a tile that stands in many places doesn't make work of a small file`() {
    expectUndecodable(error { $0.associationCount = 100 }, "more than 255 properties")
    let error = error {
      $0.items[2] = $0.items[1]
      $0.items[2]?.data += [UInt8](repeating: 0, count: 1 << 20)
      let size = HEIFBuilder.number(640, 2) + HEIFBuilder.number(640, 2)
      $0.items[1] = HEIFBuilder.Item(
        type: "grid", data: [0, 0, 9, 9] + size, properties: [HEIFBuilder.size(640, 640)],
        references: [("dimg", [Int](repeating: 2, count: 100))])
    }
    expectUndecodable(error, "repeat the same data too often")
  }

  @Test func `a picture that ends early is told from a whole one`() {
    // Damaged so that the decoder takes them for the end of the picture, without a word.
    for (index, bit) in [(625, 6), (673, 6), (802, 5), (841, 6)] {
      #expect(
        error { $0.items[1]?.data[index] ^= 1 << UInt8(bit) } == .prematureEnd(format: .heic),
        "\(index), \(bit)")
    }
    let error = error {
      // The last unit loses half of its bytes, and its length says so.
      let data = CodedFixtures.hevc
      var (start, next) = (0, 0)
      while next < data.count {
        start = next
        next += 4 + data[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      }
      let count = (data.count - start - 4) / 2
      $0.items[1]?.data =
        data[..<start] + HEIFBuilder.number(count, 4) + data[(start + 4)..<(start + 4 + count)]
    }
    expectUndecodable(error, "damaged")
  }

  @Test func `cropping to what isn't there is refused`() {
    for numbers in [
      [65, 1, 64, 1, 0, 1, 0, 1], [20, 1, 20, 1, 30, 1, 0, 1], [20, 3, 20, 1, 0, 1, 0, 1],
      [20, 1, 20, 1, 0, 0, 0, 1], [0, 1, 20, 1, 0, 1, 0, 1], [-20, -1, 20, 1, 0, 1, 0, 1],
    ] {
      let box = HEIFBuilder.box("clap", numbers.flatMap { HEIFBuilder.number($0, 4) })
      expectUndecodable(error { $0.items[1]?.properties.append(box) }, "cropped")
    }
  }

  @Test func `damaged files give an error or a picture, and the same again`() throws {
    var builder = HEIFBuilder(items: [1: HEIFBuilder.hevc()])
    var opacity = HEIFBuilder.grey(
      properties: [
        HEIFBuilder.box("auxC", [0, 0, 0, 0] + Array("urn:mpeg:hevc:2015:auxid:1\0".utf8))
      ])
    opacity.references = [("auxl", [1])]
    builder.items[2] = opacity
    var decoder = try ImageDecoder()
    expectSameAnswersToFlippedBits(of: builder.file()) { changed throws(ImageError) in
      try decoder.decode(changed)
    }
  }
}
