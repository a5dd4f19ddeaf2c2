import Images
import Testing

/// HEIC and AVIF: pictures put together from parts, cropped, turned and laid over white.
@Suite struct HEIFTests {
  private func decode(_ builder: HEIFBuilder) throws -> RGBImage {
    var decoder = try ImageDecoder()
    return try decoder.decode(builder.file())
  }

  private func single(_ properties: [[UInt8]] = []) -> HEIFBuilder {
    HEIFBuilder(items: [1: HEIFBuilder.hevc(properties: properties)])
  }

  private func colour(_ picture: RGBImage, _ x: Int, _ y: Int) -> [Int] {
    (0..<3).map { Int(picture.pixels[3 * (y * picture.width + x) + $0]) }
  }

  /// What the coded picture was made from.
  private func source(_ x: Int, _ y: Int) -> [Int] { [60 + 2 * x, 200 - 2 * y, 80 + y] }

  private func expectClose(_ got: [Int], _ expected: [Int], within tolerance: Int) {
    for (got, expected) in zip(got, expected) {
      #expect(abs(got - expected) <= tolerance, "\(got) instead of \(expected)")
    }
  }

  @Test func `a picture decodes to what it was made from`() throws {
    let picture = try decode(single())
    #expect((picture.width, picture.height) == (64, 64))
    for y in 0..<64 {
      for x in 0..<64 { expectClose(colour(picture, x, y), source(x, y), within: 4) }
    }
  }

  @Test func `AV1 in a file that doesn't say which code it has`() throws {
    var item = HEIFBuilder.hevc()
    (item.type, item.data, item.properties[0]) = (
      "av01", CodedFixtures.av1, HEIFBuilder.box("av1C", [0x81, 0, 0, 0])
    )
    var builder = HEIFBuilder(items: [1: item])
    for brand in ["avif", "mif1", "heic"] {
      builder.brand = brand
      let picture = try decode(builder)
      for y in stride(from: 0, to: 64, by: 7) {
        for x in 0..<64 { expectClose(colour(picture, x, y), source(x, y), within: 10) }
      }
    }
  }

  @Test func `the data of a picture may lie anywhere in pieces`() throws {
    let whole = try decode(single())
    var builder = single()
    for version in 0...2 {
      for pieceCount in [1, 2, 7] {
        for isWithinMeta in [false, true] where version > 0 || !isWithinMeta {
          (builder.locationVersion, builder.pieceCount) = (version, pieceCount)
          builder.isWithinMeta = isWithinMeta
          #expect(try decode(builder) == whole, "\(version), \(pieceCount), \(isWithinMeta)")
        }
      }
    }
  }

  // Tiles of 64 pixels a side in three columns and two rows; the right and lower ones are cut off.
  private func grid(_ width: Int, _ height: Int, rows: Int, columns: Int) -> HEIFBuilder {
    let data =
      [0, 0, UInt8(rows - 1), UInt8(columns - 1)] + HEIFBuilder.number(width, 2)
      + HEIFBuilder.number(height, 2)
    let item = HEIFBuilder.Item(
      type: "grid", data: data, properties: [HEIFBuilder.size(width, height)],
      references: [("dimg", Array(2..<2 + rows * columns))])
    var builder = HEIFBuilder(items: [1: item])
    for tile in 0..<rows * columns { builder.items[2 + tile] = HEIFBuilder.hevc() }
    return builder
  }

  @Test func `a grid is put together from its tiles`() throws {
    let tile = try decode(single())
    let picture = try decode(grid(150, 100, rows: 2, columns: 3))
    #expect((picture.width, picture.height) == (150, 100))
    for y in 0..<100 {
      for x in 0..<150 { #expect(colour(picture, x, y) == colour(tile, x % 64, y % 64)) }
    }
  }

  @Test func `pictures are turned and mirrored in the order that the file says`() throws {
    let upright = try decode(single())
    let mirrorings: [UInt8?] = [nil, 0, 1]
    for angle: UInt8 in 0..<4 {
      for axis in mirrorings {
        for isMirroredFirst in [false, true] {
          let turn = HEIFBuilder.box("irot", [angle])
          let mirror = axis.map { HEIFBuilder.box("imir", [$0]) }
          let properties = isMirroredFirst ? [mirror, turn] : [turn, mirror]
          let picture = try decode(single(properties.compactMap(\.self)))
          for (x, y) in [(0, 0), (63, 0), (5, 40), (20, 63)] {
            var (fromX, fromY) = (x, y)
            // Undone from the last to the first.
            func unmirror() {
              if axis == 0 { fromY = 63 - fromY }
              if axis == 1 { fromX = 63 - fromX }
            }
            // A quarter anticlockwise puts the right column on top.
            func unturn() {
              for _ in 0..<angle { (fromX, fromY) = (63 - fromY, fromX) }
            }
            if isMirroredFirst {
              unturn()
              unmirror()
            } else {
              unmirror()
              unturn()
            }
            #expect(
              colour(picture, x, y) == colour(upright, fromX, fromY),
              "\(angle), \(axis.map(String.init) ?? "-"), \(isMirroredFirst) at \(x), \(y)")
          }
        }
      }
    }
  }

