/// A file format that can be decoded, told by a file's first bytes and never by its name.
public enum ImageFormat: String, CaseIterable, Sendable, CustomStringConvertible {
  case jpeg = "JPEG"
  case png = "PNG"

  /// How many first bytes of a file `init(firstBytes:)` needs to see.
  public static let signatureLengthMax = 8

  /// Nil if the bytes begin no picture of a known format.
  public init?(firstBytes bytes: some Sequence<UInt8>) {
    let start = Array(bytes.prefix(Self.signatureLengthMax))
    guard let format = Self.allCases.first(where: { start.starts(with: $0.signature) }) else {
      return nil
    }
    self = format
  }

  public var description: String { rawValue }

  var signature: [UInt8] {
    switch self {
    // The start-of-image marker and the first byte of the marker that must follow it.
    case .jpeg: [0xff, 0xd8, 0xff]
    case .png: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    }
  }
}

/// Limits on what a file may ask for.
public enum ImageLimits {
  /// 8,192 × 8,192 pixels: 256 MB of them.
  public static let pixelsMax = 1 << 26

  /// A JPEG may have more, as those of telephones with 108 and 200 megapixels do: it is scaled down
  /// while it is decoded.
  public static let scaledPixelsMax = 1 << 28

  /// In pixels, for either side: what JPEG can express. It bounds the products in the arithmetic of
  /// resizing.
  public static let sideMax = 65_535

  static func check(width: Int, height: Int) throws(ImageError) {
    guard width <= sideMax, height <= sideMax, width * height <= pixelsMax else {
      throw .tooLarge(width: width, height: height)
    }
  }
}
