import COnnxMessages
import Protobuf

extension OnnxModel {
  /// The model as an ONNX file. Tensors are written as raw little-endian data.
  ///
  /// The same value gives the same bytes.
  ///
  /// - Precondition: no attribute is `unsupported`, which holds nothing that could be written
  public func encoded() -> [UInt8] {
    var builder = MessageBuilder()
    // unsafe, here and below: everything points into the builder, which lives until after `pack`.
    let model = unsafe builder.message(tl__onnx__model__init)
    unsafe model.pointee.has_ir_version = 1
    unsafe model.pointee.ir_version = irVersion
    unsafe model.pointee.has_producer_name = 1
    unsafe model.pointee.producer_name = builder.bytes(producerName)
    var sets: [UnsafeMutablePointer<Tl__Onnx__OperatorSet>?] = unsafe []
    for (domain, version) in operatorSets.sorted(by: { $0.key < $1.key }) {
      let set = unsafe builder.message(tl__onnx__operator_set__init)
      unsafe set.pointee.has_domain = 1
      unsafe set.pointee.domain = builder.bytes(domain)
      unsafe set.pointee.has_version = 1
      unsafe set.pointee.version = version
      unsafe sets.append(set)
    }
    unsafe model.pointee.n_opset_import = sets.count
    unsafe model.pointee.opset_import = builder.array(sets)
    let entries = unsafe metadata.map { unsafe $0.build(&builder) }
    unsafe model.pointee.n_metadata_props = entries.count
    unsafe model.pointee.metadata_props = builder.array(entries)
    unsafe model.pointee.graph = buildGraph(&builder)
    return unsafe builder.pack(model)
  }

