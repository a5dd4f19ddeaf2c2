import CTurboJPEG

/// Decodes one JPEG file through libjpeg-turbo, always with its accurate integer DCT and its smooth
/// chroma upsampling, whose results its SIMD and its scalar code share.
///
/// Each file gets a handle of its own, which costs a tenth of a microsecond: a handle keeps the
/// quantization and Huffman tables of earlier files, and a damaged file without its own would come
/// out differently depending on what was decoded before it.
@safe struct JPEGDecoder: ~Copyable {
  private let handle: tjhandle

  /// What libjpeg-turbo complained of without giving the picture up.
  private(set) var warnings: [String] = []

  init() throws(ImageError) {
    guard let handle = unsafe tjInitDecompress() else { throw .outOfMemory }
    unsafe self.handle = handle
  }

  deinit { unsafe tjDestroy(handle) }

  struct Header: Equatable {
    var width: Int
    var height: Int
    /// Four inks instead of three colours.
    var isCMYK: Bool
  }

  /// What the file says about itself. Reads no pixel and refuses pictures over the limit.
  mutating func header(of bytes: [UInt8]) throws(ImageError) -> Header {
    var width: Int32 = 0
    var height: Int32 = 0
    var subsampling: Int32 = 0
    var colourSpace: Int32 = 0
    // The bytes are only read, and only during the call.
    let status = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe tjDecompressHeader3(
        handle, buffer.baseAddress, UInt(buffer.count), &width, &height, &subsampling, &colourSpace)
    }
    warnings = []
    if status != 0 { warnings.append(try warning()) }
    guard width > 0 && height > 0 else {
      throw .malformed(format: .jpeg, reason: "it has no pixels")
    }
    try ImageLimits.check(width: Int(width), height: Int(height))
    let isCMYK = colourSpace == TJCS_CMYK.rawValue || colourSpace == TJCS_YCCK.rawValue
    return Header(width: Int(width), height: Int(height), isCMYK: isCMYK)
  }

  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed), scaled by
  /// 1/denominator in the DCT (1, 2, 4 or 8; sizes are rounded up).
  mutating func decode(
    _ bytes: [UInt8], header: Header, denominator: Int, into pixels: inout [UInt8]
  ) throws(ImageError) -> ImageDecoder.DecodedSize {
    let width = Self.scaled(header.width, denominator)
    let height = Self.scaled(header.height, denominator)
    grow(&pixels, to: width * height * 4)
    let format = header.isCMYK ? TJPF_CMYK : TJPF_RGBX
    // libjpeg-turbo writes `height` rows of `width` pixels of 4 bytes, for which there is room, and
    // answers with an error if the file turns out not to scale to this size.
    let status = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe pixels.withUnsafeMutableBufferPointer { target in
        unsafe tjDecompress2(
          handle, source.baseAddress, UInt(source.count), target.baseAddress, Int32(width), 0,
          Int32(height), Int32(format.rawValue), TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
      }
    }
    if status != 0 {
      warnings.append(try warning())
      // Only a file's first warning is known: after one, an end of the data would go unseen.
      guard JPEGMarkers.reachEnd(bytes) else { throw .prematureEnd(format: .jpeg) }
    }
    if header.isCMYK { Self.mixInks(&pixels, count: width * height) }
    return (width, height, denominator)
  }

  /// The length of a side that is scaled in the DCT.
  static func scaled(_ length: Int, _ denominator: Int) -> Int {
    (length + denominator - 1) / denominator
  }

  /// The text of the last complaint if it was no more than a warning; otherwise its error.
  private func warning() throws(ImageError) -> String {
    // The text is copied before the handle is used again.
    let text = unsafe String(cString: tjGetErrorStr2(handle))
    let isPrematureEnd = text.contains("remature end")
    if isPrematureEnd { throw .prematureEnd(format: .jpeg) }
    if unsafe tjGetErrorCode(handle) == TJERR_WARNING.rawValue { return text }
    if text.contains("emory") { throw .outOfMemory }
    throw .malformed(format: .jpeg, reason: text)
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

/// Buffers are kept between pictures and only ever grow.
func grow(_ buffer: inout [UInt8], to count: Int) {
  if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
}
