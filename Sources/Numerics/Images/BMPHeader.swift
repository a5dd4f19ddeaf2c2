/// What a BMP file says about itself: the file header of 14 bytes, and the information header behind it,
/// whose length tells its version.
struct BMPHeader {
  enum Compression {
    case none
    case runLength
  }

  /// Which bits of a pixel are a channel's.
  struct Mask {
    let bits: UInt32

    var isEmpty: Bool { bits == 0 }

    /// The channel of a pixel, from 0 to 255: round(255 · v / max).
    func value(of pixel: UInt32) -> UInt8 {
      if isEmpty { return 0 }
      let shift = UInt32(bits.trailingZeroBitCount)
      let (value, max) = (UInt64((pixel & bits) >> shift), UInt64(bits >> shift))
      return UInt8((value * 255 + max / 2) / max)
    }
  }

  let width: Int
  let height: Int
  /// Whether the first row of the file is the picture's first.
  let isTopDown: Bool
  let bitsPerPixel: Int
  let compression: Compression
  /// Of red, green, blue and opacity.
  let masks: [Mask]
  /// Where the pixels begin.
  let dataOffset: Int

  private let paletteCount: Int
  private let paletteEntryLength: Int
  /// Where the palette begins.
  private let paletteOffset: Int

  /// The lengths of the information headers that there are.
  static let lengths: Set = [12, 40, 52, 56, 64, 108, 124]

  init(_ reader: inout ByteReader) throws(ImageError) {
    reader.position = 10
    dataOffset = try reader.number(4)
    let length = try reader.number(4)
    guard Self.lengths.contains(length) else { throw Self.malformed("its header is unknown") }
    let isShort = length == 12
    let sideLength = isShort ? 2 : 4
    width = try reader.number(sideLength)
    let rawHeight = try reader.number(sideLength)
    let signedHeight = isShort ? rawHeight : Int(Int32(truncatingIfNeeded: rawHeight))
    isTopDown = signedHeight < 0
    height = abs(signedHeight)
    try reader.skip(2)
    bitsPerPixel = try reader.number(2)
    guard width > 0, height > 0 else { throw Self.malformed("it has no pixels") }
    try ImageLimits.check(width: width, height: height)
    guard [1, 2, 4, 8, 16, 24, 32].contains(bitsPerPixel) else {
      throw Self.malformed("its pixels have \(bitsPerPixel) bits")
    }
    let method = isShort ? 0 : try reader.number(4)
    (compression, masks, paletteOffset) = try Self.readMasks(
      &reader, method, bitsPerPixel, headerLength: length)
    reader.position = 14 + 32
    let announced = isShort ? 0 : try reader.number(4)
    let countMax = bitsPerPixel <= 8 ? 1 << bitsPerPixel : 0
    paletteCount = announced == 0 ? countMax : min(announced, countMax)
    paletteEntryLength = isShort ? 3 : 4
  }

  private static func readMasks(
    _ reader: inout ByteReader, _ method: Int, _ bitsPerPixel: Int, headerLength: Int
  ) throws(ImageError) -> (Compression, [Mask], paletteOffset: Int) {
    let end = 14 + headerLength
    // With the first of the longer headers masks lie within it, with the plain one behind it.
    let masksOffset = 14 + 40
    switch (method, bitsPerPixel) {
    case (0, 16): return (.none, masks(0x7c00, 0x3e0, 0x1f), end)
    case (0, _): return (.none, masks(0xff_0000, 0xff00, 0xff), end)
    case (1, 8), (2, 4): return (.runLength, [], end)
    case (3, 16), (3, 32), (6, 16), (6, 32):
      guard headerLength != 64 else {
        throw malformed("it is compressed as OS/2 did, which isn't read")
      }
      let hasOpacity = headerLength >= 56 || method == 6
      reader.position = masksOffset
      var bits: [UInt32] = []
      for _ in 0..<(hasOpacity ? 4 : 3) { bits.append(UInt32(try reader.number(4))) }
      if !hasOpacity { bits.append(0) }
      return (.none, bits.map(Mask.init), max(end, masksOffset + (hasOpacity ? 16 : 12)))
    default: throw malformed("its way of compression, \(method), isn't read")
    }
  }

  private static func masks(_ red: UInt32, _ green: UInt32, _ blue: UInt32) -> [Mask] {
    [red, green, blue, 0].map(Mask.init)
  }

  /// [entries × 3] of red, green and blue; the file has them the other way round.
  func readPalette(_ reader: inout ByteReader) throws(ImageError) -> [UInt8] {
    guard bitsPerPixel <= 8 else { return [] }
    reader.position = paletteOffset
    var palette: [UInt8] = []
    for _ in 0..<paletteCount {
      let entry = try reader.take(paletteEntryLength)
      palette += entry.prefix(3).reversed()
    }
    return palette
  }

  private static func malformed(_ reason: String) -> ImageError {
    .malformed(format: .bmp, reason: reason)
  }
}
