/// One operation of a graph.
public struct OnnxNode: Equatable, Sendable {
  /// The node's name; may be empty, needn't be distinct.
  public var name: String
  /// The operator, such as `Conv`.
  public var opType: String
  /// The operator's domain; empty for the standard ones.
  public var domain: String
  /// The names of the values that go in; an empty name stands for an optional input left out.
  public var inputs: [String]
  /// The names of the values that come out.
  public var outputs: [String]
  /// The operator's settings. Names are distinct.
  public var attributes: [OnnxAttribute]

  public init(
    name: String = "", opType: String, domain: String = "", inputs: [String], outputs: [String],
    attributes: [OnnxAttribute] = []
  ) {
    self.name = name
    self.opType = opType
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }

  /// How messages call this node: by its name, or else by its first output.
  public var label: String {
    "\(opType) node '\(name.isEmpty ? outputs.first ?? "" : name)'"
  }

  private func attribute(_ name: String) -> OnnxAttribute.Value? {
    attributes.first { $0.name == name }?.value
  }

  private func mismatch(_ name: String, _ expected: String) -> OnnxError {
    .attributeType(node: label, attribute: name, expected: expected)
  }

  /// An integer attribute, nil if the node hasn't got it.
  ///
  /// - Throws: `attributeType`
  public func int(_ name: String) throws(OnnxError) -> Int64? {
    switch attribute(name) {
    case nil: return nil
    case .int(let value): return value
    default: throw mismatch(name, "an integer")
    }
  }

  /// A number attribute, nil if the node hasn't got it.
  ///
  /// - Throws: `attributeType`
  public func float(_ name: String) throws(OnnxError) -> Float? {
    switch attribute(name) {
    case nil: return nil
    case .float(let value): return value
    default: throw mismatch(name, "a number")
    }
  }

  /// A text attribute, nil if the node hasn't got it.
  ///
  /// - Throws: `attributeType`
  public func string(_ name: String) throws(OnnxError) -> String? {
    switch attribute(name) {
    case nil: return nil
    case .string(let value): return value
    default: throw mismatch(name, "a text")
    }
  }

  /// An attribute that lists integers, nil if the node hasn't got it.
  ///
  /// - Throws: `attributeType`
  public func ints(_ name: String) throws(OnnxError) -> [Int64]? {
    switch attribute(name) {
    case nil: return nil
    case .ints(let values): return values
    default: throw mismatch(name, "a list of integers")
    }
  }

  /// An attribute that lists numbers, nil if the node hasn't got it.
  ///
  /// - Throws: `attributeType`
  public func floats(_ name: String) throws(OnnxError) -> [Float]? {
    switch attribute(name) {
    case nil: return nil
    case .floats(let values): return values
    default: throw mismatch(name, "a list of numbers")
    }
  }

  /// A tensor attribute, nil if the node hasn't got it.
  ///
  /// - Throws: `attributeType`
  public func tensor(_ name: String) throws(OnnxError) -> OnnxTensor? {
    switch attribute(name) {
    case nil: return nil
    case .tensor(let value): return value
    default: throw mismatch(name, "a tensor")
    }
  }
}

/// One setting of an operation.
public struct OnnxAttribute: Equatable, Sendable {
  public enum Value: Equatable, Sendable {
    case float(Float)
    case int(Int64)
    /// ONNX stores bytes here; all that classifiers use is text.
    case string(String)
    case tensor(OnnxTensor)
    case floats([Float])
    case ints([Int64])
    case strings([String])
    /// A kind that this part of the format leaves out (graphs, sparse tensors, …), by the number
    /// that the format gives it. Reading it is no error: only a loader knows whether it matters.
    case unsupported(kind: Int32)
  }

  public var name: String
  public var value: Value

  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}
