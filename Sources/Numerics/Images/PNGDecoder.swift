import CPNG

/// Decodes PNG through libpng: all colour types and bit depths, interlaced or not. Depths of 16
/// bits are rounded to 8, and what is transparent is laid over white.
enum PNGDecoder {
  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed) and returns
  /// what libpng warned of.
  static func decode(
    _ chunks: PNGChunks, into pixels: inout [UInt8]
  ) throws(ImageError) -> [String] {
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
    default: throw .malformed(format: .png, reason: text)
    }
    layOverWhite(&pixels, count: count)
    return text.isEmpty ? [] : [text]
  }

  /// round((c · a + 255 · (255 − a)) / 255)
  private static func layOverWhite(_ pixels: inout [UInt8], count: Int) {
    for pixel in stride(from: 0, to: 4 * count, by: 4) {
      let alpha = Int(pixels[pixel + 3])
      if alpha == 255 { continue }
      let white = 255 * (255 - alpha)
      for colour in pixel..<pixel + 3 {
        pixels[colour] = UInt8((Int(pixels[colour]) * alpha + white + 127) / 255)
      }
    }
  }
}
