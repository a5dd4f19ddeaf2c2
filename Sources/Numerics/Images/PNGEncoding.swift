import CPNG

/// The picture as a PNG file of 8 bits a colour.
public func encodePNG(_ image: RGBImage) throws(ImageError) -> [UInt8] {
  var header = unsafe png_image()
  unsafe header.version = UInt32(PNG_IMAGE_VERSION)
  unsafe header.width = UInt32(image.width)
  unsafe header.height = UInt32(image.height)
  unsafe header.format = UInt32(PNG_FORMAT_FLAG_COLOR)
  var size = 0
  // libpng reads height × width × 3 bytes, which every RGBImage has. Without a target it only
  // computes the size, and with one it writes no more than that.
  let isMeasured = unsafe image.pixels.withUnsafeBytes { source in
    unsafe png_image_write_to_memory(&header, nil, &size, 0, source.baseAddress, 0, nil) != 0
  }
  guard isMeasured else {
    throw .notEncodable(format: .png, reason: "libpng can't compute its size")
  }
  var isWritten = false
  let file = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    isWritten = unsafe image.pixels.withUnsafeBytes { source in
      unsafe png_image_write_to_memory(
        &header, buffer.baseAddress, &size, 0, source.baseAddress, 0, nil) != 0
    }
    count = isWritten ? size : 0
  }
  guard isWritten else { throw .notEncodable(format: .png, reason: "libpng can't write it") }
  return file
}
