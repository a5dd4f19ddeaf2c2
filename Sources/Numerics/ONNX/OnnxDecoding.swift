import COnnxMessages
import Protobuf

/// The limits of what is read.
public enum OnnxLimits {
  /// The largest file, in bytes. MobileNets have 2 to 25 MB; protobuf itself ends at 2 GiB.
  public static let fileByteCountMax = 1 << 30
  /// The most dimensions of a tensor or value.
  public static let rankMax = 16

  /// The memory in bytes that unpacking a file may take: weights need their own size once, packed
  /// integers at most eight times theirs, and the rest is nodes and names.
  static func budget(fileByteCount: Int) -> Int { 8 * fileByteCount + (16 << 20) }
}

extension OnnxModel {
  /// Reads an ONNX file.
  ///
  /// Checks that every tensor has the data that its shape demands and that names are distinct;
  /// whether the graph makes sense is for its user to find out.
  ///
  /// - Parameter externalFile: gives the bytes of a file where tensors keep their data, by its path
  ///   from this one's folder; nil where there is none
  public init(
    decoding bytes: [UInt8], externalFile: (_ path: String) -> [UInt8]? = { _ in nil }
  ) throws(OnnxError) {
    do throws(OnnxError) {
      let message = try unsafe Self.unpack(bytes)
      self = try unsafe message.read { model throws(OnnxError) in
        try unsafe OnnxModel(model, externalFile)
      }
    } catch {
      // What can't be read may be a whole file of another kind.
      if let format = OtherFormat(bytes) { throw .otherFormat(format) }
      throw error
    }
  }

  /// A file with everything in it that it keeps in files beside it, as PyTorch's exporter does.
  ///
  /// - Returns: the same bytes if that is nothing; else the same ones for the same files
  public static func selfContained(
    _ bytes: [UInt8], externalFile: (_ path: String) -> [UInt8]?
  ) throws(OnnxError) -> [UInt8] {
    var isWhole = true
    let model = try OnnxModel(decoding: bytes) { name in
      isWhole = false
      return externalFile(name)
    }
    return isWhole ? bytes : try model.encodedIfWhole()
  }

  /// The model as an ONNX file, as `encoded` gives it.
  ///
  /// - Throws: where an attribute holds what was dropped on reading
  public func encodedIfWhole() throws(OnnxError) -> [UInt8] {
    for node in nodes {
      for attribute in node.attributes {
        if case .unsupported = attribute.value {
          throw .attributeType(node: node.label, attribute: attribute.name, expected: "known")
        }
      }
    }
    return encoded()
  }

  private static func unpack(_ bytes: [UInt8]) throws(OnnxError) -> Unpacked<Tl__Onnx__Model> {
    do {
      return try unsafe Unpacked(
        bytes.span.bytes, byteCountMax: OnnxLimits.fileByteCountMax,
        budget: OnnxLimits.budget(fileByteCount: bytes.count), with: tl__onnx__model__unpack)
    } catch {
      throw .file(error)
    }
  }

  private init(
    _ model: Tl__Onnx__Model, _ externalFile: (String) -> [UInt8]?
  ) throws(OnnxError) {
    guard let graph = unsafe model.graph?.pointee else { throw .notAModel }
    var operatorSets: [String: Int64] = [:]
    _ = try unsafe mapMessages(model.opset_import, count: model.n_opset_import) {
      (set) throws(OnnxError) in
      operatorSets[try unsafe text(set.domain, "operator set domain")] = unsafe set.version
    }
    unsafe self.init(
      irVersion: model.ir_version,
      producerName: try text(model.producer_name, "producer name"),
      operatorSets: operatorSets,
      metadata: try mapMessages(model.metadata_props, count: model.n_metadata_props) {
        (entry) throws(OnnxError) in
        OnnxMetadata(
          key: try unsafe text(entry.key, "metadata key"),
          value: try unsafe text(entry.value, "metadata value"))
      },
      graphName: try text(graph.name, "graph name"),
      nodes: try mapMessages(graph.node, count: graph.n_node) { (node) throws(OnnxError) in
        try unsafe OnnxNode(node, externalFile)
      },
      initializers: try mapMessages(graph.initializer, count: graph.n_initializer) {
        (tensor) throws(OnnxError) in try unsafe OnnxTensor(tensor, externalFile)
      },
      inputs: try mapMessages(graph.input, count: graph.n_input, OnnxValueInfo.init),
      outputs: try mapMessages(graph.output, count: graph.n_output, OnnxValueInfo.init))
    try requireDistinct(initializers.map(\.name))
  }
}

