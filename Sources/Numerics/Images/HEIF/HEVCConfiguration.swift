/// What a decoder of HEVC needs before a picture's data: the box `hvcC` (ISO/IEC 14496-15, 8.3.3).
struct HEVCConfiguration {
  /// Of the lengths before the units of the data, in bytes.
  private(set) var lengthSize: Int
  /// The sets of parameters, each after its length as 32 bits.
  private(set) var units: [UInt8] = []
  private(set) var size: HEVCPictureSize

  init(_ range: Range<Int>, in file: HEIFFile) throws(ImageError) {
    var reader = file.reader(range)
    try reader.skip(21)
    lengthSize = try reader.number(1) & 3 + 1
    var sizes: [HEVCPictureSize] = []
    for _ in 0..<(try reader.number(1)) {
      try reader.skip(1)
      for _ in 0..<(try reader.number(2)) {
        let unit = file.bytes[try reader.take(try reader.number(2))]
        // Video, sequence and picture parameters.
        guard let kind = HEVCUnit.kind(unit), (32...34).contains(kind) else { continue }
        if kind == HEVCUnit.sequenceParameters {
          sizes.append(try HEVCPictureSize(unit, format: file.format))
        }
        HEVCUnit.append(unit, to: &units)
      }
    }
    guard let size = sizes.first else { throw file.malformed("its parameters are missing") }
    guard sizes.allSatisfy({ $0 == size }) else {
      throw file.malformed("its parameters contradict each other")
    }
    self.size = size
  }

  /// The parameters and the units of a picture's data that are slices of it, each after its length as
  /// 32 bits. Parameters within the data, which the format doesn't allow, and remarks are left out.
  func units(of data: [UInt8], in file: HEIFFile) throws(ImageError) -> [UInt8] {
    var reader = BoxReader(data, 0..<data.count, of: file.format)
    var units = units
    units.reserveCapacity(units.count + data.count + 64)
    while !reader.isAtEnd {
      let unit = data[try reader.take(try reader.number(lengthSize))]
      guard let kind = HEVCUnit.kind(unit), kind < 32 else { continue }
      // Pictures that depend on no other.
      guard (16...21).contains(kind) else {
        throw file.malformed("its picture needs others to be decoded")
      }
      HEVCUnit.append(unit, to: &units)
    }
    return units
  }
}

/// A unit of HEVC data (ITU-T H.265, 7.3.1).
private enum HEVCUnit {
  static let sequenceParameters = 33

  /// Nil for one of another layer than the first, or without a header.
  static func kind(_ unit: ArraySlice<UInt8>) -> Int? {
    guard let first = unit.first, let second = unit.dropFirst().first else { return nil }
    let layer = Int(first & 1) << 5 | Int(second >> 3)
    return layer == 0 ? Int(first >> 1 & 0x3f) : nil
  }

  // More than any sequence parameters need up to where they are read.
  private static let byteCountMax = 1024

  /// The bytes behind the header, without those that keep data from looking like a start code: a 3 after
  /// two zeros (7.3.1.1).
  static func payload(_ unit: ArraySlice<UInt8>) -> [UInt8] {
    var (bytes, zeroCount) = ([UInt8](), 0)
    for byte in unit.dropFirst(2).prefix(byteCountMax) {
      if zeroCount >= 2, byte == 3 {
        zeroCount = 0
        continue
      }
      zeroCount = byte == 0 ? zeroCount + 1 : 0
      bytes.append(byte)
    }
    return bytes
  }

  static func append(_ unit: ArraySlice<UInt8>, to units: inout [UInt8]) {
    for shift in [24, 16, 8, 0] { units.append(UInt8(truncatingIfNeeded: unit.count >> shift)) }
    units += unit
  }
}

/// What sequence parameters of HEVC say of a picture's planes (ITU-T H.265, 7.3.2.2.1).
struct HEVCPictureSize: Equatable {
  /// In luma samples, with what is not shown.
  private(set) var codedWidth: Int
  private(set) var codedHeight: Int
  /// In luma samples, as shown.
  private(set) var width: Int
  private(set) var height: Int
  /// How many luma samples a sample of chroma stands for across and down; nil for a grey picture.
  private(set) var chromaStep: ChromaStep?
  /// Bits of a sample.
  private(set) var depth: Int

  struct ChromaStep: Equatable {
    let across, down: Int
  }

  init(_ unit: ArraySlice<UInt8>, format: ImageFormat) throws(ImageError) {
    var bits = BitReader(HEVCUnit.payload(unit), of: format)
    func malformed(_ reason: String) -> ImageError { .malformed(format: format, reason: reason) }
    try bits.skip(4)
    let subLayers = try bits.number(3)
    try bits.skip(1)
    try bits.skipProfile(subLayers: subLayers)
    _ = try bits.variableNumber()
    switch try bits.variableNumber() {
    case 0: chromaStep = nil
    case 1: chromaStep = ChromaStep(across: 2, down: 2)
    case 2: chromaStep = ChromaStep(across: 2, down: 1)
    case 3 where try !bits.flag(): chromaStep = ChromaStep(across: 1, down: 1)
    default: throw malformed("its colour planes are coded apart; convert it to JPEG")
    }
    codedWidth = try bits.variableNumber()
    codedHeight = try bits.variableNumber()
    var (left, right, top, bottom) = (0, 0, 0, 0)
    if try bits.flag() {
      (left, right) = (try bits.variableNumber(), try bits.variableNumber())
      (top, bottom) = (try bits.variableNumber(), try bits.variableNumber())
    }
    let step = chromaStep ?? ChromaStep(across: 1, down: 1)
    width = codedWidth - step.across * (left + right)
    height = codedHeight - step.down * (top + bottom)
    guard width > 0, height > 0 else { throw malformed("it has no pixels") }
    try ImageLimits.check(width: codedWidth, height: codedHeight)
    depth = 8 + (try bits.variableNumber())
    guard try bits.variableNumber() == depth - 8, depth <= 12 else {
      throw malformed("its samples have a depth that isn't read; convert it to JPEG")
    }
  }
}

extension BitReader {
  /// Skips profile, tier and level of HEVC (7.3.3), of further layers of time as well.
  fileprivate mutating func skipProfile(subLayers: Int) throws(ImageError) {
    try skip(96)
    guard subLayers > 0 else { return }
    var parts: [(hasProfile: Bool, hasLevel: Bool)] = []
    for _ in 0..<subLayers { parts.append((try flag(), try flag())) }
    try skip(2 * (8 - subLayers))
    for part in parts { try skip((part.hasProfile ? 88 : 0) + (part.hasLevel ? 8 : 0)) }
  }
}
