/// How a camera was held, as its EXIF data say it (tag 0x0112 of CIPA DC-008, 4.6.5): what has to
/// be done to the stored pixels before people look at them. The numbers are the tag's.
enum Orientation: UInt8, CaseIterable {
  case upright = 1
  case mirrored = 2
  case halfTurn = 3
  /// Top and bottom exchanged.
  case flipped = 4
  /// Rows become columns.
  case transposed = 5
  /// Turned clockwise by a quarter: a telephone held upright.
  case quarterTurn = 6
  /// Rows become columns, and both are reversed.
  case transverse = 7
  /// Turned anticlockwise by a quarter.
  case threeQuarterTurn = 8

  /// Whether width and height change places.
  var exchangesSides: Bool { rawValue >= 5 }

  private var reversesRows: Bool {
    [.halfTurn, .flipped, .quarterTurn, .transverse].contains(self)
  }

  private var reversesColumns: Bool {
    [.mirrored, .halfTurn, .transverse, .threeQuarterTurn].contains(self)
  }

  /// This, and then another.
  func followed(by next: Orientation) -> Orientation {
    // Where this exchanges sides, the next one's rows are columns as they were stored.
    let (rows, columns) =
      exchangesSides
      ? (next.reversesColumns, next.reversesRows) : (next.reversesRows, next.reversesColumns)
    return Self.allCases.first {
      $0.exchangesSides == (exchangesSides != next.exchangesSides)
        && $0.reversesRows == (reversesRows != rows)
        && $0.reversesColumns == (reversesColumns != columns)
    } ?? .upright
  }

  /// Where columns of a stored picture of `width` columns lie once it is turned: columns again, or rows
  /// where sides are exchanged. It also leads from those to the stored columns.
  func turned(columns: Range<Int>, of width: Int) -> Range<Int> {
    reversesColumns ? width - columns.upperBound..<width - columns.lowerBound : columns
  }

  /// Turns a stored picture ([height × width × 4]) into the one to be looked at ([width × height × 4]
  /// where sides are exchanged), from the start of `turned`, which is grown if needed.
  func turn(_ stored: [UInt8], width: Int, height: Int, into turned: inout [UInt8]) {
    grow(&turned, to: width * height * 4)
    let source = stored.span
    var target = turned.mutableSpan
    let (exchangesSides, reversesRows, reversesColumns) =
      (exchangesSides, reversesRows, reversesColumns)
    let (rows, columns) = exchangesSides ? (width, height) : (height, width)
    for y in 0..<rows {
      for x in 0..<columns {
        let row = exchangesSides ? x : y
        let column = exchangesSides ? y : x
        let from =
          (reversesRows ? height - 1 - row : row) * width
          + (reversesColumns ? width - 1 - column : column)
        let to = y * columns + x
        for byte in 0..<4 { target[4 * to + byte] = source[4 * from + byte] }
      }
    }
  }
}

extension Orientation {
  private static let tag = 0x0112

  /// What a JPEG file says, and upright where it says nothing that makes sense: other programs show
  /// such a file without complaint, and so does this one.
  init(ofJPEG bytes: [UInt8]) {
    guard let segment = JPEGMarkers.segment(0xe1, startingWith: Self.exifStart, in: bytes) else {
      self = .upright
      return
    }
    self.init(exif: bytes[segment])
  }

  private static let exifStart = Array("Exif\0\0".utf8)

  /// What EXIF data say: a TIFF structure, which some formats and programs begin with "Exif" and two
  /// zeros and others don't. Upright where they say nothing that makes sense.
  init(exif: ArraySlice<UInt8>) {
    let structure =
      exif.starts(with: Self.exifStart) ? exif.dropFirst(Self.exifStart.count) : exif
    let value = Self.value(inTIFF: structure) ?? 0
    self = UInt8(exactly: value).flatMap(Self.init(rawValue:)) ?? .upright
  }

  /// The tag's number in the first directory of a TIFF structure (TIFF 6.0, section 2).
  private static func value(inTIFF bytes: ArraySlice<UInt8>) -> Int? {
    let isLittleEndian: Bool
    switch Array(bytes.prefix(2)) {
    case Array("II".utf8): isLittleEndian = true
    case Array("MM".utf8): isLittleEndian = false
    default: return nil
    }
    func number(_ byteCount: Int, at offset: Int) -> Int? {
      guard offset >= 0, offset <= bytes.count - byteCount else { return nil }
      let digits = bytes.dropFirst(offset).prefix(byteCount)
      return isLittleEndian
        ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(2, at: 2) == 42, let directory = number(4, at: 4),
      let count = number(2, at: directory)
    else { return nil }
    // At most 65,535 entries.
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = number(2, at: start), let type = number(2, at: start + 2) else { return nil }
      guard tag == Self.tag else { continue }
      // The standard has a 16-bit number here; some programs write one of 32 bits.
      guard let byteCount = [3: 2, 4: 4][type], number(4, at: start + 4) == 1 else {
        return nil
      }
      return number(byteCount, at: start + 8)
    }
    return nil
  }
}
