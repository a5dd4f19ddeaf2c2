import RunFiles
import Testing

struct JSONTests {
  private func parse(_ text: String) throws(JSONError) -> JSONValue {
    try JSONValue(decoding: text.utf8)
  }

  @Test func `values come back exactly`() throws {
    let value = JSONValue.object([
      .init("integer", .integer(UInt64.max)),
      .init("double", .double(0.1)),
      .init("tiny", .double(.leastNonzeroMagnitude)),
      .init("not a number", .double(.nan)),
      .init("text", .string("a \"quoted\" \\ line\n\tnull \u{0} é 🌼 \u{7f}")),
      .init("list", .array([.null, .boolean(true), .boolean(false), .array([]), .object([])])),
    ])
    for text in [value.encoded, value.encodedForPeople] {
      let read = try parse(text)
      #expect(read["integer"]?.integer(as: UInt64.self) == .max)
      #expect(read["integer"]?.integer(as: Int64.self) == nil)
      #expect(read["double"]?.double == 0.1)
      #expect(read["tiny"]?.double == .leastNonzeroMagnitude)
      #expect(read == value)
    }
    #expect(value.encoded.hasSuffix("\"list\":[null,true,false,[],{}]}"))
    #expect(!value.encoded.contains("\n"))
  }

  @Test func `what RFC 8259 allows is read`() throws {
    #expect(
      try parse(" [ 1 , -0.5e+3 ,\t\"\\u00e9\\ud83c\\udf3c\\/\\b\\f\\r\" ]\r\n")
        == .array([.number("1"), .number("-0.5e+3"), .string("é🌼/\u{8}\u{c}\r")]))
    #expect(try parse("-0.5e+3").double == -500)
    #expect(try parse("1e999").double == nil)
  }

  @Test(arguments: [
    "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
    "{a:1}", "{1:2}", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "01", "-", "+1", ".5", "1.", "1e",
    "1e+", "0x1", "NaN", "Infinity", "nul", "True", "'a'", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"",
    "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u00+1\"", "\"\n\"", "1 2", "[] []",
    "/**/1",
  ])
  func `what it doesn't is refused`(text: String) {
    #expect(throws: JSONError.self) { try parse(text) }
  }

  @Test func `text that isn't UTF-8 is refused`() {
    for bytes in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]] as [[UInt8]] {
      #expect(throws: JSONError.self) {
        try JSONValue(decoding: [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])
      }
    }
  }

  @Test func `the number of values has a limit`() throws {
    func list(_ count: Int) -> String {
      "[" + String(repeating: "0,", count: count - 1) + "0]"
    }
    // The list itself is one.
    _ = try parse(list(JSONValue.countMax - 1))
    #expect(throws: JSONError.self) { try parse(list(JSONValue.countMax)) }
    #expect(throws: JSONError.self) {
      try parse("[" + String(repeating: "[0,0,0],", count: JSONValue.countMax / 4) + "0]")
    }
  }

  @Test func `nesting has a limit`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(JSONValue.depthMax))
    #expect(throws: JSONError.self) { try parse(nested(JSONValue.depthMax + 1)) }
    #expect(throws: JSONError.self) { try parse(String(repeating: "[{\"a\":", count: 100_000)) }
  }
}
