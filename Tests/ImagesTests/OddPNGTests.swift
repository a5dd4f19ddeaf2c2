import Images
import TestSupport
import Testing

/// PNG files as careless programs write them: what lies behind the last row doesn't count.
@Suite struct OddPNGTests {
  private static let picture = RoundTripTests.gradient(width: 33, height: 21)
  private let chunks: [Chunk]

  private struct Chunk {
    var type: String
    var data: [UInt8]
    var hasRightSum = true

    var bytes: [UInt8] {
      let named = Array(type.utf8) + data
      let sum = crc32(named[...]) ^ (hasRightSum ? 0 : 0x5a5a)
      return number(UInt32(data.count)) + named + number(sum)
    }

    private func number(_ value: UInt32) -> [UInt8] {
      (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
  }

  init() throws {
    let file = try encodePNG(Self.picture)
    var chunks: [Chunk] = []
    var position = 8
    while position < file.count {
      let count = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      chunks.append(
        Chunk(
          type: String(decoding: file[position + 4..<position + 8], as: UTF8.self),
          data: Array(file[position + 8..<position + 8 + count])))
      position += 12 + count
    }
    chunks.removeAll { $0.type == "sRGB" }
    try #require(chunks.map(\.type) == ["IHDR", "IDAT", "IEND"])
    self.chunks = chunks
  }

  private func file(_ chunks: [Chunk]) -> [UInt8] {
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunks.flatMap(\.bytes)
  }

  private func decode(_ chunks: [Chunk], and rest: [UInt8] = []) throws -> RGBImage {
    var decoder = try ImageDecoder()
    return try decoder.decode(file(chunks) + rest)
  }

  private func error(_ chunks: [Chunk]) -> ImageError? { decodingError(of: file(chunks)) }

  /// The picture's data in pieces.
  private func split(at places: Int...) -> [Chunk] {
    let data = chunks[1].data
    let ends = places + [data.count]
    return zip([0] + places, ends).map { Chunk(type: "IDAT", data: Array(data[$0..<$1])) }
  }

  @Test func `a wrong or missing end doesn't matter`() throws {
    #expect(try decode(Array(chunks.dropLast())) == Self.picture)
    #expect(try decode(Array(chunks.dropLast()), and: [0, 0, 0, 0, 0x49]) == Self.picture)
    #expect(
      try decode(Array(chunks.dropLast()), and: Array("#~!? no chunk at all".utf8))
        == Self.picture)
    var end = chunks[2]
    end.hasRightSum = false
    #expect(try decode([chunks[0], chunks[1], end], and: [1, 2, 3]) == Self.picture)
  }

  @Test func `check sums behind the last row don't matter, those before it do`() throws {
    var data = chunks[1]
    data.hasRightSum = false
    #expect(try decode([chunks[0], data, chunks[2]]) == Self.picture)
    data = chunks[1]
    data.data.replaceSubrange(data.data.count - 4..<data.data.count, with: [1, 2, 3, 4])
    #expect(try decode([chunks[0], data, chunks[2]]) == Self.picture)
    data.data.removeLast(4)
    #expect(try decode([chunks[0], data, chunks[2]]) == Self.picture)

    var pieces = split(at: 20, 40)
    #expect(try decode([chunks[0]] + pieces + [chunks[2]]) == Self.picture)
    pieces[1].hasRightSum = false
    #expect(error([chunks[0]] + pieces + [chunks[2]])?.description.contains("check sum") == true)
    var header = chunks[0]
    header.hasRightSum = false
    #expect(error([header] + chunks.dropFirst())?.isUndecodable == true)
  }

  @Test func `data in many pieces, empty ones and too many are taken`() throws {
    let empty = Chunk(type: "IDAT", data: [])
    let pieces = [empty] + split(at: 1, 30) + [empty, Chunk(type: "IDAT", data: [7, 7, 7])]
    #expect(try decode([chunks[0]] + pieces + [chunks[2]]) == Self.picture)
  }

  @Test func `a window that was announced too small is put right`() throws {
    var data = chunks[1]
    // The smallest window, 256 bytes, with its check bits; the picture's rows are 100 bytes long.
    data.data.replaceSubrange(0..<2, with: [0x08, 0x1d])
    #expect(try decode([chunks[0], data, chunks[2]]) == Self.picture)
  }

  @Test(arguments: [false, true])
  func `EXIF data before and behind the picture's data turn it`(isBigEndian: Bool) throws {
    let structure = exifSegment(orientation: 6, isBigEndian: isBigEndian).dropFirst(6)
    let chunk = Chunk(type: "eXIf", data: Array(structure))
    for place in 1...2 {
      var chunks = chunks
      chunks.insert(chunk, at: place)
      let turned = try decode(chunks)
      #expect((turned.width, turned.height) == (21, 33))
      // The stored picture's bottom left corner is at the top left.
      #expect(turned.pixels.prefix(3) == Self.picture.pixels[(20 * 33 * 3)...].prefix(3))
    }
    var damaged = chunk
    damaged.hasRightSum = false
    #expect(try decode([chunks[0], damaged] + chunks.dropFirst()) == Self.picture)
  }

  @Test func `a picture changed by Apple's tools is named`() {
    let change = Chunk(type: "CgBI", data: [0, 0, 0, 0])
    #expect(error([change] + chunks)?.description.contains("Apple") == true)
  }
}

/// The check sum of PNG chunks (PNG specification, annex D).
private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  var remainder = ~UInt32(0)
  for byte in bytes {
    remainder ^= UInt32(byte)
    for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xedb8_8320 : 0) }
  }
  return ~remainder
}
