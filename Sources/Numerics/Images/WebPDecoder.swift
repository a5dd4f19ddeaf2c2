import CWebP

/// Decodes WebP files through libwebp: with and without loss, with opacity, and the first picture of
/// an animation.
enum WebPDecoder {
  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed).
  static func decode(
    _ file: [UInt8], into pixels: inout [UInt8]
  ) throws(ImageError) -> DecodedPicture {
    var header = tl_webp_header()
    // The bytes are only read, and only during the call.
    try check(
      unsafe file.withUnsafeBufferPointer { source in
        unsafe tl_webp_read_header(source.baseAddress, source.count, &header)
      })
    let (width, height) = (Int(header.width), Int(header.height))
    try ImageLimits.check(width: width, height: height)
    grow(&pixels, to: 4 * width * height)
    // The reader writes four bytes for each pixel, for which there is room.
    try check(
      unsafe file.withUnsafeBufferPointer { source in
        unsafe pixels.withUnsafeMutableBufferPointer { target in
          unsafe tl_webp_decode(source.baseAddress, source.count, &header, target.baseAddress)
        }
      })
    layOverWhite(&pixels, count: width * height)
    return DecodedPicture(width: width, height: height, orientation: orientation(of: file))
  }

  private static func check(_ status: tl_webp_status) throws(ImageError) {
    switch status {
    case TL_WEBP_OK: break
    case TL_WEBP_OUT_OF_MEMORY: throw .outOfMemory
    case TL_WEBP_CUT_OFF: throw .prematureEnd(format: .webp)
    default: throw .malformed(format: .webp, reason: "its data are damaged")
    }
  }

  /// That of the chunk with EXIF data (RFC 9649, section 2.7): after the 12 bytes that begin every
  /// file, chunks of a name, a length and as many bytes, an even number of them.
  private static func orientation(of file: [UInt8]) -> Orientation {
    var position = 12
    while position + 8 <= file.count {
      let length = file[position + 4..<position + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let data = position + 8..<min(position + 8 + length, file.count)
      if file[position..<position + 4].elementsEqual("EXIF".utf8) {
        return Orientation(exif: file[data])
      }
      position += 8 + length + length % 2
    }
    return .upright
  }
}
