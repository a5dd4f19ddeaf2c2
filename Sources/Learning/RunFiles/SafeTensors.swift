import Digest

/// A file of named float32 tensors and of texts about them, in the safetensors format: eight bytes
/// with the length of a JSON header (little-endian), the header, padded with spaces to a multiple
/// of eight, and the tensors, one after the other without gaps.
///
/// The text `sha256` seals it: the digest of the whole file with these 64 digits set to 0.
struct SafeTensors: Equatable {
  struct Tensor: Equatable {
    var name: String
    var shape: [Int]
    var values: [Float]
  }

  struct Text: Equatable {
    var name: String
    var value: String
  }

  /// Written in this order.
  var tensors: [Tensor]
  /// Without the seal. Written in this order.
  var texts: [Text]

  /// Beyond the names of 65,535 classes of 200 bytes each.
  static let headerByteCountMax = 1 << 24
  /// The head of `HeadShape.parameterCountMax` and two slots of the optimizer, with the header.
  static let byteCountMax = 3 << 28 + headerByteCountMax + 8

  private static let sealName = Array("\"sha256\":\"".utf8)
  private static let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 64)

  /// Why bytes aren't such a file.
  struct Damage: Error, Equatable {
    let reason: String
  }

  func text(_ name: String) -> String? { texts.first { $0.name == name }?.value }

  func tensor(_ name: String) -> Tensor? { tensors.first { $0.name == name } }

  func encoded() -> [UInt8] {
    let seal = String(decoding: Self.zeros, as: UTF8.self)
    let texts = [Text(name: "sha256", value: seal)] + texts
    var members = [
      JSONValue.Member(
        "__metadata__", .object(texts.map { .init($0.name, .string($0.value)) }))
    ]
    var offset = 0
    for tensor in tensors {
      precondition(tensor.shape.reduce(1, *) == tensor.values.count)
      let end = offset + 4 * tensor.values.count
      members.append(
        .init(
          tensor.name,
          .object([
            .init("dtype", .string("F32")),
            .init("shape", .array(tensor.shape.map { .integer($0) })),
            .init("data_offsets", .array([.integer(offset), .integer(end)])),
          ])))
      offset = end
    }
    var header = Array(JSONValue.object(members).encoded.utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    precondition(header.count <= Self.headerByteCountMax)

    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + offset)
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: UInt64(header.count) >> UInt64(shift)))
    }
    bytes += header
    for tensor in tensors {
      for value in tensor.values {
        let pattern = value.bitPattern
        bytes.append(UInt8(truncatingIfNeeded: pattern))
        bytes.append(UInt8(truncatingIfNeeded: pattern >> 8))
        bytes.append(UInt8(truncatingIfNeeded: pattern >> 16))
        bytes.append(UInt8(truncatingIfNeeded: pattern >> 24))
      }
    }
    let place = Self.sealPlace(in: bytes[8..<8 + header.count])
    precondition(place != nil, "the header was written above")
    if let place {
      let digest = ContentDigest.sha256(bytes)
      bytes.replaceSubrange(place, with: digest.description.utf8)
    }
    return bytes
  }

  init(tensors: [Tensor], texts: [Text]) {
    self.tensors = tensors
    self.texts = texts
  }

  /// Reads what `encoded` wrote, and only that: the seal is checked before anything else is looked
  /// at.
  init(decoding bytes: [UInt8]) throws(Damage) {
    let headerEnd = try Self.checkSeal(bytes)
    let header: JSONValue
    do {
      header = try JSONValue(decoding: bytes[8..<headerEnd])
    } catch {
      throw Damage(reason: "its header is not JSON: \(error)")
    }
    guard let members = header.members, let metadata = header["__metadata__"]?.members else {
      throw Damage(reason: "its header has no __metadata__")
    }
    texts = []
    for member in metadata where member.name != "sha256" {
      guard let value = member.value.string else {
        throw Damage(reason: "'\(member.name)' is not a text")
      }
      texts.append(Text(name: member.name, value: value))
    }
    tensors = []
    var offset = 0
    for member in members where member.name != "__metadata__" {
      let tensor = try Self.tensor(member, data: bytes[headerEnd...], offset: &offset)
      tensors.append(tensor)
    }
    guard headerEnd + offset == bytes.count else {
      throw Damage(reason: "\(bytes.count - headerEnd - offset) bytes belong to no tensor")
    }
  }

  /// Checks length and digest; returns where the header ends.
  private static func checkSeal(_ bytes: [UInt8]) throws(Damage) -> Int {
    guard bytes.count >= 8 else { throw Damage(reason: "it ends within its first 8 bytes") }
    var headerCount: UInt64 = 0
    for byte in bytes[..<8].reversed() { headerCount = headerCount << 8 | UInt64(byte) }
    guard headerCount <= UInt64(headerByteCountMax), headerCount % 8 == 0 else {
      throw Damage(reason: "a header of \(headerCount) bytes can't be")
    }
    let headerEnd = 8 + Int(headerCount)
    guard headerEnd <= bytes.count else { throw Damage(reason: "it ends within its header") }
    guard let place = sealPlace(in: bytes[8..<headerEnd]),
      let expected = ContentDigest(hex: String(decoding: bytes[place], as: UTF8.self))
    else { throw Damage(reason: "its header has no sha256") }
    var blank = bytes
    blank.replaceSubrange(place, with: zeros)
    // Digits are lower case, so that every bit of the file counts.
    guard ContentDigest.sha256(blank) == expected,
      bytes[place].elementsEqual(expected.description.utf8)
    else { throw Damage(reason: "its bytes don't have the sha256 that it names") }
    return headerEnd
  }

  /// Where the digits of the seal are, if there is just one. The sought bytes can't be part of a
  /// name or text: within those, quotation marks have a backslash before them.
  private static func sealPlace(in header: ArraySlice<UInt8>) -> Range<Int>? {
    var found: Range<Int>?
    let quote = UInt8(ascii: "\"")
    for start in header.indices where header[start] == quote {
      let digits = start + sealName.count
      let end = digits + zeros.count
      guard end < header.endIndex, header[end] == quote,
        header[start..<digits].elementsEqual(sealName)
      else { continue }
      if found != nil { return nil }
      found = digits..<end
    }
    return found
  }

  private static func tensor(
    _ member: JSONValue.Member, data: ArraySlice<UInt8>, offset: inout Int
  ) throws(Damage) -> Tensor {
    func damage(_ reason: String) -> Damage {
      Damage(reason: "tensor '\(member.name)' \(reason)")
    }
    guard let fields = member.value.members, fields.count == 3,
      member.value["dtype"]?.string == "F32"
    else { throw damage("is not of dtype F32") }
    guard let sizes = member.value["shape"]?.array,
      let offsets = member.value["data_offsets"]?.array,
      offsets.count == 2, let start = offsets[0].integer(as: Int.self),
      let end = offsets[1].integer(as: Int.self)
    else { throw damage("has no shape or data_offsets") }
    guard start == offset, end >= start, end <= data.count else {
      throw damage("doesn't lie where the one before it ends")
    }
    var shape: [Int] = []
    var count = 1
    for size in sizes {
      guard let size = size.integer(as: Int.self), size > 0 else { throw damage("has no size") }
      let product = count.multipliedReportingOverflow(by: size)
      guard !product.overflow, product.partialValue <= data.count else {
        throw damage("is larger than the file")
      }
      count = product.partialValue
      shape.append(size)
    }
    guard end - start == 4 * count else { throw damage("has data of another size than its shape") }
    offset = end
    var values: [Float] = []
    values.reserveCapacity(count)
    for place in stride(from: data.startIndex + start, to: data.startIndex + end, by: 4) {
      let pattern =
        UInt32(data[place]) | UInt32(data[place + 1]) << 8 | UInt32(data[place + 2]) << 16
        | UInt32(data[place + 3]) << 24
      values.append(Float(bitPattern: pattern))
    }
    return Tensor(name: member.name, shape: shape, values: values)
  }
}
