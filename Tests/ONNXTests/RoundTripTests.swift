import ONNX
import Testing

@Suite struct RoundTripTests {
  @Test func `what is written is read back the same`() throws {
    #expect(try OnnxModel(decoding: sampleModel.encoded()) == sampleModel)
  }

  @Test func `the same model gives the same bytes`() {
    #expect(sampleModel.encoded() == sampleModel.encoded())
  }

  @Test func `attributes are found by name and type`() throws {
    let node = sampleModel.nodes[0]
    #expect(try node.int("group") == -3)
    #expect(try node.float("alpha") == 0)
    #expect(try node.string("mode") == "größe")
    #expect(try node.ints("pads")?.count == 5)
    #expect(try node.tensor("value")?.ints == [7])
    #expect(try node.int("absent") == nil)
    #expect(
      throws: OnnxError.attributeType(
        node: "Conv node 'first'", attribute: "pads", expected: "an integer")
    ) { try node.int("pads") }
  }

  @Test func `metadata and the standard operator set are found`() {
    #expect(sampleModel.metadata("preprocess") == "x / 127.5 − 1")
    #expect(sampleModel.metadata("absent") == nil)
    #expect(sampleModel.standardOperatorSet == 13)
  }

  @Test func `typed data fields mean the same as raw data`() throws {
    let name = Field.text(8, "t")
    let cases: [(fields: [UInt8], elements: OnnxTensor.Elements)] = [
      // Packed, as the format demands, and one field an element, as some writers do.
      (
        Field.number(1, 2) + Field.number(2, 1) + Field.bytes(4, [0, 0, 128, 63, 0, 0, 0, 64]),
        .float32([1, 2])
      ),
      (
        Field.number(1, 2) + Field.number(2, 1) + [4 << 3 | 5, 0, 0, 128, 63]
          + [4 << 3 | 5, 0, 0, 0, 64],
        .float32([1, 2])
      ),
      (Field.number(1, 2) + Field.number(2, 7) + Field.bytes(7, [5, 6]), .int64([5, 6])),
      (Field.bytes(1, [2]) + Field.number(2, 6) + Field.bytes(5, [5, 6]), .int32([5, 6])),
      (
        Field.number(1, 1) + Field.number(2, 3) + Field.number(5, UInt64(bitPattern: -7)),
        .int8([-7])
      ),
      (Field.number(1, 1) + Field.number(2, 2) + Field.bytes(5, [0xff, 0x01]), .uint8([255])),
      (Field.number(1, 1) + Field.number(2, 10) + Field.number(5, 0x3c00), .float32([1])),
    ]
    for (fields, elements) in cases {
      let model = try OnnxModel(decoding: Field.model(tensor: fields + name))
      #expect(model.initializers[0].elements == elements)
    }
  }

  @Test func `every half-precision number becomes the float32 of its value`() throws {
    let halves = (0...UInt16.max).map { $0 }
    let raw = halves.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let model = try OnnxModel(
      decoding: Field.model(
        tensor: Field.number(1, 65536) + Field.number(2, 10) + Field.bytes(9, raw)))
    let floats = try #require(model.initializers[0].floats)
    for (half, float) in zip(halves, floats) {
      let expected = Float(Float16(bitPattern: half))
      #expect(
        expected.isNaN ? float.isNaN : float.bitPattern == expected.bitPattern, "half \(half)")
    }
  }
}
