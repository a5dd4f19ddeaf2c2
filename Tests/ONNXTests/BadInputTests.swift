import ONNX
import Testing

@Suite struct BadInputTests {
  @Test func `a file cut off at any byte is an error or a model, never a crash`() {
    let bytes = sampleModel.encoded()
    for count in 0..<bytes.count {
      #expect(throws: OnnxError.self, "\(count) bytes") {
        let model = try OnnxModel(decoding: Array(bytes[..<count]))
        // A cut between two fields of the model itself leaves a file that is whole but shorter.
        if model != sampleModel { throw OnnxError.notAModel }
      }
    }
  }

  @Test func `a file cut off in its weights says so`() {
    let bytes = sampleModel.encoded()
    #expect(throws: OnnxError.file(.truncated(atByte: 0))) {
      try OnnxModel(decoding: [0x3a, 0x7f])
    }
    var thrown: String?
    do { _ = try OnnxModel(decoding: Array(bytes.dropLast(40))) } catch { thrown = "\(error)" }
    #expect(thrown?.contains("cut off") == true, "\(thrown ?? "no error")")
  }

  @Test(arguments: [
    Array("P6\n640 480\n255\n".utf8), [0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46],
    Array("{\"classes\": 5}".utf8), [], [0], [8, 8],
  ])
  func `other files are refused`(bytes: [UInt8]) {
    #expect(throws: OnnxError.self) { try OnnxModel(decoding: bytes) }
  }

  /// The start of a ZIP archive whose first member has that name.
  private static func archive(_ name: String) -> [UInt8] {
    var bytes: [UInt8] = [0x50, 0x4b, 3, 4]
    bytes += [UInt8](repeating: 0, count: 22)
    bytes += [UInt8(name.utf8.count), 0, 0, 0]
    bytes += Array(name.utf8)
    bytes += [UInt8](repeating: 7, count: 8)
    return bytes
  }

  private static func text(after start: [UInt8] = [], _ text: String) -> [UInt8] {
    start + Array(text.utf8)
  }

  private static let others: [(bytes: [UInt8], format: OtherFormat)] = [
    (archive("archive/data.pkl"), .pyTorch),
    ([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc], .pyTorch),
    (archive("metadata.json"), .keras),
    (archive("model.onnx"), .archive),
    (text(after: [0x89], "HDF\r\n"), .hdf5),
    (text(after: [0x1c, 0, 0, 0], "TFL3"), .tensorFlowLite),
    ([8, 1, 0x12, 4, 0x0a, 2, 0x2a, 0], .savedModel),
    (text(after: [0x40, 1, 0, 0, 0, 0, 0, 0], "{\"conv.weight\":"), .safetensors),
    (text("version https://git-lfs.github.com/spec/v1\n"), .gitPointer),
    (text(after: [0xef, 0xbb, 0xbf, 0x0a], "<!DOCTYPE html><html>"), .webPage),
    ([0xff, 0xd8, 0xff, 0xe0, 0, 16], .picture),
  ]

  @Test func `a file of another kind is told what it is, and how to convert it`() {
    for (bytes, format) in Self.others {
      #expect(throws: OnnxError.otherFormat(format)) { try OnnxModel(decoding: bytes) }
      let text = OnnxError.otherFormat(format).description
      #expect(text.contains(format.name) && text.contains(format.remedy))
    }
  }

  @Test func `data that don't fill the shape name the tensor`() {
    let tensor =
      Field.number(1, 3) + Field.number(2, 1) + Field.text(8, "stem")
      + Field.bytes(9, [0, 0, 0, 0])
    #expect(
      throws: OnnxError.dataLength(
        tensor: "stem", dimensions: [3], byteCount: 4, byteCountExpected: 12)
    ) { try OnnxModel(decoding: Field.model(tensor: tensor)) }
  }

  @Test(arguments: [
    [UInt64.max], [1 << 62, 1 << 62], [1 << 61], [0, UInt64.max],
    Array(repeating: 1, count: 17),
  ])
  func `impossible shapes are refused`(dimensions: [UInt64]) {
    let tensor = dimensions.flatMap { Field.number(1, $0) } + Field.number(2, 1)
    #expect(
      throws: OnnxError.dimensions(
        tensor: "", dimensions: dimensions.map { Int64(bitPattern: $0) })
    ) { try OnnxModel(decoding: Field.model(tensor: tensor)) }
  }

  @Test func `weights in another file are read from it, or refused`() throws {
    func entry(_ key: String, _ value: String) -> [UInt8] {
      Field.bytes(13, Field.text(1, key) + Field.text(2, value))
    }
    let tensor = Field.number(1, 1) + Field.number(2, 1) + Field.text(8, "stem")
    func read(_ fields: [UInt8], file: [UInt8]?) throws(OnnxError) -> [Float]? {
      let bytes = Field.model(tensor: tensor + fields)
      return try OnnxModel(decoding: bytes) { $0 == "weights.bin" ? file : nil }
        .initializers[0].floats
    }
    let place = entry("location", "weights.bin") + entry("offset", "2") + entry("length", "4")
    #expect(try read(place, file: [9, 9, 0, 0, 128, 63]) == [1])
    let refused: [([UInt8], [UInt8]?)] = [
      (place, nil), (place, [9, 9, 0, 0, 128]), (place, []),
      (entry("location", "../weights.bin"), [0, 0, 128, 63]),
      (entry("location", "weights.bin") + entry("offset", "-1"), [0, 0, 128, 63]),
      (entry("location", "weights.bin") + entry("offset", "9223372036854775807"), [0]),
      (entry("location", "weights.bin") + entry("length", "x"), [0, 0, 128, 63]),
      (entry("offset", "0"), [0, 0, 128, 63]),
    ]
    for (fields, file) in refused {
      #expect(throws: OnnxError.externalData(tensor: "stem")) { try read(fields, file: file) }
    }
  }

  @Test func `the value of a node may lie in another file, too`() throws {
    let location = Field.bytes(13, Field.text(1, "location") + Field.text(2, "weights.bin"))
    let tensor = Field.number(1, 1) + Field.number(2, 1) + location
    let attribute = Field.text(1, "value") + Field.bytes(5, tensor) + Field.number(20, 4)
    let node = Field.text(2, "x") + Field.text(4, "Constant") + Field.bytes(5, attribute)
    let bytes = Field.number(1, 8) + Field.bytes(7, Field.bytes(1, node))
    let model = try OnnxModel(decoding: bytes) { $0 == "weights.bin" ? [0, 0, 128, 63] : nil }
    guard case .tensor(let value)? = model.nodes[0].attributes.first?.value else {
      Issue.record("\(model.nodes)")
      return
    }
    #expect(value.floats == [1])
    #expect(throws: OnnxError.externalData(tensor: "")) { try OnnxModel(decoding: bytes) }
  }

  @Test func `a model whose weights lie elsewhere becomes one file`() throws {
    let tensor = Field.number(1, 1) + Field.number(2, 1) + Field.text(8, "stem")
    let location = Field.bytes(13, Field.text(1, "location") + Field.text(2, "weights.bin"))
    let bytes = Field.model(tensor: tensor + location)
    let whole = try OnnxModel.selfContained(bytes) { _ in [0, 0, 128, 63] }
    #expect(try OnnxModel(decoding: whole).initializers[0].floats == [1])
    #expect(try OnnxModel.selfContained(whole) { _ in nil } == whole)
  }

  @Test func `weights in an unnamed file are refused`() {
    let location = Field.bytes(13, Field.text(1, "location") + Field.text(2, "weights.bin"))
    for fields in [Field.number(14, 1), location] {
      let tensor = Field.number(1, 1) + Field.number(2, 1) + Field.text(8, "stem") + fields
      #expect(throws: OnnxError.externalData(tensor: "stem")) {
        try OnnxModel(decoding: Field.model(tensor: tensor))
      }
    }
  }

  @Test func `a dimension of -1 is a free one, and what is less is refused`() throws {
    func model(_ extent: Int64) -> [UInt8] {
      let dimension = Field.number(1, UInt64(bitPattern: extent))
      let tensor = Field.number(1, 1) + Field.bytes(2, Field.bytes(1, dimension))
      let input = Field.text(1, "x") + Field.bytes(2, Field.bytes(1, tensor))
      return Field.bytes(7, Field.bytes(11, input))
    }
    #expect(try OnnxModel(decoding: model(7)).inputs[0].dimensions == [.fixed(7)])
    #expect(try OnnxModel(decoding: model(-1)).inputs[0].dimensions == [.unknown])
    #expect(throws: OnnxError.dimensions(tensor: "x", dimensions: [-2])) {
      try OnnxModel(decoding: model(-2))
    }
  }

  @Test func `an unknown element type is refused by its number`() {
    let tensor = Field.number(1, 1) + Field.number(2, 16) + Field.text(8, "t")
    #expect(throws: OnnxError.elementType(tensor: "t", number: 16)) {
      try OnnxModel(decoding: Field.model(tensor: tensor))
    }
  }

  @Test func `an element outside its type's range is refused`() {
    let tensor = Field.number(1, 1) + Field.number(2, 3) + Field.number(5, 128)
    #expect(throws: OnnxError.elementRange(tensor: "")) {
      try OnnxModel(decoding: Field.model(tensor: tensor))
    }
  }

  @Test func `two constants of one name are refused`() {
    let tensor = Field.bytes(
      5, Field.number(1, 0) + Field.number(2, 1) + Field.text(8, "twice"))
    #expect(throws: OnnxError.duplicateName("twice")) {
      try OnnxModel(decoding: Field.bytes(7, tensor + tensor))
    }
  }

  @Test func `names with NUL or broken UTF-8 are refused`() {
    for (name, error) in [
      ([0x61, 0, 0x62], OnnxError.file(.containsNUL(field: "graph name"))),
      ([0xc3, 0x28], OnnxError.file(.notUTF8(field: "graph name"))),
    ] as [([UInt8], OnnxError)] {
      #expect(throws: error) { try OnnxModel(decoding: Field.bytes(7, Field.bytes(2, name))) }
    }
  }

  @Test func `a small file that would inflate to gigabytes is refused`() {
    // Each empty node takes two bytes here and some two hundred in memory.
    let nodes = [UInt8](repeating: 0, count: 4 << 20).enumerated().map {
      $0.offset & 1 == 0 ? UInt8(1 << 3 | 2) : 0
    }
    let bytes = Field.bytes(7, nodes)
    #expect(throws: OnnxError.file(.overBudget(byteCountMax: 8 * bytes.count + (16 << 20)))) {
      try OnnxModel(decoding: bytes)
    }
  }

  @Test func `a graph nested in attributes is skipped, however deep`() throws {
    var graph: [UInt8] = []
    for _ in 0..<2000 { graph = Field.bytes(1, Field.bytes(5, Field.bytes(6, graph))) }
    let attribute = Field.text(1, "then_branch") + Field.number(20, 5) + Field.bytes(6, graph)
    let node = Field.text(4, "If") + Field.bytes(5, attribute)
    let model = try OnnxModel(decoding: Field.bytes(7, Field.bytes(1, node)))
    #expect(model.nodes[0].attributes == [OnnxAttribute("then_branch", .unsupported(kind: 5))])
  }
}
