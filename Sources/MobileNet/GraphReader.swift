import Kernels
import ONNX

/// Lowers an ONNX graph to a `Network`, node by node.
struct GraphReader {
  /// What a name of the graph stands for.
  enum Value {
    case tensor(TensorIndex)
    case constant(OnnxTensor)
  }

  private var values: [String: Value] = [:]
  /// How many nodes read each name: a fold into a layer is allowed only where nobody else reads
  /// what the layer gave before.
  private var readers: [String: Int] = [:]
  private(set) var network: Network

  /// - Throws: what isn't supported, by the node's name
  static func network(of model: OnnxModel) throws(MobileNetError) -> Network {
    var reader = try GraphReader(model)
    for node in model.nodes { try reader.read(node) }
    guard let output = model.outputs.first else {
      throw .notAClassifier(reason: "its graph has no output")
    }
    guard case .tensor(let result) = reader.values[output.name] else {
      throw .notAClassifier(reason: "nothing computes its output '\(output.name)'")
    }
    return try reader.network.reduced(to: result)
  }

  private init(_ model: OnnxModel) throws(MobileNetError) {
    for tensor in model.initializers { values[tensor.name] = .constant(tensor) }
    for node in model.nodes { for input in node.inputs { readers[input, default: 0] += 1 } }
    for output in model.outputs { readers[output.name, default: 0] += 1 }
    let inputs = model.inputs.filter { info in
      !model.initializers.contains { $0.name == info.name }
    }
    guard inputs.count == 1, let input = inputs.first else {
      throw .notAClassifier(reason: "it has \(inputs.count) inputs, one image is expected")
    }
    let dimensions = input.dimensions ?? []
    guard dimensions.count == 4, dimensions[1] == .fixed(3),
      case .fixed(let height) = dimensions[2], case .fixed(let width) = dimensions[3]
    else {
      throw .notAClassifier(
        reason: "its input '\(input.name)' has the shape \(dimensions.map(\.text)), expected is "
          + "[n, 3, height, width] with fixed height and width")
    }
    guard (1...1024).contains(height), (1...1024).contains(width) else {
      throw .notAClassifier(reason: "its input of \(height)x\(width) is larger than 1024x1024")
    }
    network = Network(tensors: [Shape(height: height, width: width, channels: 3)], layers: [])
    values[input.name] = .tensor(0)
  }

  private mutating func read(_ node: OnnxNode) throws(MobileNetError) {
    guard node.domain.isEmpty || node.domain == "ai.onnx" else {
      throw node.refused("operators of the domain '\(node.domain)' aren't known")
    }
    guard node.outputs.count >= 1, node.outputs.dropFirst().allSatisfy(\.isEmpty)
    else { throw node.refused("more than one output isn't expected") }
    switch node.opType {
    case "Conv": try readConvolution(node)
    case "BatchNormalization": try readBatchNormalization(node)
    case "Gemm", "MatMul": try readFullyConnected(node)
    case "Relu": try fold(.clip(low: 0, high: .infinity), into: node)
    case "Clip": try fold(clip(node), into: node)
    case "HardSwish": try fold(.hardSwish, into: node)
    case "HardSigmoid":
      let (alpha, beta) = try node.checked { node throws(OnnxError) in
        (try node.float("alpha") ?? 0.2, try node.float("beta") ?? 0.5)
      }
      try fold(.hardSigmoid(alpha: alpha, beta: beta), into: node)
    case "Add": try readCombination(node, .add)
    case "Mul": try readCombination(node, .multiply)
    case "GlobalAveragePool": try readPool(node)
    case "ReduceMean": try readReduceMean(node)
    case "Constant": try readConstant(node)
    case "Identity", "Dropout", "Softmax": alias(node, try tensor(node, 0))
    case "Flatten", "Reshape", "Squeeze": try readReshape(node)
    default:
      throw node.refused(
        "supported operators are " + MobileNetError.operators.joined(separator: ", "))
    }
  }
}

// MARK: - Reaching values

