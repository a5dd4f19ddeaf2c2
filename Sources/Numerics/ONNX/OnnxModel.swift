/// An ONNX file as a value: the part of the format that feed-forward image classifiers use.
///
/// Fields outside that part are dropped on reading. The format: https://onnx.ai/onnx/intro/, field
/// numbers in `proto/onnx_subset.proto`.
public struct OnnxModel: Equatable, Sendable {
  /// The version of the file format itself; 0 where the file doesn't say.
  public var irVersion: Int64
  /// The program that wrote the file; empty where the file doesn't say.
  public var producerName: String
  /// The version of each operator set that the nodes are taken from, by its domain. The standard
  /// operators have the empty domain.
  public var operatorSets: [String: Int64]
  /// Free texts about the model, in the file's order.
  public var metadata: [OnnxMetadata]
  /// The name of the graph.
  public var graphName: String
  /// The operations, each after those whose outputs it uses.
  public var nodes: [OnnxNode]
  /// The constants, weights above all. Names are distinct.
  public var initializers: [OnnxTensor]
  /// The inputs of the graph. Files of old format versions list the initializers here as well.
  public var inputs: [OnnxValueInfo]
  /// The outputs of the graph.
  public var outputs: [OnnxValueInfo]

  /// A model of format version 8 with the standard operators of version 13.
  public init(
    irVersion: Int64 = 8, producerName: String = "tl", operatorSets: [String: Int64] = ["": 13],
    metadata: [OnnxMetadata] = [], graphName: String = "graph", nodes: [OnnxNode],
    initializers: [OnnxTensor], inputs: [OnnxValueInfo], outputs: [OnnxValueInfo]
  ) {
    self.irVersion = irVersion
    self.producerName = producerName
    self.operatorSets = operatorSets
    self.metadata = metadata
    self.graphName = graphName
    self.nodes = nodes
    self.initializers = initializers
    self.inputs = inputs
    self.outputs = outputs
  }

  /// The version of the standard operators.
  public var standardOperatorSet: Int64? { operatorSets[""] ?? operatorSets["ai.onnx"] }

  /// The text under a key of the metadata, the first if there are several.
  public func metadata(_ key: String) -> String? {
    metadata.first { $0.key == key }?.value
  }
}

/// One text about a model.
public struct OnnxMetadata: Equatable, Sendable {
  public var key: String
  public var value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// The name, element type and shape of an input or output.
public struct OnnxValueInfo: Equatable, Sendable {
  /// The extent of one dimension.
  public enum Dimension: Equatable, Sendable {
    /// A number, not negative.
    case fixed(Int)
    /// A name that stands for a number given at run time, such as a batch size.
    case named(String)
    /// Nothing is known.
    case unknown
  }

  public var name: String
  /// Nil where the file gives no type or one outside `OnnxElementType`.
  public var elementType: OnnxElementType?
  /// Nil where the file gives no shape.
  public var dimensions: [Dimension]?

  public init(name: String, elementType: OnnxElementType?, dimensions: [Dimension]?) {
    self.name = name
    self.elementType = elementType
    self.dimensions = dimensions
  }
}
