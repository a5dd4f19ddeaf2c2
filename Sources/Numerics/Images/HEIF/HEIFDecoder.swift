/// Decodes the primary picture of HEIC and AVIF files (ISO/IEC 23008-12): one picture of HEVC or AV1, or a
/// grid of them as telephones write it, with its opacity, cropped and turned as the file says.
///
/// The file is read here; libde265 and dav1d see the data of single pictures alone. Their standards say
/// every bit of what they decode, and all that follows is arithmetic of integers.
struct HEIFDecoder {
  private let file: HEIFFile

  /// Decodes into `pixels` ([height × width × 4], from its start, grown if needed).
  static func decode(
    _ bytes: [UInt8], as format: ImageFormat, into pixels: inout [UInt8]
  ) throws(ImageError) -> DecodedPicture {
    let decoder = HEIFDecoder(file: try HEIFFile(bytes, as: format))
    return try decoder.decodePrimary(into: &pixels)
  }

  private func decodePrimary(into pixels: inout [UInt8]) throws(ImageError) -> DecodedPicture {
    let item = try file.item(file.primary)
    let properties = try HEIFProperties(of: item, in: file)
    let canvas = try canvas(of: properties)
    grow(&pixels, to: 4 * canvas.width * canvas.height)
    try decode(item, properties, as: .colours, on: canvas, into: &pixels)
    if let opacity = try opacity(of: file.primary) {
      try decode(opacity.item, opacity.properties, as: .opacity, on: canvas, into: &pixels)
      let isPremultiplied = item.references.contains {
        $0.type == "prem" && $0.targets.contains(opacity.id)
      }
      let count = canvas.width * canvas.height
      if isPremultiplied {
        layPremultipliedOverWhite(&pixels, count: count)
      } else {
        layOverWhite(&pixels, count: count)
      }
    }
    var size = (width: canvas.width, height: canvas.height)
    if let aperture = properties.cleanAperture {
      guard let part = aperture.part(of: size) else {
        throw file.malformed("it is cropped to what lies outside, or to parts of pixels")
      }
      canvas.crop(&pixels, columns: part.columns, rows: part.rows)
      size = (part.columns.count, part.rows.count)
    }
    return DecodedPicture(
      width: size.width, height: size.height, orientation: properties.orientation)
  }

  private func canvas(of properties: HEIFProperties) throws(ImageError) -> Canvas {
    guard let size = properties.size, size.width > 0, size.height > 0 else {
      throw file.malformed("it has no pixels")
    }
    try ImageLimits.check(width: size.width, height: size.height)
    return Canvas(width: size.width, height: size.height)
  }

  /// What a picture is to the pixels.
  private enum Part {
    case colours, opacity
  }

  private func decode(
    _ item: HEIFFile.Item, _ properties: HEIFProperties, as part: Part, on canvas: Canvas,
    into pixels: inout [UInt8]
  ) throws(ImageError) {
    let size = try self.canvas(of: properties)
    guard (size.width, size.height) == (canvas.width, canvas.height) else {
      throw file.malformed("its opacity has another size than its colours; convert it to PNG")
    }
    guard !item.isProtected else { throw file.malformed("it is encrypted") }
    guard item.type == "grid" else {
      return try decodeTile(
        item, properties, colours: properties.colours, as: part, on: canvas, left: 0, top: 0,
        into: &pixels)
    }
    let grid = try HEIFGrid(item, canvas, in: file)
    var tileSize: Canvas?
    for (index, id) in grid.tiles.enumerated() {
      let tile = try file.item(id)
      let own = try HEIFProperties(of: tile, in: file)
      let size = try self.canvas(of: own)
      if tileSize == nil { try grid.check(tile: size, on: canvas, in: file) }
      guard size == tileSize ?? size else {
        throw file.malformed("its tiles differ in size")
      }
      tileSize = size
      try decodeTile(
        tile, own, colours: own.colours ?? properties.colours, as: part, on: canvas,
        left: index % grid.columns * size.width, top: index / grid.columns * size.height,
        into: &pixels)
    }
  }

  private func decodeTile(
    _ item: HEIFFile.Item, _ properties: HEIFProperties, colours: HEIFProperties.Colours?,
    as part: Part, on canvas: Canvas, left: Int, top: Int, into pixels: inout [UInt8]
  ) throws(ImageError) {
    guard let size = properties.size else { throw file.malformed("it has no pixels") }
    let picture = try CodedPicture(item, properties, size: size, in: file)
    switch part {
    case .colours:
      let colours = colours ?? picture.colours
      let isWhole = picture.chromaWidth == picture.width && picture.chromaHeight == picture.height
      guard let matrix = ColourMatrix(colours, depth: picture.depth),
        colours.matrix != 0 || isWhole || picture.isGrey
      else {
        throw file.malformed(
          "its colours are of the kind \(colours.matrix), which isn't read; convert it to JPEG")
      }
      canvas.paint(picture, matrix, left: left, top: top, into: &pixels)
    case .opacity:
      // Always of the full range, whatever is said of it.
      let range = HEIFProperties.Colours(matrix: 1, isFullRange: true)
      guard let matrix = ColourMatrix(range, depth: picture.depth) else {
        throw file.malformed("its opacity isn't read")
      }
      canvas.paintOpacity(picture, matrix, left: left, top: top, into: &pixels)
    }
  }

  /// The auxiliary picture that says how opaque another one is.
  private func opacity(
    of id: HEIFFile.ItemID
  ) throws(ImageError) -> (id: HEIFFile.ItemID, item: HEIFFile.Item, properties: HEIFProperties)? {
    let auxiliary = file.items.filter { _, item in
      item.references.contains { $0.type == "auxl" && $0.targets.contains(id) }
    }
    // In an order that is always the same.
    for (auxiliaryID, item) in auxiliary.sorted(by: { $0.key < $1.key }) {
      let properties = try HEIFProperties(of: item, in: file)
      if let type = properties.auxiliaryType, Self.opacityTypes.contains(type) {
        return (auxiliaryID, item, properties)
      }
    }
    return nil
  }

  private static let opacityTypes = [
    "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1",
  ]
}
