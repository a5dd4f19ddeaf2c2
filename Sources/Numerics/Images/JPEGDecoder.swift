import CJPEG

/// Decodes JPEG files through libjpeg-turbo, always with its accurate integer DCT and its smooth
/// chroma upsampling, whose results its SIMD and its scalar code share.
///
/// Nothing of one file reaches the next: libjpeg would keep quantization and Huffman tables, and a
/// damaged file without its own would come out differently depending on what was decoded before it.
enum JPEGDecoder {
  /// More scans than any program writes. A small file can name thousands, each of which goes through
  /// the whole picture.
  private static let scansMax: Int32 = 200

  /// What the coefficients of a picture of several scans may take; others need none.
  private static let coefficientBytesMax: UInt64 = 640 << 20

  /// Decodes into `pixels`, scaled by the denominator that is asked for the picture as people see it, or
  /// a larger one where there would be too many pixels. Columns that nobody asked for may be left out.
  static func decode(
    _ file: [UInt8], into pixels: inout [UInt8],
    request: (_ width: Int, _ height: Int) -> DecodingRequest
  ) throws(ImageError) -> DecodedPicture {
    try JPEGMarkers.checkFrame(of: file)
    let header = try header(of: file)
    let orientation = Orientation(ofJPEG: file)
    let (storedWidth, storedHeight) = (Int(header.width), Int(header.height))
    let wanted =
      orientation.exchangesSides
      ? request(storedHeight, storedWidth) : request(storedWidth, storedHeight)
    let denominator = max(
      wanted.denominator, smallestDenominator(width: storedWidth, height: storedHeight))
    let width = scaled(storedWidth, denominator)
    let height = scaled(storedHeight, denominator)
    let scale = tl_jpeg_scale(
      denominator: UInt32(denominator), width: UInt32(width), height: UInt32(height))
    var columns = tl_jpeg_columns(first: 0, count: UInt32(width))
    if denominator == 1, let part = wanted.part {
      let stored = orientation.turned(
        columns: orientation.exchangesSides ? part.rows : part.columns, of: width)
      precondition(!stored.isEmpty && stored.lowerBound >= 0 && stored.upperBound <= width)
      columns = tl_jpeg_columns(first: UInt32(stored.lowerBound), count: UInt32(stored.count))
    }
    grow(&pixels, to: width * height * 4)
    var message = tl_jpeg_message()
    // The decoder reads the bytes and writes four for each pixel, for which there is room; it fails if
    // the file turns out not to scale to this size.
    let status = unsafe file.withUnsafeBufferPointer { source in
      unsafe pixels.withUnsafeMutableBufferPointer { target in
        unsafe tl_jpeg_decode(
          source.baseAddress, source.count, scale, scansMax, &columns, target.baseAddress,
          &message)
      }
    }
    try check(status, message)
    let (first, count) = (Int(columns.first), Int(columns.count))
    if header.is_four_inks { mixInks(&pixels, count: count * height) }
    let text = message.string
    return DecodedPicture(
      width: width, height: height, columns: first..<first + count, denominator: denominator,
      orientation: orientation, warnings: text.isEmpty ? [] : [text])
  }

  /// What the file says about itself. Reads no pixel and refuses pictures over the limits.
  private static func header(of file: [UInt8]) throws(ImageError) -> tl_jpeg_header {
    var header = tl_jpeg_header()
    var message = tl_jpeg_message()
    // The bytes are only read, and only during the call.
    let status = unsafe file.withUnsafeBufferPointer { buffer in
      unsafe tl_jpeg_read_header(buffer.baseAddress, buffer.count, &header, &message)
    }
    try check(status, message)
    let (width, height) = (Int(header.width), Int(header.height))
    guard width * height <= ImageLimits.scaledPixelsMax,
      header.coefficient_bytes <= coefficientBytesMax
    else { throw .tooLarge(width: width, height: height) }
    return header
  }

  private static func check(
    _ status: tl_jpeg_status, _ message: tl_jpeg_message
  ) throws(ImageError) {
    switch status {
    case TL_JPEG_OK: break
    case TL_JPEG_OUT_OF_MEMORY: throw .outOfMemory
    case TL_JPEG_CUT_OFF: throw .prematureEnd(format: .jpeg)
    default: throw .malformed(format: .jpeg, reason: message.string)
    }
  }

  /// The length of a side that is scaled in the DCT.
  private static func scaled(_ length: Int, _ denominator: Int) -> Int {
    (length + denominator - 1) / denominator
  }

  private static func smallestDenominator(width: Int, height: Int) -> Int {
    [1, 2, 4].first {
      scaled(width, $0) * scaled(height, $0) <= ImageLimits.pixelsMax
    } ?? 8
  }

  /// Photoshop, which made nearly all CMYK files there are, stores 255 − ink, and so are all of
  /// them read. Red is what cyan and black let through: round(cyan · black / 255), and so on.
  private static func mixInks(_ pixels: inout [UInt8], count: Int) {
    for pixel in stride(from: 0, to: 4 * count, by: 4) {
      let black = Int(pixels[pixel + 3])
      for colour in pixel..<pixel + 3 {
        pixels[colour] = UInt8((Int(pixels[colour]) * black + 127) / 255)
      }
    }
  }
}

extension tl_jpeg_message {
  /// A zero-terminated text in an array.
  var string: String {
    unsafe withUnsafeBytes(of: text) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// Buffers are kept between pictures and only ever grow.
func grow(_ buffer: inout [UInt8], to count: Int) {
  if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
}
