/// Decodes the first picture of GIF files (GIF89a specification), over white where it has none.
struct GIFDecoder {
  private var reader: ByteReader
  private var width: Int
  private var height: Int
  /// Red, green and blue.
  private var colours: ArraySlice<UInt8> = []
  private var transparent: Int?

  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed).
  static func decode(
    _ file: [UInt8], into pixels: inout [UInt8]
  ) throws(ImageError) -> DecodedPicture {
    var decoder = try GIFDecoder(file)
    return try decoder.decode(into: &pixels)
  }

  private init(_ file: [UInt8]) throws(ImageError) {
    reader = ByteReader(file, at: 6, of: .gif)
    width = try reader.number(2)
    height = try reader.number(2)
    let flags = try reader.byte()
    try reader.skip(2)
    if flags & 0x80 != 0 { colours = try readColours(flags) }
  }

  private mutating func readColours(_ flags: UInt8) throws(ImageError) -> ArraySlice<UInt8> {
    try reader.take(3 << (Int(flags & 7) + 1))
  }

  private mutating func decode(
    into pixels: inout [UInt8]
  ) throws(ImageError) -> DecodedPicture {
    while true {
      switch try reader.byte() {
      case 0x2c: return try decodeFrame(into: &pixels)
      case 0x21: try readExtension()
      case 0x3b: throw .malformed(format: .gif, reason: "it has no picture")
      case 0: continue
      case let other:
        throw .malformed(format: .gif, reason: "it has an unknown block, \(other)")
      }
    }
  }

  private mutating func readExtension() throws(ImageError) {
    let isControl = try reader.byte() == 0xf9
    var blockLength = Int(try reader.byte())
    if isControl, blockLength >= 4 {
      let control = try reader.take(blockLength)
      let first = control.startIndex
      transparent = control[first] & 1 == 1 ? Int(control[first + 3]) : nil
      blockLength = Int(try reader.byte())
    }
    while blockLength > 0 {
      try reader.skip(blockLength)
      blockLength = Int(try reader.byte())
    }
  }

  private mutating func decodeFrame(
    into pixels: inout [UInt8]
  ) throws(ImageError) -> DecodedPicture {
    let (left, top) = (try reader.number(2), try reader.number(2))
    let (frameWidth, frameHeight) = (try reader.number(2), try reader.number(2))
    let flags = try reader.byte()
    if flags & 0x80 != 0 { colours = try readColours(flags) }
    guard frameWidth > 0, frameHeight > 0 else {
      throw .malformed(format: .gif, reason: "its first picture has no pixels")
    }
    // Some programs announce a smaller screen than the picture that they put on it.
    width = max(width, left + frameWidth)
    height = max(height, top + frameHeight)
    try ImageLimits.check(width: width, height: height)
    let indices = try readIndices(count: frameWidth * frameHeight)
    grow(&pixels, to: 4 * width * height)
    for index in 0..<4 * width * height { pixels[index] = 255 }
    var source = 0
    for y in Self.rows(height: frameHeight, isInterlaced: flags & 0x40 != 0) {
      var target = 4 * ((top + y) * width + left)
      for index in indices[source..<source + frameWidth] {
        put(Int(index), into: &pixels, at: target)
        target += 4
      }
      source += frameWidth
    }
    return DecodedPicture(width: width, height: height)
  }

  /// What is transparent stays white; a colour that the table lacks is black.
  private func put(_ index: Int, into pixels: inout [UInt8], at target: Int) {
    if index == transparent { return }
    let colour = colours.startIndex + 3 * index
    for channel in 0..<3 {
      pixels[target + channel] = colour + 2 < colours.endIndex ? colours[colour + channel] : 0
    }
  }

  /// The rows in the order of the file (appendix E).
  private static func rows(height: Int, isInterlaced: Bool) -> [Int] {
    guard isInterlaced else { return Array(0..<height) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { first, step in
      Array(stride(from: first, to: height, by: step))
    }
  }

  // MARK: LZW (appendix F)

  private mutating func readIndices(count: Int) throws(ImageError) -> [UInt8] {
    let rootBits = Int(try reader.byte())
    guard (1...8).contains(rootBits) else {
      throw .malformed(format: .gif, reason: "its codes begin with \(rootBits) bits")
    }
    let (clear, end) = (1 << rootBits, (1 << rootBits) + 1)
    var table = LZWTable(rootCount: clear)
    var indices: [UInt8] = []
    indices.reserveCapacity(count)
    var codes = CodeReader(codeBits: rootBits + 1)
    var previous: Int?
    while indices.count < count {
      let code = try codes.next(from: &reader)
      if code == clear {
        table.clear()
        codes.codeBits = rootBits + 1
        previous = nil
        continue
      }
      // Rows are missing.
      if code == end { throw .prematureEnd(format: .gif) }
      guard table.append(code, after: previous, to: &indices) else {
        throw .malformed(format: .gif, reason: "it has a code that stands for nothing")
      }
      previous = code
      if table.count == 1 << codes.codeBits, codes.codeBits < 12 { codes.codeBits += 1 }
    }
    indices.removeLast(indices.count - count)
    return indices
  }
}

/// Codes of a growing number of bits, the least significant first, in blocks that begin with their
/// length.
private struct CodeReader {
  var codeBits: Int
  private var bits = 0
  private var bitCount = 0
  private var blockLength = 0

  init(codeBits: Int) { self.codeBits = codeBits }

  mutating func next(from reader: inout ByteReader) throws(ImageError) -> Int {
    while bitCount < codeBits {
      if blockLength == 0 {
        blockLength = Int(try reader.byte())
        // An empty block is the last.
        guard blockLength > 0 else { throw .prematureEnd(format: .gif) }
      }
      bits |= Int(try reader.byte()) << bitCount
      bitCount += 8
      blockLength -= 1
    }
    defer {
      bits >>= codeBits
      bitCount -= codeBits
    }
    return bits & (1 << codeBits - 1)
  }
}

/// What each code stands for: the string of another one and one index more.
private struct LZWTable {
  private static let codesMax = 4096

  private let rootCount: Int
  private(set) var count: Int
  private var prefix = [Int](repeating: 0, count: codesMax)
  private var last = [UInt8](repeating: 0, count: codesMax)
  private var length = [Int](repeating: 0, count: codesMax)

  /// Codes for single indices, one that clears the table and one that ends the data.
  init(rootCount: Int) {
    self.rootCount = rootCount
    count = rootCount + 2
    for root in 0..<rootCount {
      last[root] = UInt8(truncatingIfNeeded: root)
      length[root] = 1
    }
  }

  mutating func clear() { count = rootCount + 2 }

  /// Appends what a code stands for and learns the next one; false where it stands for nothing.
  mutating func append(_ code: Int, after previous: Int?, to indices: inout [UInt8]) -> Bool {
    guard let previous else {
      guard code < rootCount else { return false }
      indices.append(last[code])
      return true
    }
    guard code < count || code == count && count < Self.codesMax else { return false }
    // The code that is about to be learnt stands for the previous string and its own first index.
    let known = code < count ? code : previous
    let start = indices.count
    indices.append(contentsOf: repeatElement(0, count: length[known]))
    var (walked, place) = (known, indices.count - 1)
    while place > start {
      indices[place] = last[walked]
      walked = prefix[walked]
      place -= 1
    }
    indices[start] = last[walked]
    let first = last[walked]
    if code == count { indices.append(first) }
    if count < Self.codesMax {
      prefix[count] = previous
      last[count] = first
      length[count] = length[previous] + 1
      count += 1
    }
    return true
  }
}
