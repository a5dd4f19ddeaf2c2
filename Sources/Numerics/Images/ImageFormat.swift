/// A file format that can be decoded, told by a file's first bytes and never by its name.
public enum ImageFormat: String, CaseIterable, Sendable, CustomStringConvertible {
  case jpeg = "JPEG"
  case png = "PNG"
  case webp = "WebP"
  case gif = "GIF"
  case bmp = "BMP"
  case tiff = "TIFF"
  case heic = "HEIC"
  case avif = "AVIF"

  /// How many first bytes of a file `init(firstBytes:)` needs to see.
  public static let signatureLengthMax = 64

  /// Nil if the bytes begin no picture of a known format.
  public init?(firstBytes bytes: some Sequence<UInt8>) {
    let start = Array(bytes.prefix(Self.signatureLengthMax))
    guard let format = Self.allCases.first(where: { $0.begins(start) }) else { return nil }
    self = format
  }

  public var description: String { rawValue }

  /// All of them, for people.
  public static let list = allCases.map(\.rawValue).joined(separator: ", ")

  private func begins(_ start: [UInt8]) -> Bool {
    switch self {
    // The start-of-image marker and the first byte of the marker that must follow it.
    case .jpeg: start.starts(with: [0xff, 0xd8, 0xff])
    case .png: start.starts(with: Self.pngSignature)
    case .webp: start.has("RIFF", at: 0) && start.has("WEBP", at: 8)
    case .gif: start.has("GIF87a", at: 0) || start.has("GIF89a", at: 0)
    // Two letters are few: the length of the header behind them has to be one that there is.
    case .bmp:
      start.has("BM", at: 0) && start.count >= 18
        && BMPHeader.lengths.contains(Int(start[14])) && start[15...17].allSatisfy { $0 == 0 }
    // Of the byte orders and versions; a raw file of Canon's begins like one too.
    case .tiff:
      ["II*\0", "MM\0*", "II+\0", "MM\0+"].contains { start.has($0, at: 0) }
        && !start.has("CR", at: 8)
    // Files of either code may begin with a brand that both have.
    case .heic:
      Self.brands(start).contains { $0.hasPrefix("hei") || $0.hasPrefix("hev") }
        || (["mif1", "msf1"].contains(Self.brands(start).first) && !Self.avif.begins(start))
    case .avif: Self.brands(start).contains { $0 == "avif" || $0 == "avis" }
    }
  }

  /// What a file of boxes says that it is (ISO/IEC 14496-12, 4.3): its major brand and those that it is
  /// compatible with, as far as they lie within the first bytes.
  private static func brands(_ start: [UInt8]) -> [String] {
    guard start.has("ftyp", at: 4), start.count >= 12 else { return [] }
    // The box's length is that of a few words; a version stands between the major brand and the others.
    let end = min(start[0..<4].reduce(0) { $0 << 8 | Int($1) }, start.count)
    return ([8] + stride(from: 16, to: end - 3, by: 4)).map {
      String(decoding: start[$0..<$0 + 4], as: UTF8.self)
    }
  }

  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
}

extension [UInt8] {
  /// Whether these characters stand at a place.
  func has(_ text: String, at position: Int) -> Bool {
    dropFirst(position).starts(with: text.utf8)
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
