/// What a HEIF file (ISO/IEC 23008-12) says of its pictures: the items of its `meta` box, their
/// properties and what they refer to. Nothing is decoded here.
struct HEIFFile {
  typealias ItemID = Int

  struct Item {
    /// Four characters: how it is coded or derived from others.
    fileprivate(set) var type = ""
    fileprivate(set) var isProtected = false
    /// Where its data lie in the file, one piece after the other.
    fileprivate(set) var extents: [Range<Int>] = []
    fileprivate(set) var properties: [Association] = []
    fileprivate(set) var references: [Reference] = []
  }

  struct Association {
    /// Which of the file's properties, from 1.
    let index: Int
    /// Whether nobody may show the item who doesn't know the property.
    let isEssential: Bool
  }

  struct Reference {
    let type: String
    let targets: [ItemID]
  }

  let bytes: [UInt8]
  let format: ImageFormat
  private(set) var primary: ItemID = 0
  private(set) var items: [ItemID: Item] = [:]
  /// The boxes of all properties.
  private(set) var properties: [BoxReader.Box] = []
  // What data of an item may lie in beside the file itself.
  private var itemData: Range<Int>?

  init(_ bytes: [UInt8], as format: ImageFormat) throws(ImageError) {
    self.bytes = bytes
    self.format = format
    var reader = BoxReader(bytes, 0..<bytes.count, of: format)
    var isSequence = false
    while let box = try reader.box() {
      if box.type == "meta" {
        try readMeta(box.content)
        return
      }
      if box.type == "moov" { isSequence = true }
    }
    throw isSequence
      ? malformed("it has a sequence and no still picture; take pictures out of it with ffmpeg")
      : malformed("it has no list of pictures")
  }

  func malformed(_ reason: String) -> ImageError { .malformed(format: format, reason: reason) }

  func reader(_ range: Range<Int>) -> BoxReader { BoxReader(bytes, range, of: format) }

  func item(_ id: ItemID) throws(ImageError) -> Item {
    guard let item = items[id] else { throw malformed("it refers to a picture that isn't there") }
    return item
  }

  /// An item's data in one piece.
  func data(of item: Item) throws(ImageError) -> [UInt8] {
    guard !item.extents.isEmpty else { throw malformed("a picture has no data") }
    _ = try dataByteCount(of: item)
    return item.extents.reduce(into: []) { $0 += bytes[$1] }
  }

  /// The number of bytes of an item's data.
  func dataByteCount(of item: Item) throws(ImageError) -> Int {
    // Pieces may overlap, so that a small file could ask for much memory.
    var count = 0
    for extent in item.extents {
      count += extent.count
      guard count <= bytes.count else {
        throw malformed("a picture's data are longer than the file")
      }
    }
    return count
  }

  private mutating func readMeta(_ content: Range<Int>) throws(ImageError) {
    var reader = reader(content)
    _ = try reader.versionAndFlags()
    var boxes: [String: Range<Int>] = [:]
    while let box = try reader.box() {
      // Of several of a kind the first counts.
      if boxes[box.type] == nil { boxes[box.type] = box.content }
    }
    func required(_ type: String) throws(ImageError) -> Range<Int> {
      guard let range = boxes[type] else { throw malformed("its box '\(type)' is missing") }
      return range
    }
    itemData = boxes["idat"]
    try readPrimary(try required("pitm"))
    try readItems(try required("iinf"))
    try readLocations(try required("iloc"))
    try readProperties(try required("iprp"))
    if let references = boxes["iref"] { try readReferences(references) }
  }

  private mutating func readPrimary(_ content: Range<Int>) throws(ImageError) {
    var reader = reader(content)
    let (version, _) = try reader.versionAndFlags()
    primary = try reader.number(version == 0 ? 2 : 4)
  }

  private mutating func readItems(_ content: Range<Int>) throws(ImageError) {
    var reader = reader(content)
    let (version, _) = try reader.versionAndFlags()
    try reader.skip(version == 0 ? 2 : 4)
    while let box = try reader.box() {
      var entry = self.reader(box.content)
      let (version, _) = try entry.versionAndFlags()
      // Older entries have no type and describe no pictures.
      guard box.type == "infe", version >= 2 else { continue }
      let id = try entry.number(version == 2 ? 2 : 4)
      items[id, default: Item()].isProtected = try entry.number(2) != 0
      items[id, default: Item()].type = try entry.fourCharacters()
    }
  }

