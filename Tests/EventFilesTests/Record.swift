import EventFiles
import Testing

/// A record of an event file, read by the format's description alone.
struct Record {
  var time = 0.0
  var step: Int64 = 0
  var version: String?
  var tag: String?
  var number: Float?
  var image: [UInt8]?
  var isRestart = false

  static func all(in file: [UInt8]) throws -> [Record] {
    var records: [Record] = []
    var rest = file[...]
    while !rest.isEmpty {
      let length = rest.prefix(8)
      let byteCount = Int(number(length))
      rest = rest.dropFirst(8)
      try #require(UInt32(number(rest.prefix(4))) == CRC32C.masked(length))
      rest = rest.dropFirst(4)
      let message = Array(rest.prefix(byteCount))
      try #require(message.count == byteCount)
      rest = rest.dropFirst(byteCount)
      try #require(UInt32(number(rest.prefix(4))) == CRC32C.masked(message))
      rest = rest.dropFirst(4)
      records.append(try Record(message))
    }
    return records
  }

  private init(_ message: [UInt8]) throws {
    for field in try Field.all(in: message) {
      switch field.number {
      case 1: time = Double(bitPattern: Record.number(field.bytes[...]))
      case 2: step = Int64(field.value)
      case 3: version = String(decoding: field.bytes, as: UTF8.self)
      case 5: try take(summary: field.bytes)
      case 7:
        isRestart = try Field.all(in: field.bytes).contains { $0.number == 1 && $0.value == 1 }
      default: Issue.record("field \(field.number)")
      }
    }
  }

  private mutating func take(summary: [UInt8]) throws {
    for value in try Field.all(in: summary) {
      for field in try Field.all(in: value.bytes) {
        switch field.number {
        case 1: tag = String(decoding: field.bytes, as: UTF8.self)
        case 2: number = Float(bitPattern: UInt32(Record.number(field.bytes[...])))
        case 4: image = try Field.all(in: field.bytes).first { $0.number == 4 }?.bytes
        default: Issue.record("field \(field.number) of a value")
        }
      }
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// A field of a protobuf message.
private struct Field {
  var number: Int
  var value: UInt64 = 0
  var bytes: [UInt8] = []

  static func all(in message: [UInt8]) throws -> [Field] {
    var fields: [Field] = []
    var rest = message[...]
    while !rest.isEmpty {
      let key = try varint(&rest)
      var field = Field(number: Int(key >> 3))
      switch key & 7 {
      case 0: field.value = try varint(&rest)
      case 1: field.bytes = take(8, of: &rest)
      case 2: field.bytes = take(Int(try varint(&rest)), of: &rest)
      case 5: field.bytes = take(4, of: &rest)
      default: Issue.record("wire type \(key & 7)")
      }
      fields.append(field)
    }
    return fields
  }

  private static func take(_ count: Int, of rest: inout ArraySlice<UInt8>) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard let byte = rest.popFirst() else { throw Truncated() }
      value |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { return value }
    }
  }
}

private struct Truncated: Error {}
