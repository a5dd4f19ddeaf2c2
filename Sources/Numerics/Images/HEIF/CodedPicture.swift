import CHEIF

/// The planes of a picture that HEVC or AV1 coded, before they become colours.
struct CodedPicture {
  /// Of luma, in pixels.
  let width: Int
  let height: Int
  /// Of each plane of chroma; 0 for a grey picture.
  let chromaWidth: Int
  let chromaHeight: Int
  /// Bits of a sample: 8 to 12.
  let depth: Int
  /// As the data say it, whatever the file does.
  let colours: HEIFProperties.Colours
  /// [height × width], then twice [chromaHeight × chromaWidth]: luma, what blue has of chroma, and red.
  let samples: [UInt16]

  var isGrey: Bool { chromaWidth == 0 }

  /// Decodes an item of a file.
  ///
  /// - Parameter size: what the file says; a picture of another size is refused before it is decoded.
  init(
    _ item: HEIFFile.Item, _ properties: HEIFProperties, size: (width: Int, height: Int),
    in file: HEIFFile
  ) throws(ImageError) {
    let data = try file.data(of: item)
    switch item.type {
    case "hvc1", "hev1":
      guard let range = properties.configuration else {
        throw file.malformed("its parameters are missing")
      }
      let configuration = try HEVCConfiguration(range, in: file)
      let units = try configuration.units(of: data, in: file)
      try self.init(hevc: units, configuration.size, size: size, in: file)
    case "av01": try self.init(av1: data, size: size, in: file)
    case let type:
      throw file.malformed(
        "its picture is of the kind '\(type)', which isn't read; convert it to JPEG")
    }
  }

  private init(
    hevc units: [UInt8], _ coded: HEVCPictureSize, size: (width: Int, height: Int),
    in file: HEIFFile
  ) throws(ImageError) {
    var header = tl_heif_header(
      width: UInt32(coded.width), height: UInt32(coded.height),
      chroma_width: UInt32(coded.chromaStep.map { coded.width / $0.across } ?? 0),
      chroma_height: UInt32(coded.chromaStep.map { coded.height / $0.down } ?? 0),
      depth: UInt32(coded.depth), matrix: 0, is_full_range: false)
    try Self.check(header, size: size, in: file)
    var samples = [UInt16](repeating: 0, count: Self.sampleCount(header))
    // The bytes are only read, and only during the call; there is room for the samples of the header,
    // and a picture that has others is refused.
    let status = unsafe units.withUnsafeBufferPointer { source in
      unsafe samples.withUnsafeMutableBufferPointer { target in
        unsafe tl_hevc_decode(
          source.baseAddress, source.count, UInt32(coded.codedWidth), UInt32(coded.codedHeight),
          &header, target.baseAddress)
      }
    }
    try Self.check(status, in: file)
    self.init(header, samples)
  }

  private init(
    av1 data: [UInt8], size: (width: Int, height: Int), in file: HEIFFile
  ) throws(ImageError) {
    let sequence = try AV1SequenceHeader(data, format: file.format)
    let (width, height) = (sequence.width, sequence.height)
    var header = tl_heif_header(
      width: UInt32(width), height: UInt32(height),
      chroma_width: UInt32(sequence.isGrey ? 0 : sequence.isNarrow ? (width + 1) / 2 : width),
      chroma_height: UInt32(sequence.isGrey ? 0 : sequence.isLow ? (height + 1) / 2 : height),
      depth: UInt32(sequence.depth), matrix: UInt32(sequence.colours.matrix),
      is_full_range: sequence.colours.isFullRange)
    try Self.check(header, size: size, in: file)
    var samples = [UInt16](repeating: 0, count: Self.sampleCount(header))
    // As above.
    let status = unsafe data.withUnsafeBufferPointer { source in
      unsafe samples.withUnsafeMutableBufferPointer { target in
        unsafe tl_av1_decode(source.baseAddress, source.count, &header, target.baseAddress)
      }
    }
    try Self.check(status, in: file)
    self.init(header, samples)
  }

  private init(_ header: tl_heif_header, _ samples: [UInt16]) {
    width = Int(header.width)
    height = Int(header.height)
    chromaWidth = Int(header.chroma_width)
    chromaHeight = Int(header.chroma_height)
    depth = Int(header.depth)
    colours = HEIFProperties.Colours(
      matrix: Int(header.matrix), isFullRange: header.is_full_range)
    self.samples = samples
  }

  private static func sampleCount(_ header: tl_heif_header) -> Int {
    Int(header.width) * Int(header.height)
      + 2 * Int(header.chroma_width) * Int(header.chroma_height)
  }

  private static func check(
    _ header: tl_heif_header, size: (width: Int, height: Int), in file: HEIFFile
  ) throws(ImageError) {
    guard (Int(header.width), Int(header.height)) == size else { throw otherPicture(file) }
  }

  private static func check(_ status: tl_heif_status, in file: HEIFFile) throws(ImageError) {
    switch status {
    case TL_HEIF_OK: break
    case TL_HEIF_OUT_OF_MEMORY: throw .outOfMemory
    case TL_HEIF_CUT_OFF: throw .prematureEnd(format: file.format)
    case TL_HEIF_OTHER_PICTURE: throw otherPicture(file)
    case TL_HEIF_NO_LIBRARY: throw .missingLibrary
    default: throw file.malformed("its data are damaged")
    }
  }

  private static func otherPicture(_ file: HEIFFile) -> ImageError {
    file.malformed("a picture in it is not what its description says")
  }
}
