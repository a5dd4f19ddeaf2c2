import CJPEG

/// How many pixels share the colour of one chroma sample in a JPEG file.
public enum ChromaSubsampling: String, CaseIterable, Sendable {
  /// One: no subsampling.
  case none = "4:4:4"
  /// Two beside each other.
  case horizontal = "4:2:2"
  /// Two above each other.
  case vertical = "4:4:0"
  /// A square of four.
  case both = "4:2:0"
  /// There is no chroma: the picture becomes grey.
  case grey = "grey"

  fileprivate var factors: (columns: Int32, rows: Int32) {
    switch self {
    case .none: (1, 1)
    case .horizontal: (2, 1)
    case .vertical: (1, 2)
    case .both: (2, 2)
    case .grey: (0, 0)
    }
  }
}

/// The picture as a JPEG file, with libjpeg-turbo's accurate integer DCT; quality from 1 to 100.
///
/// Throws `ImageError.tooLarge` for a picture over `ImageLimits`.
public func encodeJPEG(
  _ image: RGBImage, quality: Int, subsampling: ChromaSubsampling = .both,
  isProgressive: Bool = false
) throws(ImageError) -> [UInt8] {
  precondition((1...100).contains(quality), "a JPEG's quality goes from 1 to 100")
  try ImageLimits.check(width: image.width, height: image.height)
  var settings = tl_jpeg_settings(
    width: UInt32(image.width), height: UInt32(image.height), quality: Int32(quality),
    columns_a_chroma: subsampling.factors.columns, rows_a_chroma: subsampling.factors.rows,
    is_progressive: isProgressive)
  var file: UnsafeMutablePointer<UInt8>?
  var size = 0
  var message = tl_jpeg_message()
  // The encoder reads height × width × 3 bytes, which every RGBImage has.
  let status = unsafe image.pixels.withUnsafeBufferPointer { source in
    unsafe tl_jpeg_encode(source.baseAddress, &settings, &file, &size, &message)
  }
  switch status {
  case TL_JPEG_OK: break
  case TL_JPEG_OUT_OF_MEMORY: throw .outOfMemory
  default: throw .notEncodable(format: .jpeg, reason: message.string)
  }
  defer { unsafe tl_jpeg_free(file) }
  // The bytes are copied before they are freed.
  return unsafe Array(UnsafeBufferPointer(start: file, count: size))
}
