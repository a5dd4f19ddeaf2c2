/// Decodes files of every `ImageFormat`, told apart by their first bytes. Keeps its buffer between pictures;
/// one thread at a time.
///
/// The same bytes give the same pixels on every machine whose libraries decode alike. A picture is
/// turned as its file says; colour profiles are not applied.
public struct ImageDecoder: ~Copyable {
  /// The pixels of the last picture, or of a part of it ([rows × columns × 4]); the fourth byte means
  /// nothing. What lies behind them is left from earlier pictures.
  package private(set) var buffer: [UInt8] = []
  /// The pixels as they were stored, of the last picture that had to be turned.
  private var stored: [UInt8] = []

  /// What the decoder complained of in the last picture without giving it up.
  public private(set) var warnings: [String] = []

  // A buffer for a picture of 1,600 × 1,200 is kept; one for a much larger picture would only
  // lie about until the thread ends.
  private static let keptBytesMax = 8 << 20

  /// Fails only for want of memory.
  public init() throws(ImageError) {}

  /// The whole picture at its own size.
  public mutating func decode(_ file: [UInt8]) throws(ImageError) -> RGBImage {
    let size = try decodeIntoBuffer(file) { _, _ in DecodingRequest(denominator: 1) }
    defer { trim() }
    let count = size.width * size.height
    var pixels = [UInt8](repeating: 0, count: 3 * count)
    let source = buffer.span
    for pixel in 0..<count {
      for colour in 0..<3 { pixels[3 * pixel + colour] = source[4 * pixel + colour] }
    }
    return RGBImage(width: size.width, height: size.height, pixels: pixels)
  }

  /// Throws where the picture can't be decoded. All data of a JPEG are looked at, but its pixels are
  /// made at an eighth of their size.
  public mutating func check(_ file: [UInt8]) throws(ImageError) {
    defer { trim() }
    _ = try decodeIntoBuffer(file) { _, _ in DecodingRequest(denominator: 8) }
  }

  /// Decodes into the buffer. `request` is asked once, given the width and height of the picture as
  /// people see it, by how much it may be scaled down and what of it is needed. Only a JPEG is scaled,
  /// and one with more pixels than `ImageLimits.pixelsMax` always; and only of a JPEG that isn't scaled
  /// is anything left out. What is asked for decides neither whether a file decodes nor the warnings.
  package mutating func decodeIntoBuffer(
    _ file: [UInt8], request: (_ width: Int, _ height: Int) -> DecodingRequest
  ) throws(ImageError) -> DecodedPart {
    warnings = []
    guard let format = ImageFormat(firstBytes: file) else {
      throw .unrecognizedFormat(ForeignFormat(firstBytes: file))
    }
    let picture: DecodedPicture
    switch format {
    case .jpeg:
      picture = try JPEGDecoder.decode(file, into: &buffer, request: request)
    case .png: picture = try PNGDecoder.decode(file, into: &buffer)
    case .webp: picture = try WebPDecoder.decode(file, into: &buffer)
    case .gif: picture = try GIFDecoder.decode(file, into: &buffer)
    case .bmp: picture = try BMPDecoder.decode(file, into: &buffer)
    case .tiff: picture = try TIFFDecoder.decode(file, into: &buffer)
    case .heic, .avif: picture = try HEIFDecoder.decode(file, as: format, into: &buffer)
    }
    warnings = picture.warnings
    let part = turned(picture)
    if format != .jpeg { _ = request(part.width, part.height) }
    return part
  }

  /// Turns what a decoder has put into the buffer.
  private mutating func turned(_ picture: DecodedPicture) -> DecodedPart {
    let orientation = picture.orientation
    let stored = picture.columns ?? 0..<picture.width
    if orientation != .upright {
      swap(&self.stored, &buffer)
      orientation.turn(
        self.stored, width: stored.count, height: picture.height, into: &buffer)
    }
    let seen = orientation.turned(columns: stored, of: picture.width)
    let (width, height) =
      orientation.exchangesSides
      ? (picture.height, picture.width) : (picture.width, picture.height)
    var part = DecodedPart(width: width, height: height, denominator: picture.denominator)
    if orientation.exchangesSides { part.rows = seen } else { part.columns = seen }
    return part
  }

  /// Gives the memory of an unusually large picture back.
  mutating func trim() {
    if buffer.count > Self.keptBytesMax { buffer = [] }
    if stored.count > Self.keptBytesMax { stored = [] }
  }
}
