import CPNG

/// The chunks of a PNG file that make its pixels (PNG specification, third edition, section 5), and
/// how the picture is to be turned.
///
/// Everything else is left out before libpng sees the file: colour profiles and gamma, whose
/// application uses floating point and which photographs are not to depend on, and texts, which
/// may inflate to anything.
struct PNGChunks {
  private(set) var width = 0
  private(set) var height = 0
  private(set) var orientation = Orientation.upright
  /// The signature and the chunks that make pixels, with an end even where the file has none. Their
  /// check sums are left out: they were compared here.
  private(set) var bytes: [UInt8] = []

  private static let headerLength = 13
  // Length and type before a chunk's data, check sum after them.
  private static let overhead = 12

  /// Damage at the end of the picture's data is left to their decoder: a file that was cut off there,
  /// or whose last check sum is wrong, may still have all its rows.
  init(_ file: [UInt8]) throws(ImageError) {
    bytes.reserveCapacity(file.count + Self.overhead)
    var position = ImageFormat.pngSignature.count
    bytes += file[..<min(position, file.count)]
    // Whether the check sum of the last of the picture's data was right; nil before the first.
    var isLastSound: Bool?
    while position + 8 <= file.count {
      let end = position + Self.overhead + Self.number(in: file, at: position)
      let chunk = Chunk(
        type: String(decoding: file[position + 4..<position + 8], as: UTF8.self),
        data: file[position + 8..<min(end - 4, file.count)],
        isSound: end <= file.count && Self.hasRightCheckSum(file, from: position, to: end))
      guard (chunk.type == "IHDR") == (width == 0) || chunk.type == "CgBI" else {
        throw .malformed(format: .png, reason: "the header is not the first chunk or not the only")
      }
      if chunk.type == "IEND" { break }
      if chunk.type == "IDAT" {
        guard isLastSound ?? true else { throw Self.wrongCheckSum }
        isLastSound = chunk.isSound
        append(chunk)
      } else {
        guard end <= file.count else { break }
        try take(chunk, isBehindData: isLastSound != nil)
      }
      position = end
    }
    guard isLastSound != nil else { throw .prematureEnd(format: .png) }
    append(Chunk(type: "IEND", data: [], isSound: true))
  }

  private struct Chunk {
    var type: String
    var data: ArraySlice<UInt8>
    var isSound: Bool
  }

  private mutating func take(_ chunk: Chunk, isBehindData: Bool) throws(ImageError) {
    switch chunk.type {
    case "IHDR", "PLTE", "tRNS":
      if isBehindData { return }
      if chunk.type == "IHDR" { try readHeader(Array(chunk.data)) }
      guard chunk.isSound else { throw Self.wrongCheckSum }
      append(chunk)
    case "eXIf":
      if chunk.isSound { orientation = Orientation(exif: chunk.data) }
    case "CgBI":
      throw .malformed(
        format: .png, reason: "Apple's tools for apps changed it; convert it to an ordinary PNG")
    default:
      // A capital first letter marks a chunk without which the picture means something else; behind
      // its data it is rubbish.
      guard isBehindData || (chunk.type.utf8.first ?? 0) & 0x20 != 0 else {
        throw .malformed(format: .png, reason: "it has an unknown critical chunk")
      }
    }
  }

  private mutating func append(_ chunk: Chunk) {
    bytes += (0..<4).reversed().map { UInt8(truncatingIfNeeded: chunk.data.count >> (8 * $0)) }
    bytes += Array(chunk.type.utf8)
    bytes += chunk.data
    bytes += [0, 0, 0, 0]
  }

  private mutating func readHeader(_ header: [UInt8]) throws(ImageError) {
    guard header.count == Self.headerLength else {
      throw .malformed(
        format: .png, reason: "its header has \(header.count) bytes instead of 13")
    }
    width = Self.number(in: header, at: 0)
    height = Self.number(in: header, at: 4)
    guard (1...Int(Int32.max)).contains(width), (1...Int(Int32.max)).contains(height) else {
      throw .malformed(format: .png, reason: "it has no pixels or an impossible size")
    }
    try ImageLimits.check(width: width, height: height)
  }

  private static var wrongCheckSum: ImageError {
    .malformed(format: .png, reason: "a check sum within it is wrong")
  }

  /// Of a chunk's type and data.
  private static func hasRightCheckSum(_ file: [UInt8], from start: Int, to end: Int) -> Bool {
    // The range lies within the file.
    let sum = unsafe file.withUnsafeBufferPointer { buffer in
      unsafe tl_png_check_sum(buffer.baseAddress! + start + 4, end - start - 8)
    }
    return Int(sum) == number(in: file, at: end - 4)
  }

  private static func number(in bytes: [UInt8], at position: Int) -> Int {
    bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
