/// Decodes BMP files of Windows and OS/2: palettes of 1, 2, 4 and 8 bits, plain or run-length encoded,
/// and colours of 16, 24 and 32 bits.
struct BMPDecoder {
  private let header: BMPHeader
  private var reader: ByteReader
  /// [entries × 3] of red, green and blue.
  private let palette: [UInt8]

  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed).
  static func decode(
    _ file: [UInt8], into pixels: inout [UInt8]
  ) throws(ImageError) -> DecodedPicture {
    var decoder = try BMPDecoder(file)
    let header = decoder.header
    grow(&pixels, to: 4 * header.width * header.height)
    switch header.compression {
    case .runLength: try decoder.readRuns(into: &pixels)
    case .none where header.bitsPerPixel <= 8: try decoder.readIndices(into: &pixels)
    case .none: try decoder.readColours(into: &pixels)
    }
    return DecodedPicture(width: header.width, height: header.height)
  }

  private init(_ file: [UInt8]) throws(ImageError) {
    reader = ByteReader(file, at: 0, of: .bmp)
    header = try BMPHeader(&reader)
    palette = try header.readPalette(&reader)
    reader.position = header.dataOffset
  }

  /// Where a row of the file begins in the picture: most files begin with the last row.
  private func start(ofRow row: Int) -> Int {
    4 * header.width * (header.isTopDown ? row : header.height - 1 - row)
  }

  private func put(_ index: Int, into pixels: inout [UInt8], at target: Int) {
    for channel in 0..<3 {
      pixels[target + channel] =
        3 * index + 2 < palette.count ? palette[3 * index + channel] : 0
    }
  }

  /// Rows are filled up to whole groups of four bytes.
  private var rowLength: Int { (header.width * header.bitsPerPixel + 31) / 32 * 4 }

  /// The row with this number in the file; the filling of the last one may be missing.
  private mutating func readRow(_ row: Int) throws(ImageError) -> ArraySlice<UInt8> {
    let needed = (header.width * header.bitsPerPixel + 7) / 8
    let bytes = try reader.take(needed)
    if row < header.height - 1 { try reader.skip(rowLength - needed) }
    return bytes
  }

  private mutating func readIndices(into pixels: inout [UInt8]) throws(ImageError) {
    let bits = header.bitsPerPixel
    for row in 0..<header.height {
      let bytes = try readRow(row)
      var target = start(ofRow: row)
      for x in 0..<header.width {
        let place = x * bits
        let byte = Int(bytes[bytes.startIndex + place / 8])
        put(byte >> (8 - bits - place % 8) & (1 << bits - 1), into: &pixels, at: target)
        target += 4
      }
    }
  }

  private mutating func readColours(into pixels: inout [UInt8]) throws(ImageError) {
    let byteCount = header.bitsPerPixel / 8
    var isAnyOpaque = false
    for row in 0..<header.height {
      let bytes = try readRow(row)
      var source = bytes.startIndex
      var target = start(ofRow: row)
      for _ in 0..<header.width {
        var value: UInt32 = 0
        for byte in 0..<byteCount { value |= UInt32(bytes[source + byte]) << UInt32(8 * byte) }
        for channel in 0..<3 { pixels[target + channel] = header.masks[channel].value(of: value) }
        let opacity = header.masks[3].isEmpty ? 255 : header.masks[3].value(of: value)
        pixels[target + 3] = opacity
        isAnyOpaque = isAnyOpaque || opacity > 0
        source += byteCount
        target += 4
      }
    }
    // Many programs announce an opacity and leave it 0.
    if isAnyOpaque { layOverWhite(&pixels, count: header.width * header.height) }
  }

  // MARK: Run-length encoding

  /// Pixels that no run reaches have the first colour.
  private mutating func readRuns(into pixels: inout [UInt8]) throws(ImageError) {
    for pixel in 0..<header.width * header.height { put(0, into: &pixels, at: 4 * pixel) }
    var (x, row) = (0, 0)
    while row < header.height {
      // The last row is there before the mark that ends it.
      if row == header.height - 1, x >= header.width { return }
      let (count, value) = (Int(try reader.byte()), try reader.byte())
      switch (count, value) {
      case (0, 0): (x, row) = (0, row + 1)
      case (0, 1): return
      case (0, 2):
        x += Int(try reader.byte())
        row += Int(try reader.byte())
      case (0, _): try readPlain(count: Int(value), &x, row, into: &pixels)
      default:
        for number in 0..<count {
          putRun(index(of: number, in: value), &x, row, into: &pixels)
        }
      }
    }
  }

  private mutating func readPlain(
    count: Int, _ x: inout Int, _ row: Int, into pixels: inout [UInt8]
  ) throws(ImageError) {
    let byteCount = header.bitsPerPixel == 8 ? count : (count + 1) / 2
    let bytes = try reader.take(byteCount)
    for number in 0..<count {
      let byte = bytes[bytes.startIndex + (header.bitsPerPixel == 8 ? number : number / 2)]
      putRun(index(of: number, in: byte), &x, row, into: &pixels)
    }
    if byteCount % 2 == 1 { try reader.skip(1) }
  }

  /// A byte is one index of 8 bits, or two of 4 in turn.
  private func index(of number: Int, in byte: UInt8) -> Int {
    header.bitsPerPixel == 8 ? Int(byte) : Int(number % 2 == 0 ? byte >> 4 : byte & 15)
  }

  private func putRun(_ index: Int, _ x: inout Int, _ row: Int, into pixels: inout [UInt8]) {
    if x < header.width { put(index, into: &pixels, at: start(ofRow: row) + 4 * x) }
    x += 1
  }
}
