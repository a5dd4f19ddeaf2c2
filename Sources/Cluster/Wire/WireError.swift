import Protobuf

/// Why a frame is refused. Its description says what is wrong with the frame; who sent it and what
/// follows is for the receiver to add.
public enum WireError: Error, Equatable, Sendable {
  /// The frame isn't a protobuf message, or is too large.
  case frame(ProtobufError)
  /// The frame is a message that this protocol version doesn't know.
  case unknownMessage
  /// A part that the message can't be without is absent.
  case missing(field: String)
  /// A value lies outside the range that its message allows.
  case outOfRange(field: String)
  /// A tensor frame has another length than its message demands.
  case tensorLength(byteCount: Int, byteCountExpected: Int)
  /// A value of a tensor is not finite or absurdly large.
  case tensorValue
}

extension WireError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .frame(let error): "a frame that \(error)"
    case .unknownMessage: "a message of an unknown kind"
    case .missing(let field): "a message without \(field)"
    case .outOfRange(let field): "a message whose \(field) is out of range"
    case .tensorLength(let byteCount, let byteCountExpected):
      "a tensor of \(byteCount) bytes where \(byteCountExpected) belong"
    case .tensorValue: "a tensor with a value that is not finite or absurdly large"
    }
  }
}
