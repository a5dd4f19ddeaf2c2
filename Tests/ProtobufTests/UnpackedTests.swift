import COnnxMessages
import Protobuf
import Testing

@Suite struct UnpackedTests {
  /// The texts of a packed `KeyValue`.
  private func keyValue(
    _ bytes: [UInt8], byteCountMax: Int = 1000, budget: Int = 10_000
  ) throws(ProtobufError) -> [String] {
    let message = try Unpacked(
      bytes.span.bytes, byteCountMax: byteCountMax, budget: budget,
      with: tl__onnx__key_value__unpack)
    return try message.read { message throws(ProtobufError) in
      [try copyText(message.key, field: "key"), try copyText(message.value, field: "value")]
    }
  }

  @Test func `built messages unpack to what was put in`() throws {
    var builder = MessageBuilder()
    let message = builder.message(tl__onnx__key_value__init)
    message.pointee.has_key = 1
    message.pointee.key = builder.bytes("name")
    message.pointee.has_value = 1
    message.pointee.value = builder.bytes("träge")
    #expect(try keyValue(builder.pack(message)) == ["name", "träge"])
  }

  @Test func `an empty message packs to nothing and back`() throws {
    var builder = MessageBuilder()
    let bytes = builder.pack(builder.message(tl__onnx__key_value__init))
    #expect(bytes == [])
    #expect(try keyValue(bytes) == ["", ""])
  }

  @Test func `a builder holds more than one slab`() throws {
    var builder = MessageBuilder()
    let texts = (0..<100).map { String(repeating: "x", count: $0 * 100) }
    let shape = builder.message(tl__onnx__shape__init)
    var dimensions: [UnsafeMutablePointer<Tl__Onnx__Dimension>?] = []
    for text in texts {
      let dimension = builder.message(tl__onnx__dimension__init)
      dimension.pointee.has_dim_param = 1
      dimension.pointee.dim_param = builder.bytes(text)
      dimensions.append(dimension)
    }
    shape.pointee.n_dim = dimensions.count
    shape.pointee.dim = builder.array(dimensions)
    let message = try Unpacked(
      builder.pack(shape).span.bytes, byteCountMax: 1 << 20, budget: 1 << 21,
      with: tl__onnx__shape__unpack)
    let read = try message.read { shape throws(ProtobufError) in
      try mapMessages(shape.dim, count: shape.n_dim) { dimension throws(ProtobufError) in
        try copyText(dimension.dim_param, field: "name")
      }
    }
    #expect(read == texts)
  }

  @Test func `input over the limit isn't unpacked`() {
    #expect(throws: ProtobufError.tooLarge(byteCount: 3, byteCountMax: 2)) {
      try keyValue([0x0a, 1, 0x61], byteCountMax: 2)
    }
  }

  @Test func `every budget too small ends in an error, and some budget suffices`() throws {
    let bytes: [UInt8] = [0x0a, 1, 0x61, 0x12, 1, 0x62, 0x1a, 2, 9, 9, 0x22, 0]
    var sufficient: Int?
    for budget in 0..<1000 {
      do {
        #expect(try keyValue(bytes, budget: budget) == ["a", "b"])
        sufficient = sufficient ?? budget
      } catch {
        #expect(error == .overBudget(byteCountMax: budget))
        #expect(sufficient == nil, "a larger budget failed")
      }
    }
    #expect(sufficient != nil)
  }

  @Test func `truncation is told from nonsense`() {
    #expect(throws: ProtobufError.truncated(atByte: 3)) {
      try keyValue([0x0a, 1, 0x61, 0x12, 5, 0x62])
    }
    #expect(throws: ProtobufError.malformed) { try keyValue([0x07]) }
    #expect(throws: ProtobufError.malformed) { try keyValue([0x08, 1]) }
  }

  @Test func `text with NUL or broken UTF-8 names its field`() {
    #expect(throws: ProtobufError.containsNUL(field: "key")) { try keyValue([0x0a, 1, 0]) }
    #expect(throws: ProtobufError.notUTF8(field: "value")) { try keyValue([0x12, 1, 0xff]) }
  }
}
