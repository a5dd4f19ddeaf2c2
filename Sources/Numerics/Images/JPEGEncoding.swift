import CTurboJPEG

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

  fileprivate var rawType: Int32 {
    let type =
      switch self {
      case .none: TJSAMP_444
      case .horizontal: TJSAMP_422
      case .vertical: TJSAMP_440
      case .both: TJSAMP_420
      case .grey: TJSAMP_GRAY
      }
    return Int32(type.rawValue)
  }
}

/// Writes JPEG files with libjpeg-turbo's accurate integer DCT. Keeps its handle between pictures;
/// one thread at a time.
@safe public struct JPEGEncoder: ~Copyable {
  private let handle: tjhandle

  /// Fails only for want of memory.
  public init() throws(ImageError) {
    guard let handle = unsafe tjInitCompress() else { throw .outOfMemory }
    unsafe self.handle = handle
  }

  deinit { unsafe tjDestroy(handle) }

  /// The picture as a JPEG file; quality from 1 to 100.
  ///
  /// Throws `ImageError.tooLarge` for a picture over `ImageLimits`.
  public mutating func encode(
    _ image: RGBImage, quality: Int, subsampling: ChromaSubsampling = .both,
    isProgressive: Bool = false
  ) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality), "a JPEG's quality goes from 1 to 100")
    try ImageLimits.check(width: image.width, height: image.height)
    let (width, height) = (Int32(image.width), Int32(image.height))
    let flags =
      TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC | (isProgressive ? TJFLAG_PROGRESSIVE : 0)
    var size = tjBufSize(width, height, subsampling.rawType)
    var status: Int32 = 0
    // The buffer has the size that no file of these dimensions exceeds, and libjpeg-turbo is told
    // not to replace it.
    let file = unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
      var target = buffer.baseAddress
      status = unsafe image.pixels.withUnsafeBufferPointer { source in
        unsafe tjCompress2(
          handle, source.baseAddress, width, 0, height, Int32(TJPF_RGB.rawValue), &target, &size,
          subsampling.rawType, Int32(quality), flags)
      }
      count = status == 0 ? Int(size) : 0
    }
    guard status == 0 else {
      // The text is copied before the handle is used again.
      let reason = unsafe String(cString: tjGetErrorStr2(handle))
      throw .notEncodable(format: .jpeg, reason: reason)
    }
    return file
  }
}

/// One picture as a JPEG file, as `JPEGEncoder` writes it.
public func encodeJPEG(
  _ image: RGBImage, quality: Int, subsampling: ChromaSubsampling = .both,
  isProgressive: Bool = false
) throws(ImageError) -> [UInt8] {
  var encoder = try JPEGEncoder()
  return try encoder.encode(
    image, quality: quality, subsampling: subsampling, isProgressive: isProgressive)
}
