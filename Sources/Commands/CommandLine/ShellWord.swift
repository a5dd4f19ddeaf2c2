/// The text as a shell takes it for one word.
public func shellWord(_ text: String) -> String {
  let isPlain = text.utf8.allSatisfy { byte in
    switch Unicode.Scalar(byte) {
    case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", "/", ":": true
    default: false
    }
  }
  return isPlain && !text.isEmpty
    ? text : "'" + printable(text).replacing("'", with: "'\\''") + "'"
}
