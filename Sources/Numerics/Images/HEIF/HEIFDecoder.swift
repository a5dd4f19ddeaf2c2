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
    let canvas = try Canvas(properties, in: file)
    grow(&pixels, to: 4 * canvas.width * canvas.height)
    try decode(item, properties, as: .colours, on: canvas, into: &pixels)
    if let isPremultiplied = try decodeOpacity(of: item, on: canvas, into: &pixels) {
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

  /// What a picture is to the pixels.
  private enum Part {
    case colours, opacity
  }

  private func decode(
    _ item: HEIFFile.Item, _ properties: HEIFProperties, as part: Part, on canvas: Canvas,
    into pixels: inout [UInt8]
  ) throws(ImageError) {
    let size = try Canvas(properties, in: file)
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
    for tile in try grid.places(on: canvas, in: file) {
      try decodeTile(
        tile.item, tile.properties, colours: tile.properties.colours ?? properties.colours,
        as: part,
        on: canvas, left: tile.left, top: tile.top, into: &pixels)
    }
  }

  /// Paints the opacity that the picture, or else some of its tiles, have; nil where there is none.
  ///
  /// - Returns: whether the colours are multiplied by it.
  private func decodeOpacity(
    of item: HEIFFile.Item, on canvas: Canvas, into pixels: inout [UInt8]
  ) throws(ImageError) -> Bool? {
    if let opacity = try file.opacities(of: [file.primary])[file.primary] {
      try decode(opacity.item, opacity.properties, as: .opacity, on: canvas, into: &pixels)
      return opacity.isPremultiplied(in: item)
    }
    guard item.type == "grid" else { return nil }
    let grid = try HEIFGrid(item, canvas, in: file)
    let opacities = try file.opacities(of: Set(grid.tiles))
    guard !opacities.isEmpty else { return nil }
    var premultiplied: Set<Bool> = []
    for tile in try grid.places(on: canvas, in: file) {
      // Tiles without one are opaque.
      guard let opacity = opacities[tile.id] else { continue }
      guard try Canvas(opacity.properties, in: file) == tile.size else {
        throw file.malformed(
          "a tile's opacity has another size than its colours; convert it to PNG")
      }
      try decodeTile(
        opacity.item, opacity.properties, colours: nil, as: .opacity, on: canvas, left: tile.left,
        top: tile.top, into: &pixels)
      premultiplied.insert(opacity.isPremultiplied(in: tile.item))
    }
    guard premultiplied.count == 1 else {
      throw file.malformed("its tiles are multiplied by their opacity in part; convert it to PNG")
    }
    return premultiplied.contains(true)
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
}
