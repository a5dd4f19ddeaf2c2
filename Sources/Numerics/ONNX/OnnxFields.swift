import COnnxMessages
import Protobuf

/// The kinds of attribute that are read, by the numbers of `AttributeProto.AttributeType`.
enum AttributeKind: Int32 {
  case float = 1
  case int = 2
  case string = 3
  case tensor = 4
  case floats = 6
  case ints = 7
  case strings = 8
}

func text(_ data: ProtobufCBinaryData, _ field: StaticString) throws(OnnxError) -> String {
  do {
    return try unsafe copyText(data, field: "\(field)")
  } catch {
    throw .file(error)
  }
}

func texts(
  _ first: UnsafeMutablePointer<ProtobufCBinaryData>?, count: Int, _ field: StaticString
) throws(OnnxError) -> [String] {
  do {
    return try unsafe copyTexts(first, count: count, field: "\(field)")
  } catch {
    throw .file(error)
  }
}

func requireDistinct(_ names: [String]) throws(OnnxError) {
  var seen: Set<String> = []
  for name in names where !seen.insert(name).inserted { throw .duplicateName(name) }
}
