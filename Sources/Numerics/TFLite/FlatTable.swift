/// A table of a FlatBuffer as a value: its fields by their numbers in the schema.
///
/// A field that isn't set is absent, which readers take for its default. The format:
/// https://flatbuffers.dev/internals/.
struct FlatTable {
  enum Field {
    case int8(Int8)
    case uint8(UInt8)
    case bool(Bool)
    case int32(Int32)
    case uint32(UInt32)
    case float32(Float)
    case text(String)
    /// Bytes that begin at a multiple of `alignment`, which is 4, 8 or 16, of the whole buffer.
    case bytes([UInt8], alignment: Int = 4)
    case int32s([Int32])
    case int64s([Int64])
    case float32s([Float])
    case table(FlatTable)
    case tables([FlatTable])
  }

  private var fields: [(number: Int, field: Field)] = []

  /// - Parameter fields: by their numbers, from 0
  init(_ fields: KeyValuePairs<Int, Field> = [:]) {
    for (number, field) in fields { set(number, field) }
  }

  /// Sets the field of a number, which has none.
  mutating func set(_ number: Int, _ field: Field) {
    precondition(number >= 0 && !fields.contains { $0.number == number })
    fields.append((number, field))
  }

  /// The buffer whose root is this table; the same value gives the same bytes.
  ///
  /// - Parameter identifier: four characters that tell what kind of file it is
  func encoded(identifier: String) -> [UInt8] {
    precondition(identifier.utf8.count == 4)
    var writer = FlatWriter()
    let root = writer.placeholder()
    writer.bytes += identifier.utf8
    writer.point(root, to: write(&writer))
    return writer.bytes
  }

  /// Appends the table and, behind it, all that it refers to.
  ///
  /// - Returns: where it begins
  private func write(_ writer: inout FlatWriter) -> Int {
    // Its own offset first, then what takes four bytes, then what takes one: nothing needs padding.
    let places = places()
    let byteCount = places.reduce(4) { $0 + $1.field.inlineByteCount }
    let slots = (fields.map(\.number).max() ?? -1) + 1
    // The list of places stands before the table, which refers to it by how far back it is.
    writer.align(to: 2)
    let list = writer.bytes.count
    writer.append(UInt16(4 + 2 * slots))
    writer.append(UInt16(byteCount))
    for number in 0..<slots {
      writer.append(UInt16(places.first { $0.number == number }?.offset ?? 0))
    }
    writer.align(to: 4)
    let start = writer.bytes.count
    writer.append(UInt32(start - list))
    var references: [(place: Int, field: Field)] = []
    for (_, _, field) in places {
      if field.isReference {
        references.append((writer.placeholder(), field))
      } else {
        field.writeInline(&writer)
      }
    }
    for (place, field) in references { field.write(&writer, from: place) }
    return start
  }

  /// Its fields in the order in which they are written, and how far from its beginning.
  private func places() -> [(number: Int, offset: Int, field: Field)] {
    var offset = 4
    let large = fields.filter { $0.field.inlineByteCount == 4 }
    let small = fields.filter { $0.field.inlineByteCount == 1 }
    return (large + small).map { number, field in
      defer { offset += field.inlineByteCount }
      return (number, offset, field)
    }
  }
}

extension FlatTable.Field {
  /// What it takes within its table: 1 or 4.
  fileprivate var inlineByteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    default: 4
    }
  }

  fileprivate var isReference: Bool {
    switch self {
    case .int8, .uint8, .bool, .int32, .uint32, .float32: false
    case .text, .bytes, .int32s, .int64s, .float32s, .table, .tables: true
    }
  }

  fileprivate func writeInline(_ writer: inout FlatWriter) {
    switch self {
    case .int8(let value): writer.append(UInt8(bitPattern: value))
    case .uint8(let value): writer.append(value)
    case .bool(let value): writer.append(value ? 1 as UInt8 : 0)
    case .int32(let value): writer.append(UInt32(bitPattern: value))
    case .uint32(let value): writer.append(value)
    case .float32(let value): writer.append(value.bitPattern)
    case .text, .bytes, .int32s, .int64s, .float32s, .table, .tables:
      preconditionFailure("it stands elsewhere")
    }
  }

  /// Appends what is referred to from a place.
  fileprivate func write(_ writer: inout FlatWriter, from place: Int) {
    switch self {
    case .text(let text):
      writer.beginVector(text.utf8.count, alignment: 4, from: place)
      writer.bytes += text.utf8
      writer.bytes.append(0)
    case .bytes(let bytes, let alignment):
      writer.beginVector(bytes.count, alignment: alignment, from: place)
      writer.bytes += bytes
    case .int32s(let values):
      writer.beginVector(values.count, alignment: 4, from: place)
      for value in values { writer.append(UInt32(bitPattern: value)) }
    case .int64s(let values):
      writer.beginVector(values.count, alignment: 8, from: place)
      for value in values { writer.append(UInt64(bitPattern: value)) }
    case .float32s(let values):
      writer.beginVector(values.count, alignment: 4, from: place)
      for value in values { writer.append(value.bitPattern) }
    case .table(let table): writer.point(place, to: table.write(&writer))
    case .tables(let tables):
      writer.beginVector(tables.count, alignment: 4, from: place)
      let places = tables.map { _ in writer.placeholder() }
      for (place, table) in zip(places, tables) { writer.point(place, to: table.write(&writer)) }
    case .int8, .uint8, .bool, .int32, .uint32, .float32:
      preconditionFailure("it stands in its table")
    }
  }
}

/// The bytes of a buffer, from its beginning on, so that whatever is referred to stands behind.
private struct FlatWriter {
  var bytes: [UInt8] = []

  /// Appends a number in little-endian order.
  mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
    var rest = UInt64(value)
    for _ in 0..<value.bitWidth / 8 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  mutating func align(to alignment: Int) {
    while bytes.count % alignment != 0 { bytes.append(0) }
  }

  /// Appends room for a reference; returns where it is.
  mutating func placeholder() -> Int {
    defer { append(0 as UInt32) }
    return bytes.count
  }

  /// Lets the reference at a place point further on.
  mutating func point(_ place: Int, to target: Int) {
    guard let distance = UInt32(exactly: target - place) else {
      preconditionFailure("what is referred to stands behind, within 4 GB")
    }
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: distance >> (8 * index)) }
  }

  /// Appends the length of a vector so that its elements begin at a multiple of `alignment`.
  mutating func beginVector(_ count: Int, alignment: Int, from place: Int) {
    while (bytes.count + 4) % alignment != 0 || bytes.count % 4 != 0 { bytes.append(0) }
    point(place, to: bytes.count)
    append(UInt32(count))
  }
}
