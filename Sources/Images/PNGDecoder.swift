import CPNG

/// Decodes PNG through libpng's simplified interface, which never jumps across our frames: all
/// colour types and bit depths, interlaced or not. Depths of 16 bits are rounded to 8, and what is
/// transparent is laid over white.
enum PNGDecoder {
  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed) and returns
  /// what libpng warned of.
  static func decode(
    _ chunks: PNGChunks, into pixels: inout [UInt8]
  ) throws(ImageError) -> [String] {
    grow(&pixels, to: chunks.width * chunks.height * 4)
    // The buffers outlive the call, and their sizes are checked in it.
    let (succeeded, message) = unsafe chunks.bytes.withUnsafeBytes { source in
      unsafe pixels.withUnsafeMutableBytes { target in
        unsafe read(source, chunks, into: target)
      }
    }
    guard succeeded else {
      if message.contains("emory") { throw .outOfMemory }
      throw .malformed(format: .png, reason: message)
    }
    layOverWhite(&pixels, count: chunks.width * chunks.height)
    return message.isEmpty ? [] : [message]
  }

  /// Whether it could be read, and libpng's complaint, empty if it had none.
  private static func read(
    _ source: UnsafeRawBufferPointer, _ chunks: PNGChunks,
    into target: UnsafeMutableRawBufferPointer
  ) -> (succeeded: Bool, message: String) {
    precondition(target.count >= chunks.width * chunks.height * 4, "no room for the picture")
    var image = unsafe png_image()
    unsafe image.version = UInt32(PNG_IMAGE_VERSION)
    // libpng keeps the structure's address from the first call to the last, so that all of them
    // happen within one scope of the pointer.
    return unsafe withUnsafeMutablePointer(to: &image) { image in
      defer { unsafe png_image_free(image) }
      var succeeded =
        unsafe png_image_begin_read_from_memory(image, source.baseAddress, source.count) != 0
      if succeeded {
        // Room was made for the size that the chunks gave, and libpng read the same chunk.
        precondition(unsafe image.pointee.width == chunks.width, "libpng sees another picture")
        precondition(unsafe image.pointee.height == chunks.height, "libpng sees another picture")
        unsafe image.pointee.format = UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
        // Without this libpng would take 16-bit samples for linear light.
        unsafe image.pointee.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
        succeeded = unsafe png_image_finish_read(image, nil, target.baseAddress, 0, nil) != 0
      }
      // A zero-terminated text in an array inside the structure.
      let message = unsafe withUnsafeBytes(of: &image.pointee.message) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      return (succeeded, message)
    }
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
