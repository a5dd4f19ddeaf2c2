/// What is said of one item of a HEIF file (ISO/IEC 23008-12, 6.5): those of its properties that matter
/// for its pixels.
struct HEIFProperties {
  /// In pixels, before it is cropped and turned.
  private(set) var size: (width: Int, height: Int)?
  /// Where the decoder's configuration lies in the file, as `hvcC` has it.
  private(set) var configuration: Range<Int>?
  private(set) var colours: Colours?
  private(set) var cleanAperture: CleanAperture?
  private(set) var orientation = Orientation.upright
  /// What an auxiliary picture is of, as a URN.
  private(set) var auxiliaryType: String?

  /// How samples become colours (ITU-T H.273).
  struct Colours {
    let matrix: Int
    let isFullRange: Bool
  }

  init(of item: HEIFFile.Item, in file: HEIFFile) throws(ImageError) {
    for association in item.properties {
      guard association.index <= file.properties.count else {
        throw file.malformed("a picture has a property that isn't there")
      }
      let box = file.properties[association.index - 1]
      var reader = file.reader(box.content)
      let isKnown = try take(box.type, &reader, file)
      guard isKnown || !association.isEssential else {
        throw file.malformed(
          "it needs the property '\(box.type)', which isn't known here; convert it to JPEG")
      }
    }
  }

  /// False for a kind that isn't known.
  private mutating func take(
    _ type: String, _ reader: inout BoxReader, _ file: HEIFFile
  ) throws(ImageError) -> Bool {
    switch type {
    case "ispe":
      _ = try reader.versionAndFlags()
      size = (try reader.number(4), try reader.number(4))
    case "hvcC": configuration = reader.rest
    // All that a decoder of AV1 needs is in the data.
    case "av1C": break
    case "colr":
      // A profile says nothing of how samples become colours.
      guard try reader.fourCharacters() == "nclx" else { break }
      try reader.skip(4)
      let matrix = try reader.number(2)
      colours = Colours(matrix: matrix, isFullRange: try reader.number(1) & 0x80 != 0)
    case "clap":
      guard orientation == .upright, cleanAperture == nil else {
        throw file.malformed("it crops what it has turned or cropped; convert it to JPEG")
      }
      cleanAperture = try CleanAperture(&reader)
    // In quarters, anticlockwise.
    case "irot":
      let turns: [Orientation] = [.upright, .threeQuarterTurn, .halfTurn, .quarterTurn]
      orientation = orientation.followed(by: turns[try reader.number(1) & 3])
    case "imir":
      orientation = orientation.followed(
        by: try reader.number(1) & 1 == 0 ? .flipped : .mirrored)
    case "auxC":
      _ = try reader.versionAndFlags()
      auxiliaryType = try reader.text()
    // Bits of a sample, which the data have as well; the shape of pixels, which is not applied; how
    // bright a screen should be.
    case "pixi", "pasp", "clli", "mdcv": break
    default: return false
    }
    return true
  }
}

/// The part of a picture that is shown (ISO/IEC 14496-12, 12.1.4).
struct CleanAperture {
  private struct Fraction {
    let numerator: Int
    let denominator: Int

    init(_ reader: inout BoxReader) throws(ImageError) {
      numerator = try reader.signedNumber()
      denominator = try reader.number(4)
    }
  }

  private let width, height, right, down: Fraction

  fileprivate init(_ reader: inout BoxReader) throws(ImageError) {
    width = try Fraction(&reader)
    height = try Fraction(&reader)
    right = try Fraction(&reader)
    down = try Fraction(&reader)
  }

  /// The columns and rows of a picture of that size, of up to `ImageLimits.sideMax` a side; nil where they
  /// are no whole pixels or lie outside.
  func part(of size: (width: Int, height: Int)) -> (columns: Range<Int>, rows: Range<Int>)? {
    guard let columns = Self.part(of: size.width, width, right),
      let rows = Self.part(of: size.height, height, down)
    else { return nil }
    return (columns, rows)
  }

  /// `offset` is how far the middle of the part lies from the middle of the whole.
  private static func part(of whole: Int, _ part: Fraction, _ offset: Fraction) -> Range<Int>? {
    guard part.denominator > 0, offset.denominator > 0,
      part.numerator.isMultiple(of: part.denominator)
    else { return nil }
    let count = part.numerator / part.denominator
    guard (1...whole).contains(count) else { return nil }
    // Twice the start, times the offset's denominator; all are below 2³³ and 2¹⁷ · 2³².
    let start = 2 * offset.numerator + (whole - count) * offset.denominator
    guard start >= 0 else { return nil }
    let first = start / (2 * offset.denominator)
    return first + count <= whole ? first..<first + count : nil
  }
}