extension OnnxNode {
  fileprivate init(
    _ node: Tl__Onnx__Node, _ externalFile: (String) -> [UInt8]?
  ) throws(OnnxError) {
    unsafe self.init(
      name: try text(node.name, "node name"),
      opType: try text(node.op_type, "operator"),
      domain: try text(node.domain, "operator domain"),
      inputs: try texts(node.input, count: node.n_input, "node input"),
      outputs: try texts(node.output, count: node.n_output, "node output"),
      attributes: try mapMessages(node.attribute, count: node.n_attribute) {
        (attribute) throws(OnnxError) in try unsafe OnnxAttribute(attribute, externalFile)
      })
    try requireDistinct(attributes.map(\.name))
  }
}

extension OnnxAttribute {
  fileprivate init(
    _ attribute: Tl__Onnx__Attribute, _ externalFile: (String) -> [UInt8]?
  ) throws(OnnxError) {
    let name = try unsafe text(attribute.name, "attribute name")
    let kind = unsafe AttributeKind(rawValue: attribute.type)
    self.init(name, try unsafe Self.value(of: attribute, kind: kind, externalFile))
  }

  private static func value(
    of attribute: Tl__Onnx__Attribute, kind: AttributeKind?,
    _ externalFile: (String) -> [UInt8]?
  ) throws(OnnxError) -> Value {
    switch kind {
    case .float: return .float(unsafe attribute.f)
    case .int: return .int(unsafe attribute.i)
    case .string: return .string(try unsafe text(attribute.s, "text attribute"))
    case .tensor:
      guard let tensor = unsafe attribute.t?.pointee else {
        return .unsupported(kind: unsafe attribute.type)
      }
      return .tensor(try unsafe OnnxTensor(tensor, externalFile))
    case .floats: return .floats(unsafe copyNumbers(attribute.floats, count: attribute.n_floats))
    case .ints: return .ints(unsafe copyNumbers(attribute.ints, count: attribute.n_ints))
    case .strings:
      return .strings(
        try unsafe texts(attribute.strings, count: attribute.n_strings, "text attribute"))
    case nil: return .unsupported(kind: unsafe attribute.type)
    }
  }
}

extension OnnxValueInfo {
  fileprivate init(_ info: Tl__Onnx__ValueInfo) throws(OnnxError) {
    let name = try unsafe text(info.name, "value name")
    let type = unsafe info.type?.pointee.tensor_type?.pointee
    let shape = unsafe type?.shape?.pointee
    self.init(
      name: name,
      elementType: unsafe type.flatMap { OnnxElementType(rawValue: unsafe $0.elem_type) },
      dimensions: try unsafe shape.map { shape throws(OnnxError) in
        try unsafe mapMessages(shape.dim, count: shape.n_dim) { dimension throws(OnnxError) in
          if unsafe dimension.has_dim_value != 0 {
            // Older exports of Paddle write -1 for what is free, which ONNX's own checker lets pass.
            guard let value = unsafe Int(exactly: dimension.dim_value), value >= -1 else {
              throw unsafe .dimensions(tensor: name, dimensions: [dimension.dim_value])
            }
            return value < 0 ? .unknown : .fixed(value)
          }
          return unsafe dimension.has_dim_param != 0
            ? .named(try unsafe text(dimension.dim_param, "dimension name")) : .unknown
        }
      })
  }
}
