/// The chunks of a PNG file that make its pixels (PNG specification, third edition, section 5).
///
/// Everything else is left out before libpng sees the file: colour profiles and gamma, whose
/// application uses floating point and which photographs are not to depend on, and texts, which
/// may inflate to anything.
struct PNGChunks {
  var width = 0
  var height = 0
  /// The signature and the chunks that make pixels, as they were.
  var bytes: [UInt8] = []

  private static let headerLength = 13
  // Length and type before a chunk's data, check sum after them.
  private static let overhead = 12

  init(_ file: [UInt8]) throws(ImageError) {
    bytes.reserveCapacity(file.count)
    var position = ImageFormat.signatureLengthMax
    bytes += file[..<min(position, file.count)]
    while true {
      guard position + Self.overhead <= file.count else { throw .prematureEnd(format: .png) }
      let length = Self.number(in: file, at: position)
      let end = position + Self.overhead + length
      guard end <= file.count else { throw .prematureEnd(format: .png) }
      let type = String(decoding: file[position + 4..<position + 8], as: UTF8.self)
      guard (type == "IHDR") == (width == 0) else {
        throw .malformed(format: .png, reason: "the header is not the first chunk or not the only")
      }
      switch type {
      case "IHDR": try readHeader(file[position + 8..<end - 4])
      case "PLTE", "tRNS", "IDAT", "IEND": break
      default:
        // A capital first letter marks a chunk without which the picture means something else.
        guard file[position + 4] & 0x20 != 0 else {
          throw .malformed(format: .png, reason: "it has an unknown critical chunk")
        }
        position = end
        continue
      }
      bytes += file[position..<end]
      if type == "IEND" { return }
      position = end
    }
  }

  private mutating func readHeader(_ data: ArraySlice<UInt8>) throws(ImageError) {
    guard data.count == Self.headerLength else {
      throw .malformed(format: .png, reason: "its header has \(data.count) bytes instead of 13")
    }
    let header = Array(data)
    width = Self.number(in: header, at: 0)
    height = Self.number(in: header, at: 4)
    guard (1...Int(Int32.max)).contains(width), (1...Int(Int32.max)).contains(height) else {
      throw .malformed(format: .png, reason: "it has no pixels or an impossible size")
    }
    try ImageLimits.check(width: width, height: height)
  }

  private static func number(in bytes: [UInt8], at position: Int) -> Int {
    bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