  private func buildGraph(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Onnx__Graph> {
    let graph = unsafe builder.message(tl__onnx__graph__init)
    unsafe graph.pointee.has_name = 1
    unsafe graph.pointee.name = builder.bytes(graphName)
    unsafe graph.pointee.n_node = nodes.count
    unsafe graph.pointee.node = builder.array(nodes.map { unsafe $0.build(&builder) })
    unsafe graph.pointee.n_initializer = initializers.count
    unsafe graph.pointee.initializer = builder.array(
      initializers.map { unsafe $0.build(&builder) })
    unsafe graph.pointee.n_input = inputs.count
    unsafe graph.pointee.input = builder.array(inputs.map { unsafe $0.build(&builder) })
    unsafe graph.pointee.n_output = outputs.count
    unsafe graph.pointee.output = builder.array(outputs.map { unsafe $0.build(&builder) })
    return unsafe graph
  }
}

extension OnnxMetadata {
  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Onnx__KeyValue>? {
    let entry = unsafe builder.message(tl__onnx__key_value__init)
    unsafe entry.pointee.has_key = 1
    unsafe entry.pointee.key = builder.bytes(key)
    unsafe entry.pointee.has_value = 1
    unsafe entry.pointee.value = builder.bytes(value)
    return unsafe entry
  }
}

extension OnnxNode {
  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Onnx__Node>? {
    let node = unsafe builder.message(tl__onnx__node__init)
    unsafe node.pointee.has_name = 1
    unsafe node.pointee.name = builder.bytes(name)
    unsafe node.pointee.has_op_type = 1
    unsafe node.pointee.op_type = builder.bytes(opType)
    unsafe node.pointee.has_domain = 1
    unsafe node.pointee.domain = builder.bytes(domain)
    unsafe node.pointee.n_input = inputs.count
    unsafe node.pointee.input = builder.array(inputs.map { unsafe builder.bytes($0) })
    unsafe node.pointee.n_output = outputs.count
    unsafe node.pointee.output = builder.array(outputs.map { unsafe builder.bytes($0) })
    unsafe node.pointee.n_attribute = attributes.count
    unsafe node.pointee.attribute = builder.array(attributes.map { unsafe $0.build(&builder) })
    return unsafe node
  }
}

extension OnnxAttribute {
  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Onnx__Attribute>? {
    let attribute = unsafe builder.message(tl__onnx__attribute__init)
    unsafe attribute.pointee.has_name = 1
    unsafe attribute.pointee.name = builder.bytes(name)
    let kind: AttributeKind
    switch value {
    case .float(let value):
      kind = .float
      unsafe attribute.pointee.has_f = 1
      unsafe attribute.pointee.f = value
    case .int(let value):
      kind = .int
      unsafe attribute.pointee.has_i = 1
      unsafe attribute.pointee.i = value
    case .string(let value):
      kind = .string
      unsafe attribute.pointee.has_s = 1
      unsafe attribute.pointee.s = builder.bytes(value)
    case .tensor(let value):
      kind = .tensor
      unsafe attribute.pointee.t = value.build(&builder)
    case .floats(let values):
      kind = .floats
      unsafe attribute.pointee.n_floats = values.count
      unsafe attribute.pointee.floats = builder.array(values)
    case .ints(let values):
      kind = .ints
      unsafe attribute.pointee.n_ints = values.count
      unsafe attribute.pointee.ints = builder.array(values)
    case .strings(let values):
      kind = .strings
      unsafe attribute.pointee.n_strings = values.count
      unsafe attribute.pointee.strings = builder.array(values.map { unsafe builder.bytes($0) })
    case .unsupported(let kind):
      preconditionFailure("attribute '\(name)' of kind \(kind) can't be written")
    }
    unsafe attribute.pointee.has_type = 1
    unsafe attribute.pointee.type = kind.rawValue
    return unsafe attribute
  }
}

extension OnnxTensor {
  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Onnx__Tensor>? {
    let tensor = unsafe builder.message(tl__onnx__tensor__init)
    unsafe tensor.pointee.has_name = 1
    unsafe tensor.pointee.name = builder.bytes(name)
    unsafe tensor.pointee.n_dims = dimensions.count
    unsafe tensor.pointee.dims = builder.array(dimensions.map(Int64.init))
    unsafe tensor.pointee.has_data_type = 1
    unsafe tensor.pointee.data_type = elements.type.rawValue
    unsafe tensor.pointee.has_raw_data = 1
    unsafe tensor.pointee.raw_data =
      switch elements {
      case .float32(let elements):
        unsafe builder.bytes(littleEndian: elements, \.bitPattern.littleEndian)
      case .uint8(let elements): unsafe builder.bytes(littleEndian: elements, \.self)
      case .int8(let elements): unsafe builder.bytes(littleEndian: elements, \.self)
      case .int32(let elements): unsafe builder.bytes(littleEndian: elements, \.littleEndian)
      case .int64(let elements): unsafe builder.bytes(littleEndian: elements, \.littleEndian)
      case .bool(let elements): unsafe builder.bytes(littleEndian: elements) { $0 ? UInt8(1) : 0 }
      }
    return unsafe tensor
  }
}

extension OnnxValueInfo {
  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Onnx__ValueInfo>? {
    let info = unsafe builder.message(tl__onnx__value_info__init)
    unsafe info.pointee.has_name = 1
    unsafe info.pointee.name = builder.bytes(name)
    guard let elementType else { return unsafe info }
    let type = unsafe builder.message(tl__onnx__tensor_type__init)
    unsafe type.pointee.has_elem_type = 1
    unsafe type.pointee.elem_type = elementType.rawValue
    if let dimensions {
      let shape = unsafe builder.message(tl__onnx__shape__init)
      unsafe shape.pointee.n_dim = dimensions.count
      unsafe shape.pointee.dim = builder.array(dimensions.map { unsafe $0.build(&builder) })
      unsafe type.pointee.shape = shape
    }
    unsafe info.pointee.type = builder.message(tl__onnx__type__init)
    unsafe info.pointee.type.pointee.tensor_type = type
    return unsafe info
  }
}

extension OnnxValueInfo.Dimension {
  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Onnx__Dimension>? {
    let dimension = unsafe builder.message(tl__onnx__dimension__init)
    switch self {
    case .fixed(let value):
      unsafe dimension.pointee.has_dim_value = 1
      unsafe dimension.pointee.dim_value = Int64(value)
    case .named(let name):
      unsafe dimension.pointee.has_dim_param = 1
      unsafe dimension.pointee.dim_param = builder.bytes(name)
    case .unknown: break
    }
    return unsafe dimension
  }
}

extension MessageBuilder {
  fileprivate mutating func bytes<Element, Stored: BitwiseCopyable>(
    littleEndian elements: [Element], _ stored: (Element) -> Stored
  ) -> ProtobufCBinaryData {
    let elements = elements.map(stored)
    return unsafe elements.withUnsafeBytes { unsafe bytes($0) }
  }
}
