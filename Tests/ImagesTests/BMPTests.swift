import Images
import Testing

/// BMP files of the kinds that no fixture has, built here from the format's description.
@Suite struct BMPTests {
  private static let (width, height) = (6, 3)
  /// [entries × 4], blue first.
  private static let palette: [UInt8] = (0..<16).flatMap {
    [$0 * 3, $0 * 7, $0 * 11, 0] as [UInt8]
  }

  private func bytes(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  private func file(
    bits: Int, compression: Int = 0, height: Int = height, masks: [Int] = [],
    hasPalette: Bool = false,
    _ data: [UInt8]
  ) -> [UInt8] {
    let palette = hasPalette ? Self.palette : []
    let offset = 14 + 40 + 4 * masks.count + palette.count
    let head = Array("BM".utf8) + bytes(offset + data.count, 4) + bytes(0, 4) + bytes(offset, 4)
    let sides = bytes(Self.width, 4) + bytes(height, 4) + bytes(1, 2) + bytes(bits, 2)
    let rest =
      bytes(compression, 4) + bytes(data.count, 4) + bytes(0, 8) + bytes(palette.count / 4, 4)
    return head + bytes(40, 4) + sides + rest + bytes(0, 4) + masks.flatMap { bytes($0, 4) }
      + palette
      + data
  }

  private func decode(_ file: [UInt8]) throws -> [[UInt8]] {
    var decoder = try ImageDecoder()
    let picture = try decoder.decode(file)
    #expect((picture.width, picture.height) == (Self.width, Self.height))
    return (0..<Self.width * Self.height).map { Array(picture.pixels[3 * $0..<3 * $0 + 3]) }
  }

  /// The colours of these indices, from the top row on.
  private func colours(_ indices: [Int]) -> [[UInt8]] {
    indices.map { Self.palette[4 * $0..<4 * $0 + 3].reversed() }
  }

  private static let indices = [0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 6, 6, 9, 10, 11, 15, 14, 13]

  @Test func `two pixels a byte, from the bottom up and from the top down`() throws {
    let rows: [[UInt8]] = [
      [0x01, 0x23, 0x45, 0], [0x55, 0x55, 0x66, 0], [0x9a, 0xbf, 0xed, 0],
    ]
    let expected = colours(Self.indices)
    #expect(
      try decode(file(bits: 4, hasPalette: true, rows.reversed().flatMap(\.self))) == expected)
    #expect(
      try decode(file(bits: 4, height: -3, hasPalette: true, rows.flatMap(\.self))) == expected)
  }

  @Test func `runs of bytes, plain stretches and jumps`() throws {
    let expected = colours([0, 0, 0, 0, 0, 7] + [5, 5, 5, 5, 6, 6] + [9, 10, 11, 15, 15, 15])
    let data: [UInt8] =
      [0, 3, 9, 10, 11, 0, 3, 15, 0, 0] + [4, 5, 2, 6, 0, 0] + [0, 2, 5, 0, 1, 7, 0, 1]
    #expect(try decode(file(bits: 8, compression: 1, hasPalette: true, data)) == expected)
    // The mark at the end may be missing.
    #expect(
      try decode(file(bits: 8, compression: 1, hasPalette: true, Array(data.dropLast(2))))
        == expected)
    let half: [UInt8] =
      [0, 3, 0x9a, 0xb0, 3, 0xff, 0, 0] + [4, 0x55, 2, 0x66, 0, 0] + [0, 2, 5, 0, 1, 0x70, 0, 1]
    #expect(try decode(file(bits: 4, compression: 2, hasPalette: true, half)) == expected)
  }

  @Test func `channels of five, six and ten bits`() throws {
    let five = [UInt16](repeating: 0, count: 18).enumerated().map { UInt16($0.offset) << 10 | 31 }
    let data = (0..<3).reversed().flatMap { row in
      five[6 * row..<6 * row + 6].flatMap { bytes(Int($0), 2) }
    }
    let expected = (0..<18).map { [UInt8(($0 * 255 + 15) / 31), 0, 255] }
    #expect(try decode(file(bits: 16, data)) == expected)
    let masked = file(
      bits: 16, compression: 3, masks: [0xf800, 0x7e0, 0x1f], [UInt8](repeating: 0xff, count: 36))
    #expect(try decode(masked) == [[UInt8]](repeating: [255, 255, 255], count: 18))
    let wide = [UInt8](repeating: 0, count: 72).indices.map {
      UInt8($0 % 4 == 0 ? 0xff : $0 % 4 == 1 ? 3 : 0)
    }
    let ten = file(bits: 32, compression: 3, masks: [0x3ff, 0xf_fc00, 0x3ff0_0000], wide)
    #expect(try decode(ten) == [[UInt8]](repeating: [255, 0, 0], count: 18))
  }

  @Test func `an opacity of 0 everywhere is none`() throws {
    let data = [UInt8](repeating: 0, count: 72)
    let file = file(bits: 32, compression: 6, masks: [0xff, 0xff00, 0xff_0000, 0xff00_0000], data)
    #expect(try decode(file) == [[UInt8]](repeating: [0, 0, 0], count: 18))
  }

  @Test func `rows that are missing are an error`() throws {
    let whole = file(bits: 24, [UInt8](repeating: 90, count: 60))
    #expect(try decode(whole) == [[UInt8]](repeating: [90, 90, 90], count: 18))
    // The last row's filling may be missing.
    #expect(try decode(Array(whole.dropLast(2))) == [[UInt8]](repeating: [90, 90, 90], count: 18))
    #expect(throws: ImageError.prematureEnd(format: .bmp)) { try decode(Array(whole.dropLast(3))) }
    #expect(throws: ImageError.prematureEnd(format: .bmp)) {
      try decode(file(bits: 8, compression: 1, hasPalette: true, [6, 1, 0, 0, 6, 1]))
    }
  }
}
