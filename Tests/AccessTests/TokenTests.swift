import Access
import Testing
import ZeroMQ

@Suite struct TokenTests {
  @Test func `a token comes back as it went, with spaces and line ends around it`() throws {
    for _ in 0..<50 {
      let token = Token(server: try generateKeys().publicKey, keys: try generateKeys())
      #expect(try Token(token.text) == token)
      #expect(try Token(" \(token.text)\r\n") == token)
    }
  }

  @Test func `every slip of the hand is noticed`() throws {
    let text = Token(server: try generateKeys().publicKey, keys: try generateKeys()).text
    for place in text.indices {
      var other = text
      other.remove(at: place)
      #expect(throws: AccessError.self, "without \(place)") { try Token(other) }
      other.insert(text[place] == "A" ? "B" : "A", at: place)
      #expect(throws: AccessError.self, "changed at \(place)") { try Token(other) }
    }
    for other in ["", "tl1_", text + "A", "ipc://x", String(repeating: "tl1_", count: 1_000)] {
      #expect(throws: AccessError.self) { try Token(other) }
    }
  }
}
