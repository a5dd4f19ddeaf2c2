import Digest

/// What stands between a file and the network, the same everywhere.
public enum Preprocessing {
  /// Raised by whatever changes the pixels that a file leads to. 2: EXIF orientations are applied.
  /// 3: so are those of PNG files, and more kinds of JPEG and PNG files decode. 4: WebP, GIF, BMP and
  /// TIFF do. 5: a run has a fit. 6: HEIC and AVIF decode. 7: TIFF files with opacity or other channels
  /// beside their colours have their own colours, and more depths decode.
  public static let version: UInt32 = 7
}

/// Turns files into the network's input: decodes, resizes and crops. Keeps its handles and buffers
/// between pictures; one for each thread.
public struct Preprocessor: ~Copyable {
  /// In pixels.
  public let inputHeight: Int
  /// In pixels.
  public let inputWidth: Int
  public let fit: Fit

  private var decoder: ImageDecoder
  private var resizer = Resizer()
  // A picture that doesn't fill the input, before it is put into the middle.
  private var inner: [UInt8] = []

  /// The largest side of an input: a limit on what a model file may ask for.
  public static let inputSideMax = 4096

  /// Both sides in 1...`inputSideMax`. Fails only for want of memory.
  public init(inputHeight: Int, inputWidth: Int, fit: Fit) throws(ImageError) {
    precondition((1...Self.inputSideMax).contains(inputHeight))
    precondition((1...Self.inputSideMax).contains(inputWidth))
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.fit = fit
    decoder = try ImageDecoder()
  }

  /// The number of bytes of an input, height × width × 3.
  public var inputByteCount: Int { inputHeight * inputWidth * 3 }

  /// What the decoder complained of in the last picture without giving it up.
  public var warnings: [String] { decoder.warnings }

  /// Decodes a file and makes the input of one variant of it, red, green and blue
  /// ([height × width × 3], from 0 to 255): the whole as `fit` has it as variant 0, a random crop that
  /// `digest`, the SHA-256 of the file, and the variant choose as any other.
  public mutating func preprocess(
    _ file: [UInt8], digest: ContentDigest, variant: UInt16, into pixels: inout MutableSpan<UInt8>
  ) throws(ImageError) {
    precondition(pixels.count == inputByteCount, "an input has height × width × 3 bytes")
    let (inputHeight, inputWidth, fit) = (inputHeight, inputWidth, fit)
    defer { decoder.trim() }
    var crop: Crop?
    let part = try decoder.decodeIntoBuffer(file) { width, height in
      let chosen =
        variant == 0
        ? Crop.whole(
          fit, height: height, width: width, inputHeight: inputHeight, inputWidth: inputWidth)
        : .random(
          height: height, width: width, inputHeight: inputHeight, inputWidth: inputWidth,
          digest: digest, variant: variant)
      crop = chosen
      return chosen.request
    }
    guard let crop else { fatalError("every decoder asks for the scale") }
    let scaled = crop.scaled(by: part.denominator, height: part.height, width: part.width)
    guard crop.rows.kept.count < inputHeight || crop.columns.kept.count < inputWidth else {
      return resizer.resize(decoder.buffer, part, crop: scaled, into: &pixels)
    }
    pad(scaled, of: part, into: &pixels)
  }

  /// Puts a crop that is smaller than the input into its middle.
  private mutating func pad(
    _ crop: Crop, of part: DecodedPart, into pixels: inout MutableSpan<UInt8>
  ) {
    let (rows, columns) = (crop.rows.kept.count, crop.columns.kept.count)
    var inner = self.inner
    self.inner = []
    let count = rows * columns * 3
    if inner.count != count { inner = [UInt8](repeating: 0, count: count) }
    var span = inner.mutableSpan
    resizer.resize(decoder.buffer, part, crop: crop, into: &span)
    for index in pixels.indices { pixels[index] = Fit.padding }
    let (top, left) = ((inputHeight - rows) / 2, (inputWidth - columns) / 2)
    for row in 0..<rows {
      let target = 3 * ((top + row) * inputWidth + left)
      for index in 0..<3 * columns {
        pixels[target + index] = inner[3 * row * columns + index]
      }
    }
    self.inner = inner
  }

  /// The same as a new array.
  public mutating func preprocess(
    _ file: [UInt8], digest: ContentDigest, variant: UInt16
  ) throws(ImageError) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: inputByteCount)
    var span = pixels.mutableSpan
    try preprocess(file, digest: digest, variant: variant, into: &span)
    return pixels
  }
}
