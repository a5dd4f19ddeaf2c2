import Protobuf

/// Why bytes can't be used as an ONNX model.
public enum OnnxError: Error, Equatable, Sendable {
  /// The bytes aren't a whole ONNX file.
  case file(ProtobufError)
  /// The bytes are a protobuf message, but not a model with a graph.
  case notAModel
  /// The bytes are a file of another kind.
  case otherFormat(OtherFormat)
  /// Two constants of the graph, or two attributes of a node, have the same name.
  case duplicateName(String)
  /// The tensor's elements are of a type that isn't read; the number is ONNX's.
  case elementType(tensor: String, number: Int32)
  /// The tensor has a negative or immense dimension, or too many of them.
  case dimensions(tensor: String, dimensions: [Int64])
  /// The tensor's data have another length than its shape demands.
  case dataLength(tensor: String, dimensions: [Int], byteCount: Int, byteCountExpected: Int)
  /// An element lies outside the range of the tensor's type.
  case elementRange(tensor: String)
  /// The tensor's data lie in another file, which isn't there or too short.
  case externalData(tensor: String)
  /// The node's attribute is of another type than its operator demands.
  case attributeType(node: String, attribute: String, expected: String)
}

extension OnnxError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let error):
      switch error {
      case .truncated: "the ONNX file \(error): it was cut off; fetch or export it again"
      case .malformed: "the file isn't ONNX, or is damaged"
      default: "the ONNX file \(error)"
      }
    case .notAModel:
      "the file holds no graph: it isn't an ONNX model"
    case .otherFormat(let format):
      "the file isn't ONNX but \(format.name); \(format.remedy)"
    case .duplicateName(let name):
      "the ONNX file defines '\(name)' twice; export it again"
    case .elementType(let tensor, let number):
      "tensor '\(tensor)' of the ONNX file has elements of type number \(number); "
        + "export the model with float32 weights"
    case .dimensions(let tensor, let dimensions):
      "tensor '\(tensor)' of the ONNX file has the impossible shape \(dimensions)"
    case .dataLength(let tensor, let dimensions, let byteCount, let byteCountExpected):
      "tensor '\(tensor)' of the ONNX file has \(byteCount) bytes of data, but its shape "
        + "\(dimensions) needs \(byteCountExpected); fetch or export it again"
    case .elementRange(let tensor):
      "tensor '\(tensor)' of the ONNX file has an element outside the range of its type"
    case .externalData(let tensor):
      "tensor '\(tensor)' keeps its data in another file, which isn't there or is too short; put it "
        + "beside this one, or save the model as one ONNX file"
    case .attributeType(let node, let attribute, let expected):
      "attribute '\(attribute)' of \(node) isn't \(expected)"
    }
  }
}
