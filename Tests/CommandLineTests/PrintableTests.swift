import CommandLine
import Testing

@Suite struct `Printable text` {
  @Test func `has no control characters`() {
    #expect(printable("a\u{1B}[31mb\nc\u{202E}") == "a?[31mb?c?")
  }

  @Test func `loses its middle where it is long, and keeps what to do`() {
    let message =
      "can't write a checkpoint: /" + String(repeating: "long", count: 400)
      + "/step-00000001.safetensors: No space left on device; make room in it"
    let shown = printable(message, lengthMax: messageLengthMax)
    #expect(shown.unicodeScalars.count == messageLengthMax + 3)
    #expect(shown.hasPrefix("can't write a checkpoint: /long"))
    #expect(shown.hasSuffix("No space left on device; make room in it"))
    #expect(printable(String(repeating: "é", count: 200)).count == 200)
  }
}
