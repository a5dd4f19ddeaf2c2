/// A picture put together from tiles of one size, row after row (ISO/IEC 23008-12, 6.6.2.3).
struct HEIFGrid {
  let columns: Int
  let rows: Int
  /// All of them, rows · columns.
  let tiles: [HEIFFile.ItemID]

  /// - Parameter canvas: what the file says of the whole picture, which the grid has to say as well.
  init(_ item: HEIFFile.Item, _ canvas: Canvas, in file: HEIFFile) throws(ImageError) {
    let data = try file.data(of: item)
    var reader = BoxReader(data, 0..<data.count, of: file.format)
    try reader.skip(1)
    let numberSize = try reader.number(1) & 1 == 0 ? 2 : 4
    rows = try reader.number(1) + 1
    columns = try reader.number(1) + 1
    let size = (try reader.number(numberSize), try reader.number(numberSize))
    guard size == (canvas.width, canvas.height) else {
      throw file.malformed("its grid has another size than it")
    }
    tiles = item.references.first { $0.type == "dimg" }?.targets ?? []
    guard tiles.count == rows * columns else {
      throw file.malformed("its grid has \(rows * columns) places and \(tiles.count) tiles")
    }
  }

  /// The least side of a tile in pixels (ISO/IEC 23000-22, 7.3.11.4.2), which bounds their number.
  private static let tileSideMin = 64

  /// A tile and where it belongs.
  struct Place {
    let id: HEIFFile.ItemID
    let item: HEIFFile.Item
    let properties: HEIFProperties
    let size: Canvas
    let left: Int
    let top: Int
  }

  /// The tiles in their order. One may stand in many places: it is looked up once, and what all places
  /// take of the file together is bounded.
  func places(on canvas: Canvas, in file: HEIFFile) throws(ImageError) -> [Place] {
    var known: [HEIFFile.ItemID: (item: HEIFFile.Item, properties: HEIFProperties, size: Canvas)] =
      [:]
    var (places, byteCount): ([Place], Int) = ([], 0)
    for (index, id) in tiles.enumerated() {
      if known[id] == nil {
        let item = try file.item(id)
        let properties = try HEIFProperties(of: item, in: file)
        known[id] = (item, properties, try Canvas(properties, in: file))
      }
      guard let tile = known[id] else { preconditionFailure("it was just looked up") }
      if index == 0 { try check(tile: tile.size, on: canvas, in: file) }
      guard tile.size == places.first?.size ?? tile.size else {
        throw file.malformed("its tiles differ in size")
      }
      byteCount += try file.dataByteCount(of: tile.item)
      guard byteCount <= 4 * file.bytes.count + Self.repeatedByteCountMax else {
        throw file.malformed("its tiles repeat the same data too often")
      }
      places.append(
        Place(
          id: id, item: tile.item, properties: tile.properties, size: tile.size,
          left: index % columns * tile.size.width, top: index / columns * tile.size.height))
    }
    return places
  }

  /// What tiles that stand in several places may take together beyond four times the file.
  private static let repeatedByteCountMax = 1 << 24

  /// Throws where tiles of that size leave a gap, or where one of them lies outside, which would be
  /// decoded for nothing.
  func check(tile: Canvas, on canvas: Canvas, in file: HEIFFile) throws(ImageError) {
    func fits(_ side: Int, _ count: Int, _ whole: Int) -> Bool {
      side >= Self.tileSideMin && side * count >= whole && side * (count - 1) < whole
    }
    guard fits(tile.width, columns, canvas.width), fits(tile.height, rows, canvas.height) else {
      throw file.malformed("its tiles don't make up its size")
    }
  }
}
