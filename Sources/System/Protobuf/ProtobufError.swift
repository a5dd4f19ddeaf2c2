/// What is wrong with bytes that should be a protobuf message.
public enum ProtobufError: Error, Equatable, Sendable {
  /// The input is longer than its kind may be; nothing was unpacked.
  case tooLarge(byteCount: Int, byteCountMax: Int)
  /// The bytes end inside the field that begins at this offset of the outermost message.
  case truncated(atByte: Int)
  /// The bytes don't follow the wire format, or a field has another wire type than it should.
  case malformed
  /// Unpacking would take more memory than the caller granted.
  case overBudget(byteCountMax: Int)
  /// The named text field isn't valid UTF-8.
  case notUTF8(field: String)
  /// The named text field holds a NUL character.
  case containsNUL(field: String)
}

extension ProtobufError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooLarge(let byteCount, let byteCountMax):
      "is \(byteCount) bytes long, more than the \(byteCountMax) allowed"
    case .truncated(let offset):
      "ends in the middle of the field that begins at byte \(offset)"
    case .malformed:
      "isn't a well-formed message"
    case .overBudget(let byteCountMax):
      "would take more than \(byteCountMax) bytes of memory to read"
    case .notUTF8(let field):
      "has a \(field) that isn't valid UTF-8"
    case .containsNUL(let field):
      "has a \(field) that holds a NUL character"
    }
  }
}
