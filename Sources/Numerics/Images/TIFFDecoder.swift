import CTIFF

/// Decodes the first picture of TIFF files through libtiff: grey, palettes, colours and four inks of up
/// to 16 bits.
enum TIFFDecoder {
  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed).
  static func decode(
    _ file: [UInt8], into pixels: inout [UInt8]
  ) throws(ImageError) -> DecodedPicture {
    var header = tl_tiff_header()
    var message = tl_tiff_message()
    // The bytes are only read, and only during the call.
    var status = unsafe file.withUnsafeBufferPointer { source in
      unsafe tl_tiff_read_header(source.baseAddress, source.count, &header, &message)
    }
    try check(status, message)
    let (width, height) = (Int(header.width), Int(header.height))
    guard width > 0, height > 0 else {
      throw .malformed(format: .tiff, reason: "it has no pixels")
    }
    try ImageLimits.check(width: width, height: height)
    grow(&pixels, to: 4 * width * height)
    // libtiff writes four bytes for each pixel, for which there is room and which a 32-bit number's
    // alignment suits: arrays begin at multiples of 16.
    status = unsafe file.withUnsafeBufferPointer { source in
      unsafe pixels.withUnsafeMutableBufferPointer { target in
        unsafe tl_tiff_decode(
          source.baseAddress, source.count, header.width, header.height, target.baseAddress,
          &message)
      }
    }
    try check(status, message)
    layPremultipliedOverWhite(&pixels, count: width * height)
    return DecodedPicture(
      width: width, height: height,
      orientation: UInt8(exactly: header.orientation).flatMap(Orientation.init) ?? .upright)
  }

  private static func check(
    _ status: tl_tiff_status, _ message: tl_tiff_message
  ) throws(ImageError) {
    switch status {
    case TL_TIFF_OK: break
    case TL_TIFF_OUT_OF_MEMORY: throw .outOfMemory
    case TL_TIFF_CUT_OFF: throw .prematureEnd(format: .tiff)
    default: throw .malformed(format: .tiff, reason: text(of: message))
    }
  }

  /// A zero-terminated text in an array.
  private static func text(of message: tl_tiff_message) -> String {
    unsafe withUnsafeBytes(of: message.text) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