extension GraphReader {
  func tensor(_ node: OnnxNode, _ index: Int) throws(MobileNetError) -> TensorIndex {
    guard index < node.inputs.count else { throw node.refused("input \(index) is missing") }
    switch values[node.inputs[index]] {
    case .tensor(let tensor): return tensor
    case .constant: throw node.refused("input '\(node.inputs[index])' is a constant")
    case nil: throw node.refused("nothing computes its input '\(node.inputs[index])'")
    }
  }

  func constant(_ node: OnnxNode, _ index: Int) -> OnnxTensor? {
    guard index < node.inputs.count, case .constant(let value) = values[node.inputs[index]] else {
      return nil
    }
    return value
  }

  /// The float32 numbers of a constant input, all finite.
  func floats(_ node: OnnxNode, _ index: Int) throws(MobileNetError) -> [Float]? {
    guard index < node.inputs.count, !node.inputs[index].isEmpty else { return nil }
    guard let numbers = constant(node, index)?.floats else {
      throw node.refused("input '\(node.inputs[index])' isn't a float32 constant")
    }
    guard numbers.allSatisfy(\.isFinite) else {
      throw node.refused("constant '\(node.inputs[index])' isn't finite")
    }
    return numbers
  }

  mutating func append(
    _ node: OnnxNode, _ operation: Layer.Operation, reading inputs: [TensorIndex],
    giving shape: Shape
  ) {
    network.tensors.append(shape)
    let output = network.tensors.count - 1
    network.layers.append(
      Layer(name: node.title, operation: operation, inputs: inputs, output: output))
    alias(node, output)
  }

  mutating func alias(_ node: OnnxNode, _ tensor: TensorIndex) {
    values[node.outputs[0]] = .tensor(tensor)
  }

  mutating func define(_ node: OnnxNode, _ constant: OnnxTensor) {
    values[node.outputs[0]] = .constant(constant)
  }

  /// The layer that computes what a node reads, if the node alone reads it.
  func foldable(_ node: OnnxNode) throws(MobileNetError) -> Int? {
    let tensor = try tensor(node, 0)
    guard readers[node.inputs[0]] == 1,
      let index = network.layers.lastIndex(where: { $0.output == tensor })
    else { return nil }
    return index
  }

  mutating func fold(_ activation: Activation, into node: OnnxNode) throws(MobileNetError) {
    guard let index = try foldable(node),
      let operation = network.layers[index].operation.activated(activation)
    else {
      throw node.refused(
        "an activation has to follow a convolution, a fully connected layer, an addition or a "
          + "product that nothing else reads")
    }
    network.layers[index].operation = operation
    alias(node, network.layers[index].output)
  }

  /// Rewrites the convolution at `index`.
  mutating func update(
    _ index: Int, _ change: (inout Convolution, _ isDepthwise: Bool) -> Void
  ) -> Bool {
    switch network.layers[index].operation {
    case .convolution(var c) where c.activation == .none:
      change(&c, false)
      network.layers[index].operation = .convolution(c)
    case .depthwise(var c) where c.activation == .none:
      change(&c, true)
      network.layers[index].operation = .depthwise(c)
    default: return false
    }
    return true
  }
}

extension Layer.Operation {
  /// The operation with an activation after it; nil if it has one, or can't.
  func activated(_ activation: Activation) -> Self? {
    switch self {
    case .convolution(var c) where c.activation == .none:
      c.activation = activation
      return .convolution(c)
    case .depthwise(var c) where c.activation == .none:
      c.activation = activation
      return .depthwise(c)
    case .combine(let operation, .none): return .combine(operation, activation)
    default: return nil
    }
  }
}

extension OnnxNode {
  /// The node's name, or else its first output's.
  var title: String { name.isEmpty ? outputs.first ?? opType : name }

  func refused(_ reason: String) -> MobileNetError { .unsupported(node: label, reason: reason) }

  /// Reads attributes, turning their errors into this module's.
  func checked<Result>(
    _ read: (OnnxNode) throws(OnnxError) -> Result
  ) throws(MobileNetError) -> Result {
    do { return try read(self) } catch { throw refused("\(error)") }
  }
}

extension OnnxValueInfo.Dimension {
  var text: String {
    switch self {
    case .fixed(let number): "\(number)"
    case .named(let name): name
    case .unknown: "?"
    }
  }
}
