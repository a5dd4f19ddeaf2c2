/// What isn't as a FlatBuffer has to be.
public struct FlatBufferDamage: Error, CustomStringConvertible {
  public let description: String

  public init(description: String) { self.description = description }
}

/// A table of a FlatBuffer, read by the numbers of its fields with every check that a verifier makes:
/// all that is referred to lies within the bytes, aligned to its size, and texts end with a NUL.
public struct FlatBufferReader {
  private let bytes: [UInt8]
  private let start: Int
  private let places: [Int]

  /// The root table of a file of a kind.
  public init(_ bytes: [UInt8], identifier: String) throws(FlatBufferDamage) {
    guard bytes.count >= 8, Array(bytes[4..<8]) == Array(identifier.utf8) else {
      throw FlatBufferDamage(description: "it isn't a '\(identifier)' file")
    }
    try self.init(bytes, at: Int(try Self.number(UInt32.self, bytes, at: 0)))
  }

  private init(_ bytes: [UInt8], at start: Int) throws(FlatBufferDamage) {
    let list = start - Int(try Self.number(Int32.self, bytes, at: start))
    let listByteCount = Int(try Self.number(UInt16.self, bytes, at: list))
    let byteCount = Int(try Self.number(UInt16.self, bytes, at: list + 2))
    guard listByteCount >= 4, listByteCount % 2 == 0, start + byteCount <= bytes.count else {
      throw FlatBufferDamage(description: "the table at \(start) is cut off")
    }
    var places: [Int] = []
    for place in stride(from: list + 4, to: list + listByteCount, by: 2) {
      places.append(Int(try Self.number(UInt16.self, bytes, at: place)))
    }
    guard places.allSatisfy({ $0 == 0 || (4..<byteCount).contains($0) }) else {
      throw FlatBufferDamage(description: "a field of the table at \(start) lies outside of it")
    }
    (self.bytes, self.start, self.places) = (bytes, start, places)
  }

  private static func number<Number: FixedWidthInteger>(
    _ type: Number.Type, _ bytes: [UInt8], at place: Int
  ) throws(FlatBufferDamage) -> Number {
    let size = Number.bitWidth / 8
    guard place >= 0, place + size <= bytes.count, place % size == 0 else {
      throw FlatBufferDamage(description: "a number at \(place) is misplaced")
    }
    return bytes[place..<place + size].reversed().reduce(0) {
      $0 << 8 | Number(truncatingIfNeeded: $1)
    }
  }

  private func place(_ field: Int) -> Int? {
    places.indices.contains(field) && places[field] > 0 ? start + places[field] : nil
  }

  /// Nil where the field is absent, here and below.
  public func number<Number: FixedWidthInteger>(
    _ field: Int, _ type: Number.Type
  ) throws(FlatBufferDamage) -> Number? {
    guard let place = place(field) else { return nil }
    return try Self.number(type, bytes, at: place)
  }

  private func target(_ field: Int) throws(FlatBufferDamage) -> Int? {
    guard let place = place(field) else { return nil }
    return place + Int(try Self.number(UInt32.self, bytes, at: place))
  }

  /// Where the elements are, of so many bytes each.
  private func vector(
    _ field: Int, size: Int
  ) throws(FlatBufferDamage) -> (first: Int, count: Int)? {
    guard let target = try target(field) else { return nil }
    let count = Int(try Self.number(UInt32.self, bytes, at: target))
    guard target + 4 + count * size <= bytes.count, (target + 4) % size == 0 else {
      throw FlatBufferDamage(description: "the vector at \(target) is cut off or misplaced")
    }
    return (target + 4, count)
  }

  public func numbers<Number: FixedWidthInteger>(
    _ field: Int, _ type: Number.Type
  ) throws(FlatBufferDamage) -> [Number]? {
    let size = Number.bitWidth / 8
    guard let (first, count) = try vector(field, size: size) else { return nil }
    var result: [Number] = []
    for index in 0..<count {
      result.append(try Self.number(type, bytes, at: first + size * index))
    }
    return result
  }

  /// Bytes, and where they begin.
  public func data(_ field: Int) throws(FlatBufferDamage) -> (bytes: [UInt8], place: Int)? {
    guard let (first, count) = try vector(field, size: 1) else { return nil }
    return (Array(bytes[first..<first + count]), first)
  }

  public func text(_ field: Int) throws(FlatBufferDamage) -> String? {
    guard let (first, count) = try vector(field, size: 1) else { return nil }
    guard first + count < bytes.count, bytes[first + count] == 0,
      let text = String(validating: bytes[first..<first + count], as: UTF8.self)
    else { throw FlatBufferDamage(description: "the text at \(first) has no end") }
    return text
  }

  public func table(_ field: Int) throws(FlatBufferDamage) -> FlatBufferReader? {
    guard let target = try target(field) else { return nil }
    return try FlatBufferReader(bytes, at: target)
  }

  public func tables(_ field: Int) throws(FlatBufferDamage) -> [FlatBufferReader]? {
    guard let (first, count) = try vector(field, size: 4) else { return nil }
    var result: [FlatBufferReader] = []
    for place in (0..<count).map({ first + 4 * $0 }) {
      let target = place + Int(try Self.number(UInt32.self, bytes, at: place))
      result.append(try FlatBufferReader(bytes, at: target))
    }
    return result
  }
}