  private func aperture(_ numbers: Int...) -> [UInt8] {
    HEIFBuilder.box("clap", numbers.flatMap { HEIFBuilder.number($0, 4) })
  }

  @Test func `pictures are cropped before they are turned`() throws {
    let whole = try decode(single())
    // 20 × 30 pixels whose middle lies 3 to the right of the whole's and 4.5 above it.
    let properties = [aperture(20, 1, 60, 2, 3, 1, -9, 2), HEIFBuilder.box("irot", [3])]
    let picture = try decode(single(properties))
    #expect((picture.width, picture.height) == (30, 20))
    for y in 0..<20 {
      for x in 0..<30 {
        // A quarter clockwise: the lowest row that is kept becomes the first column.
        #expect(colour(picture, x, y) == colour(whole, 25 + y, 12 + 29 - x))
      }
    }
  }

  @Test func `what is transparent is laid over white`() throws {
    let opaque = try decode(single())
    let types = ["urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1"]
    for (type, isPremultiplied) in [(types[0], false), (types[1], false), (types[0], true)] {
      var builder = single()
      var opacity = HEIFBuilder.grey(
        properties: [HEIFBuilder.box("auxC", [0, 0, 0, 0] + Array(type.utf8) + [0])])
      opacity.references = [("auxl", [1])]
      builder.items[2] = opacity
      if isPremultiplied { builder.items[1]?.references = [("prem", [2])] }
      let picture = try decode(builder)
      for y in stride(from: 0, to: 64, by: 5) {
        for x in 0..<64 {
          let alpha = 4 * x
          let expected = colour(opaque, x, y).map {
            isPremultiplied ? min(255, $0 + 255 - alpha) : ($0 * alpha + 255 * (255 - alpha)) / 255
          }
          expectClose(colour(picture, x, y), expected, within: 3)
        }
      }
    }
  }

  @Test func `tiles have an opacity of their own, or none`() throws {
    let opaque = try decode(single())
    for isPremultiplied in [false, true] {
      var builder = single()
      builder.items[2] = builder.items[1]
      builder.items[3] = builder.items[1]
      builder.items[1] = HEIFBuilder.Item(
        type: "grid", data: [0, 0, 0, 1] + HEIFBuilder.number(128, 2) + HEIFBuilder.number(64, 2),
        properties: [HEIFBuilder.size(128, 64)], references: [("dimg", [2, 3])])
      var opacity = HEIFBuilder.grey(
        properties: [
          HEIFBuilder.box("auxC", [0, 0, 0, 0] + Array("urn:mpeg:hevc:2015:auxid:1\0".utf8))
        ])
      opacity.references = [("auxl", [3])]
      builder.items[4] = opacity
      if isPremultiplied { builder.items[3]?.references = [("prem", [4])] }
      let picture = try decode(builder)
      for y in stride(from: 0, to: 64, by: 9) {
        for x in 0..<64 {
          #expect(colour(picture, x, y) == colour(opaque, x, y))
          let alpha = 4 * x
          let expected = colour(opaque, x, y).map {
            isPremultiplied ? min(255, $0 + 255 - alpha) : ($0 * alpha + 255 * (255 - alpha)) / 255
          }
          expectClose(colour(picture, 64 + x, y), expected, within: 3)
        }
      }
    }
  }

  @Test func `other auxiliary pictures don't matter`() throws {
    let whole = try decode(single())
    var builder = single()
    var depth = HEIFBuilder.grey(
      properties: [
        HEIFBuilder.box("auxC", [0, 0, 0, 0] + Array("urn:mpeg:hevc:2015:auxid:2\0".utf8))
      ])
    depth.references = [("auxl", [1])]
    builder.items[2] = depth
    #expect(try decode(builder) == whole)
  }
}
