/// What the sequence header of an AV1 picture says of its planes (AV1 bitstream specification, 5.5).
struct AV1SequenceHeader {
  /// The largest that a picture may have, in pixels; a still picture has it.
  private(set) var width = 0
  private(set) var height = 0
  /// Bits of a sample: 8, 10 or 12.
  private(set) var depth = 8
  private(set) var isGrey = false
  /// Whether a sample of chroma stands for two pixels in a row, and for two rows.
  private(set) var isNarrow = true
  private(set) var isLow = true
  private(set) var colours = HEIFProperties.Colours(matrix: 2, isFullRange: false)

  // How many bytes of a header are looked at: more than any has.
  private static let byteCountMax = 1024

  /// - Parameter data: a picture's units (5.3).
  init(_ data: [UInt8], format: ImageFormat) throws(ImageError) {
    var reader = BoxReader(data, 0..<data.count, of: format)
    while !reader.isAtEnd {
      let start = try reader.number(1)
      if start & 4 != 0 { try reader.skip(1) }
      let size = start & 2 != 0 ? try Self.length(&reader) : reader.rest.count
      let unit = try reader.take(size)
      guard start >> 3 & 15 == 1 else { continue }
      var bits = BitReader(Array(data[unit].prefix(Self.byteCountMax)), of: format)
      try read(&bits)
      return
    }
    throw .prematureEnd(format: format)
  }

  /// Seven bits a byte, the least significant first (4.10.5).
  private static func length(_ reader: inout BoxReader) throws(ImageError) -> Int {
    var value = 0
    for place in 0..<8 {
      let byte = try reader.number(1)
      value |= (byte & 0x7f) << (7 * place)
      if byte & 0x80 == 0 { break }
    }
    return value
  }

  private mutating func read(_ bits: inout BitReader) throws(ImageError) {
    let profile = try bits.number(3)
    try bits.skip(1)
    let isReduced = try bits.flag()
    if isReduced {
      try bits.skip(5)
    } else {
      try skipOperatingPoints(&bits)
    }
    let (widthBits, heightBits) = (try bits.number(4) + 1, try bits.number(4) + 1)
    width = try bits.number(widthBits) + 1
    height = try bits.number(heightBits) + 1
    if !isReduced, try bits.flag() { try bits.skip(7) }
    try bits.skip(3)
    if !isReduced { try skipTools(&bits) }
    try bits.skip(3)
    try readColours(&bits, profile)
  }

  /// Times, buffers and levels, which a still picture has no use for.
  private func skipOperatingPoints(_ bits: inout BitReader) throws(ImageError) {
    var bufferBits = 0
    // Times.
    if try bits.flag() {
      try bits.skip(64)
      if try bits.flag() { _ = try bits.variableNumber() }
      // The model of a decoder.
      if try bits.flag() {
        bufferBits = try bits.number(5) + 1
        try bits.skip(42)
      }
    }
    let hasDelays = try bits.flag()
    for _ in 0...(try bits.number(5)) {
      try bits.skip(12)
      if try bits.number(5) > 7 { try bits.skip(1) }
      if bufferBits > 0, try bits.flag() { try bits.skip(2 * bufferBits + 1) }
      if hasDelays, try bits.flag() { try bits.skip(4) }
    }
  }

  /// What may be used between pictures.
  private func skipTools(_ bits: inout BitReader) throws(ImageError) {
    try bits.skip(4)
    let hasOrder = try bits.flag()
    if hasOrder { try bits.skip(2) }
    // Tools for screens, left open or said; if they may be used, so it is with whole motions.
    let isScreen = try bits.flag() ? true : try bits.flag()
    if isScreen, try !bits.flag() { try bits.skip(1) }
    if hasOrder { try bits.skip(3) }
  }

  private mutating func readColours(
    _ bits: inout BitReader, _ profile: Int
  ) throws(ImageError) {
    if try bits.flag() {
      depth = 10
      if profile == 2, try bits.flag() { depth = 12 }
    }
    if profile != 1 { isGrey = try bits.flag() }
    var (primaries, transfer, matrix) = (2, 2, 2)
    if try bits.flag() {
      (primaries, transfer) = (try bits.number(8), try bits.number(8))
      matrix = try bits.number(8)
    }
    // Colours of a screen as they are need no more to be said.
    if !isGrey, (primaries, transfer, matrix) == (1, 13, 0) {
      colours = HEIFProperties.Colours(matrix: matrix, isFullRange: true)
      (isNarrow, isLow) = (false, false)
      return
    }
    colours = HEIFProperties.Colours(matrix: matrix, isFullRange: try bits.flag())
    if isGrey { return }
    switch (profile, depth) {
    case (0, _): (isNarrow, isLow) = (true, true)
    case (1, _): (isNarrow, isLow) = (false, false)
    case (_, 12):
      isNarrow = try bits.flag()
      isLow = isNarrow ? try bits.flag() : false
    default: (isNarrow, isLow) = (true, false)
    }
  }
}
