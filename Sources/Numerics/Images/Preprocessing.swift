import Digest

/// What stands between a file and the network, the same everywhere.
public enum Preprocessing {
  /// Raised by whatever changes the pixels that a file leads to. 2: EXIF orientations are applied.
  /// 3: so are those of PNG files, and more kinds of JPEG and PNG files decode. 4: WebP, GIF, BMP and
  /// TIFF do.
  public static let version: UInt32 = 4
}

/// Turns files into the network's input: decodes, resizes and crops. Keeps its handles and buffers
/// between pictures; one for each thread.
public struct Preprocessor: ~Copyable {
  /// In pixels.
  public let inputHeight: Int
  /// In pixels.
  public let inputWidth: Int

  private var decoder: ImageDecoder
  private var resizer = Resizer()

  /// The largest side of an input: a limit on what a model file may ask for.
  public static let inputSideMax = 4096

  /// Both sides in 1...`inputSideMax`. Fails only for want of memory.
  public init(inputHeight: Int, inputWidth: Int) throws(ImageError) {
    precondition((1...Self.inputSideMax).contains(inputHeight))
    precondition((1...Self.inputSideMax).contains(inputWidth))
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    decoder = try ImageDecoder()
  }

  /// The number of bytes of an input, height × width × 3.
  public var inputByteCount: Int { inputHeight * inputWidth * 3 }

  /// What the decoder complained of in the last picture without giving it up.
  public var warnings: [String] { decoder.warnings }

  /// Decodes a file and makes the input of one variant of it, red, green and blue
  /// ([height × width × 3], from 0 to 255): the plain centre crop as variant 0, a random crop that
  /// `digest`, the SHA-256 of the file, and the variant choose as any other.
  public mutating func preprocess(
    _ file: [UInt8], digest: ContentDigest, variant: UInt16, into pixels: inout MutableSpan<UInt8>
  ) throws(ImageError) {
    precondition(pixels.count == inputByteCount, "an input has height × width × 3 bytes")
    let (inputHeight, inputWidth) = (inputHeight, inputWidth)
    defer { decoder.trim() }
    var crop: Crop?
    let size = try decoder.decodeIntoBuffer(file) { width, height in
      let chosen = Self.crop(
        height: height, width: width, inputHeight: inputHeight, inputWidth: inputWidth,
        digest: digest, variant: variant)
      crop = chosen
      return chosen.denominator
    }
    guard let crop else { fatalError("every decoder asks for the scale") }
    resizer.resize(
      decoder.buffer, width: size.width,
      crop: crop.scaled(by: size.denominator, height: size.height, width: size.width),
      into: &pixels)
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

  private static func crop(
    height: Int, width: Int, inputHeight: Int, inputWidth: Int, digest: ContentDigest,
    variant: UInt16
  ) -> Crop {
    if variant == 0 {
      return .centre(
        height: height, width: width, inputHeight: inputHeight, inputWidth: inputWidth)
    }
    return .random(
      height: height, width: width, inputHeight: inputHeight, inputWidth: inputWidth,
      digest: digest, variant: variant)
  }
}
