/// A TensorFlow Lite file (LiteRT) as a value: the part of the format that image classifiers use.
///
/// The format is a FlatBuffer; the numbers of its tables' fields are those of the schema that is part of
/// TensorFlow, version 3.
public struct TFLiteModel: Sendable {
  /// The place of a tensor in the list.
  public typealias TensorIndex = Int

  /// An operation of the graph.
  public struct Node: Equatable, Sendable {
    public let operation: TFLiteOperator
    public let inputs: [TensorIndex]
    public let outputs: [TensorIndex]
  }

  /// Texts about the model, by their names.
  public var metadata: [(name: String, text: String)] = []
  public private(set) var tensors: [TFLiteTensor] = []
  /// Each after those whose outputs it takes.
  public private(set) var nodes: [Node] = []
  /// What callers give and get, by the tensors' names.
  public var inputs: [TensorIndex] = []
  public var outputs: [TensorIndex] = []

  public init() {}

  /// Appends a tensor.
  public mutating func add(_ tensor: TFLiteTensor) -> TensorIndex {
    tensors.append(tensor)
    return tensors.count - 1
  }

  /// Appends an operator with one output, and returns that.
  public mutating func add(
    _ operation: TFLiteOperator, _ inputs: [TensorIndex], giving output: TFLiteTensor
  ) -> TensorIndex {
    add(operation, inputs, giving: [output])[0]
  }

  /// Appends an operator.
  public mutating func add(
    _ operation: TFLiteOperator, _ inputs: [TensorIndex], giving outputs: [TFLiteTensor]
  ) -> [TensorIndex] {
    precondition(inputs.allSatisfy { tensors.indices.contains($0) })
    let indices = outputs.map { add($0) }
    nodes.append(Node(operation: operation, inputs: inputs, outputs: indices))
    return indices
  }
}

// MARK: - As a file

extension TFLiteModel {
  /// The version of the format.
  private static let formatVersion: UInt32 = 3
  /// Constants begin at multiples of this, so that runtimes use them where they lie.
  private static let alignment = 16
  /// By which runtimes name the one entry.
  public static let signature = "serving_default"

  private struct OperatorCode: Hashable {
    let code: Int8
    let version: Int32
  }

  /// The file's bytes; the same value gives the same.
  public func encoded() -> [UInt8] {
    var codes: [OperatorCode] = []
    var nodes: [FlatTable] = []
    for node in self.nodes {
      let code = OperatorCode(
        code: node.operation.code, version: node.operation.version(of: inputType(node)))
      let place = codes.firstIndex(of: code) ?? codes.count
      if place == codes.count { codes.append(code) }
      nodes.append(table(node, codeIndex: place))
    }
    // The first buffer is empty, and stands for whatever isn't constant.
    var buffers = [FlatTable()]
    var tensors: [FlatTable] = []
    for tensor in self.tensors {
      tensors.append(tensor.table(buffer: tensor.elements == nil ? 0 : buffers.count))
      if let elements = tensor.elements {
        buffers.append(FlatTable([0: .bytes(elements.bytes, alignment: Self.alignment)]))
      }
    }
    var texts: [FlatTable] = []
    for (name, text) in metadata {
      texts.append(FlatTable([0: .text(name), 1: .uint32(UInt32(buffers.count))]))
      buffers.append(FlatTable([0: .bytes(Array(text.utf8), alignment: Self.alignment)]))
    }
    let graph = FlatTable([
      0: .tables(tensors), 1: .int32s(inputs.map { Int32($0) }),
      2: .int32s(outputs.map { Int32($0) }), 3: .tables(nodes), 4: .text("classifier"),
    ])
    return FlatTable([
      0: .uint32(Self.formatVersion),
      1: .tables(
        codes.map { code in
          FlatTable([
            0: .int8(code.code), 2: .int32(code.version), 3: .int32(Int32(code.code)),
          ])
        }),
      2: .tables([graph]), 3: .text("written by tl"), 4: .tables(buffers), 6: .tables(texts),
      7: .tables([
        FlatTable([
          0: .tables(inputs.map { named($0) }), 1: .tables(outputs.map { named($0) }),
          2: .text(Self.signature), 4: .uint32(0),
        ])
      ]),
    ]).encoded(identifier: "TFL3")
  }

  /// The type by which an operator is chosen: that of its first input that isn't constant.
  private func inputType(_ node: Node) -> TFLiteTensor.ElementType {
    let computed = node.inputs.first { tensors[$0].elements == nil }
    return tensors[computed ?? node.inputs[0]].type
  }

  private func table(_ node: Node, codeIndex: Int) -> FlatTable {
    var table = FlatTable([
      0: .uint32(UInt32(codeIndex)), 1: .int32s(node.inputs.map { Int32($0) }),
      2: .int32s(node.outputs.map { Int32($0) }),
    ])
    let output = tensors[node.outputs[0]].type
    if let (kind, options) = node.operation.options(from: inputType(node), to: output) {
      table.set(3, .uint8(kind))
      table.set(4, .table(options))
    }
    return table
  }

  private func named(_ tensor: TensorIndex) -> FlatTable {
    FlatTable([0: .text(tensors[tensor].name), 1: .uint32(UInt32(tensor))])
  }
}

extension TFLiteTensor {
  fileprivate func table(buffer: Int) -> FlatTable {
    var table = FlatTable([
      0: .int32s(dimensions.map { Int32($0) }), 1: .int8(type.rawValue),
      2: .uint32(UInt32(buffer)), 3: .text(name), 8: .bool(true),
    ])
    if let quantization {
      let parameters = FlatTable([
        2: .float32s(quantization.scales), 3: .int64s(quantization.zeros),
        6: .int32(Int32(quantization.dimension)),
      ])
      table.set(4, .table(parameters))
    }
    // −1 is any number.
    if elements == nil {
      table.set(7, .int32s([-1] + dimensions.dropFirst().map { Int32($0) }))
    }
    return table
  }
}

extension TFLiteTensor.Elements {
  /// In little-endian order.
  fileprivate var bytes: [UInt8] {
    switch self {
    case .uint8(let elements): return elements
    case .int8(let elements): return elements.map { UInt8(bitPattern: $0) }
    case .int32(let elements): return Self.bytes(elements) { UInt32(bitPattern: $0) }
    case .float32(let elements): return Self.bytes(elements, \.bitPattern)
    }
  }

  private static func bytes<Element>(
    _ elements: [Element], _ bits: (Element) -> UInt32
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * elements.count)
    for element in elements {
      let value = bits(element)
      for shift in [0, 8, 16, 24] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
    return bytes
  }
}