  private mutating func readLocations(_ content: Range<Int>) throws(ImageError) {
    var reader = reader(content)
    let (version, _) = try reader.versionAndFlags()
    guard version <= 2 else { throw malformed("its list of places is of a newer version") }
    let sizes = try reader.number(2)
    let (offsetSize, lengthSize) = (sizes >> 12, sizes >> 8 & 15)
    let (baseSize, indexSize) = (sizes >> 4 & 15, version == 0 ? 0 : sizes & 15)
    guard max(offsetSize, lengthSize, baseSize, indexSize) <= 8 else {
      throw malformed("its list of places has numbers of more than 64 bits")
    }
    for _ in 0..<(try reader.number(version < 2 ? 2 : 4)) {
      let id = try reader.number(version < 2 ? 2 : 4)
      let method = version == 0 ? 0 : try reader.number(2) & 15
      let isElsewhere = try reader.number(2) != 0
      let base = try reader.number(baseSize)
      let count = try reader.number(2)
      guard count <= 1 || offsetSize + lengthSize > 0 else {
        throw malformed("its list of places has pieces without a place")
      }
      for _ in 0..<count {
        try reader.skip(indexSize)
        let offset = try reader.number(offsetSize)
        let length = try reader.number(lengthSize)
        // Other items' places don't matter as long as nobody asks for them.
        guard items[id] != nil, !isElsewhere, let whole = part(method) else { continue }
        let (start, isOverflow) = base.addingReportingOverflow(offset)
        guard !isOverflow, start <= whole.count, length <= whole.count - start else {
          throw .prematureEnd(format: format)
        }
        let lower = whole.lowerBound + start
        // Without a length it is all that follows.
        items[id]!.extents.append(lower..<(length == 0 ? whole.upperBound : lower + length))
      }
    }
  }

  /// What places are counted in, by the number of the method; nil for one that no picture uses.
  private func part(_ method: Int) -> Range<Int>? {
    switch method {
    case 0: 0..<bytes.count
    case 1: itemData
    default: nil
    }
  }

  private mutating func readProperties(_ content: Range<Int>) throws(ImageError) {
    var reader = reader(content)
    while let box = try reader.box() {
      switch box.type {
      case "ipco":
        var container = self.reader(box.content)
        while let property = try container.box() { properties.append(property) }
      case "ipma": try readAssociations(box.content)
      default: break
      }
    }
  }

  private mutating func readAssociations(_ content: Range<Int>) throws(ImageError) {
    var reader = reader(content)
    let (version, flags) = try reader.versionAndFlags()
    let isWide = flags & 1 != 0
    for _ in 0..<(try reader.number(4)) {
      let id = try reader.number(version == 0 ? 2 : 4)
      for _ in 0..<(try reader.number(1)) {
        let value = try reader.number(isWide ? 2 : 1)
        let mark = isWide ? 0x8000 : 0x80
        // 0 stands for no property.
        guard value & (mark - 1) != 0 else { continue }
        items[id]?.properties.append(
          Association(index: value & (mark - 1), isEssential: value & mark != 0))
        // An entry has no more; a file could name an item in many.
        guard items[id]?.properties.count ?? 0 <= 255 else {
          throw malformed("a picture has more than 255 properties")
        }
      }
    }
  }

  private mutating func readReferences(_ content: Range<Int>) throws(ImageError) {
    var reader = reader(content)
    let (version, _) = try reader.versionAndFlags()
    let idSize = version == 0 ? 2 : 4
    while let box = try reader.box() {
      var entry = self.reader(box.content)
      let source = try entry.number(idSize)
      var targets: [ItemID] = []
      for _ in 0..<(try entry.number(2)) { targets.append(try entry.number(idSize)) }
      items[source]?.references.append(Reference(type: box.type, targets: targets))
    }
  }
}
