import CPNG

/// How much work goes into making a PNG file small.
public enum PNGEffort: Sendable {
  /// As small as libpng makes it by default.
  case usual
  /// Up to two thirds larger for photographs, in a third of the time.
  case little
}

/// The picture as a PNG file of 8 bits a colour.
public func encodePNG(
  _ image: RGBImage, effort: PNGEffort = .usual
) throws(ImageError) -> [UInt8] {
  var header = unsafe png_image()
  unsafe header.version = UInt32(PNG_IMAGE_VERSION)
  unsafe header.width = UInt32(image.width)
  unsafe header.height = UInt32(image.height)
  unsafe header.format = UInt32(PNG_FORMAT_FLAG_COLOR)
  if effort == .little { unsafe header.flags = UInt32(PNG_IMAGE_FLAG_FAST) }
  var size = PNGSize.bound(width: image.width, height: image.height)
  var isWritten = false
  let file = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    // libpng reads height × width × 3 bytes, which every RGBImage has, and writes no more than `size`.
    isWritten = unsafe image.pixels.withUnsafeBytes { source in
      unsafe png_image_write_to_memory(
        &header, buffer.baseAddress, &size, 0, source.baseAddress, 0, nil) != 0
    }
    count = isWritten ? size : 0
  }
  guard isWritten else { throw .notEncodable(format: .png, reason: "libpng can't write it") }
  // A copy, because the array has room for the longest file.
  return Array(file[...])
}

private enum PNGSize {
  /// All but the pixels: signature, IHDR, colour space and IEND take some 200 bytes.
  private static let besidesPixels = 4096
  /// Each of libpng's blocks of data takes 12 bytes around at least so many.
  private static let blockBytes = 8192

  /// No file is longer: deflate adds at most a part in eight and 11 bytes (PNG_ZLIB_MAX_SIZE of png.h).
  static func bound(width: Int, height: Int) -> Int {
    let raw = (3 * width + 1) * height
    let deflated = raw + (raw + 7) / 8 + (raw + 63) / 64 + 11
    return deflated + deflated / blockBytes * 12 + besidesPixels
  }
}
