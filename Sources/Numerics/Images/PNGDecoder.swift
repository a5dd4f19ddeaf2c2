import CPNG

/// Decodes PNG through libpng: all colour types and bit depths, interlaced or not. Depths of 16
/// bits are rounded to 8, and what is transparent is laid over white.
enum PNGDecoder {
  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed).
  static func decode(
    _ file: [UInt8], into pixels: inout [UInt8]
  ) throws(ImageError) -> DecodedPicture {
    let chunks = try PNGChunks(file)
    let count = chunks.width * chunks.height
    grow(&pixels, to: 4 * count)
    var message = tl_png_message()
    // The reader reads the bytes and writes four for each pixel, for which there is room; it fails
    // if the header that libpng reads gives another size.
    let status = unsafe chunks.bytes.withUnsafeBufferPointer { source in
      unsafe pixels.withUnsafeMutableBufferPointer { target in
        unsafe tl_png_decode(
          source.baseAddress, source.count, UInt32(chunks.width), UInt32(chunks.height),
          target.baseAddress, &message)
      }
    }
    // A zero-terminated text in an array.
    let text = unsafe withUnsafeBytes(of: &message.text) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    switch status {
    case TL_PNG_DECODED: break
    case TL_PNG_OUT_OF_MEMORY: throw .outOfMemory
    case TL_PNG_CUT_OFF: throw .prematureEnd(format: .png)
    default: throw .malformed(format: .png, reason: text)
    }
    layOverWhite(&pixels, count: count)
    return DecodedPicture(
      width: chunks.width, height: chunks.height, orientation: chunks.orientation,
      warnings: text.isEmpty ? [] : [text])
  }
}
