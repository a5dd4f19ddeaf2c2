/// Puts files of boxes together (ISO/IEC 23008-12), sound ones and others.
struct HEIFBuilder {
  struct Item {
    var type: String
    var data: [UInt8]
    var properties: [[UInt8]]
    var references: [(type: String, targets: [Int])] = []
    var isProtected = false
  }

  /// By their numbers.
  var items: [Int: Item] = [:]
  var primary = 1
  var brand = "heic"
  /// Of the list of places.
  var locationVersion = 0
  /// Whether data lie beside their description instead of behind it.
  var isWithinMeta = false
  /// Into how many pieces the data of each item are cut.
  var pieceCount = 1
  /// How often the list says which properties each item has.
  var associationCount = 1
  /// Left out.
  var missingBox = ""

  /// A picture of 64 × 64 pixels as `CodedFixtures.hevc` has it.
  static func hevc(properties: [[UInt8]] = []) -> Item {
    Item(
      type: "hvc1", data: CodedFixtures.hevc,
      properties: [
        box("hvcC", CodedFixtures.hevcConfiguration), size(64, 64), colours(matrix: 6),
      ] + properties)
  }

  static func grey(properties: [[UInt8]] = []) -> Item {
    Item(
      type: "hvc1", data: CodedFixtures.grey,
      properties: [box("hvcC", CodedFixtures.greyConfiguration), size(64, 64)] + properties)
  }

  static func size(_ width: Int, _ height: Int) -> [UInt8] {
    box("ispe", [0, 0, 0, 0] + number(width, 4) + number(height, 4))
  }

  static func colours(matrix: Int, isFullRange: Bool = true) -> [UInt8] {
    box("colr", Array("nclx".utf8) + [0, 1, 0, 13, 0, UInt8(matrix), isFullRange ? 0x80 : 0])
  }

  static func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
    number(content.count + 8, 4) + Array(type.utf8) + content
  }

  static func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func number(_ value: Int, _ byteCount: Int) -> [UInt8] { Self.number(value, byteCount) }

  private func full(_ type: String, _ version: Int, _ content: [UInt8]) -> [UInt8] {
    type == missingBox ? [] : Self.box(type, number(version << 24, 4) + content)
  }

  func file() -> [UInt8] {
    let start = Self.box("ftyp", Array("\(brand)\0\0\0\0mif1".utf8))
    let data = items.sorted { $0.key < $1.key }.flatMap(\.value.data)
    if isWithinMeta { return start + meta(dataStart: 0, data: data) }
    // Its length doesn't depend on the places that it names.
    let head = start.count + meta(dataStart: 0, data: nil).count
    return start + meta(dataStart: head + 8, data: nil) + Self.box("mdat", data)
  }

  private func meta(dataStart: Int, data: [UInt8]?) -> [UInt8] {
    let ordered = items.sorted { $0.key < $1.key }
    let entries = ordered.map { id, item in
      full(
        "infe", 2,
        number(id, 2) + number(item.isProtected ? 1 : 0, 2) + Array(item.type.utf8) + [0])
    }
    return full(
      "meta", 0,
      full("hdlr", 0, number(0, 4) + Array("pict".utf8) + number(0, 13))
        + full("pitm", 0, number(primary, 2))
        + full("iinf", 0, number(entries.count, 2) + entries.joined())
        + locations(dataStart) + properties() + references()
        + (data.map { Self.box("idat", $0) } ?? []))
  }

  private func locations(_ dataStart: Int) -> [UInt8] {
    var (position, content) = (dataStart, [UInt8]())
    for (id, item) in items.sorted(by: { $0.key < $1.key }) {
      content += number(id, locationVersion == 2 ? 4 : 2)
      if locationVersion > 0 { content += number(isWithinMeta ? 1 : 0, 2) }
      content += number(0, 2) + number(pieceCount, 2)
      for piece in 0..<pieceCount {
        let end = item.data.count * (piece + 1) / pieceCount
        let length = end - item.data.count * piece / pieceCount
        content += number(position, 4) + number(length, 4)
        position += length
      }
    }
    return full(
      "iloc", locationVersion,
      [0x44, 0] + number(items.count, locationVersion == 2 ? 4 : 2) + content
    )
  }

  private func properties() -> [UInt8] {
    let ordered = items.sorted { $0.key < $1.key }
    var associations: [UInt8] = []
    var index = 0
    for (id, item) in ordered {
      let first = index
      associations += number(id, 2) + number(item.properties.count, 1)
      // All of them essential.
      for _ in item.properties {
        index += 1
        associations.append(0x80 | UInt8(index))
      }
      for _ in 1..<associationCount {
        associations += number(id, 2) + number(item.properties.count, 1)
        associations += (first..<index).map { 0x80 | UInt8($0 + 1) }
      }
    }
    return missingBox == "iprp"
      ? []
      : Self.box(
        "iprp",
        Self.box("ipco", ordered.flatMap { $0.value.properties.joined() })
          + full("ipma", 0, number(items.count * associationCount, 4) + associations))
  }

  private func references() -> [UInt8] {
    let boxes = items.sorted { $0.key < $1.key }.flatMap { id, item in
      item.references.flatMap { reference in
        Self.box(
          reference.type,
          number(id, 2) + number(reference.targets.count, 2)
            + reference.targets.flatMap { number($0, 2) })
      }
    }
    return boxes.isEmpty ? [] : full("iref", 0, boxes)
  }
}
