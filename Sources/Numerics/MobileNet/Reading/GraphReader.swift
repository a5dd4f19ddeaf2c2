import Kernels
import ONNX

/// Reads an ONNX graph, node by node.
///
/// Every value is either a constant, computed here and now, or an `Operand`: a tensor of the network
/// to be, with what the graph does to it before a layer reads it.
struct GraphReader {
  enum Value: Sendable {
    case operand(Operand)
    case constant(Constant)
  }

  var draft: Draft
  private var values: [String: Value] = [:]
  private var constants = ConstantOperators()
  /// How many samples the graph takes at once; any number counts as one.
  private let sampleCount: Int
  /// The steps that functions became, so that two readers of one share them.
  private var realized: [Operand: TensorIndex] = [:]

  /// - Returns: the network, with its classifier if it has one, and what the graph does to its input
  ///   first
  /// - Throws: what isn't supported, by the node's name
  static func network(
    of model: OnnxModel
  ) throws(MobileNetError) -> (network: Network, inputMap: ChannelMap?) {
    guard let output = model.outputs.first else {
      throw .notAClassifier(reason: "its graph has no output")
    }
    var reader = try GraphReader(model)
    for node in try model.nodes(giving: output.name) { try reader.read(node) }
    guard case .operand(var result) = reader.values[output.name] else {
      throw .notAClassifier(reason: "nothing computes its output '\(output.name)'")
    }
    guard result.padding == Padding() else {
      throw .notAClassifier(reason: "its output '\(output.name)' is padded")
    }
    // A Sigmoid at the end makes probabilities of what a head would read.
    if result.function == .logistic { result.function = ScalarFunction() }
    let tensor = reader.tensor(result, for: output.name)
    return try reader.draft.network(giving: tensor)
  }

  private init(_ model: OnnxModel) throws(MobileNetError) {
    for tensor in model.initializers { values[tensor.name] = .constant(Constant(tensor)) }
    let input = try ImageInput(of: model)
    let (height, width) = try input.size()
    sampleCount = input.sampleCount
    draft = Draft(tensors: [Shape(height: height, width: width, channels: 3)])
    values[input.name] = .operand(Operand(tensor: 0, axes: input.axes))
  }

  private mutating func read(_ node: OnnxNode) throws(MobileNetError) {
    guard node.domain.isEmpty || node.domain == "ai.onnx" else {
      throw node.refused("operators of the domain '\(node.domain)' aren't known")
    }
    guard !node.outputs.isEmpty else { throw node.refused("it has no output") }
    if let constant = try constantResult(of: node) {
      values[node.outputs[0]] = .constant(constant)
      return
    }
    if passesEnding(node) { return }
    guard let reading = Self.operators[node.opType] else {
      if Self.randomOperators.contains(node.opType) { throw .trainingMode(node: node.label) }
      throw node.refused(
        "supported operators are " + Self.operators.keys.sorted().joined(separator: ", "))
    }
    guard
      node.outputs.dropFirst().allSatisfy(\.isEmpty)
        || Self.operatorsOfSeveralOutputs.contains(node.opType)
    else { throw node.refused("more than one output isn't expected") }
    try reading(&self, node)
  }

  /// Training has further outputs of two of them: whoever reads one finds that nothing computes it.
  private static let operatorsOfSeveralOutputs: Set<String> = [
    "BatchNormalization", "Dropout", "TopK",
  ]
  /// What Dropout becomes in training.
  private static let randomOperators: Set<String> = [
    "Bernoulli", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
  ]

  /// What a node gives whose inputs are all known beforehand; nil if they aren't.
  private mutating func constantResult(of node: OnnxNode) throws(MobileNetError) -> Constant? {
    switch node.opType {
    case "Constant": return try Self.constant(node)
    case "Shape":
      guard case .operand(let operand)? = node.inputs.first.flatMap({ values[$0] }) else { break }
      return Constant(list: try node.range(of: operand.axes.map { extent($0, of: operand) }))
    case "CastLike":
      guard let input = constant(node, 0) else { return nil }
      if let other = constant(node, 1), other.floats == nil || input.floats == nil {
        throw node.refused("it changes the type of a constant")
      }
      return input
    default: break
    }
    var inputs: [Constant?] = []
    for (place, name) in node.inputs.enumerated() {
      guard let input = constant(node, place) else {
        if name.isEmpty { inputs.append(nil) } else { return nil }
        continue
      }
      inputs.append(input)
    }
    guard inputs.contains(where: { $0 != nil }) else { return nil }
    return try constants.compute(node, inputs)
  }

  private static func constant(_ node: OnnxNode) throws(MobileNetError) -> Constant {
    let found = try node.checked { node throws(OnnxError) -> Constant? in
      if let value = try node.tensor("value") { return Constant(value) }
      if let value = try node.float("value_float") {
        return Constant(dimensions: [], .floats([value]))
      }
      if let value = try node.int("value_int") { return Constant(dimensions: [], .ints([value])) }
      if let values = try node.floats("value_floats") {
        return Constant(dimensions: [values.count], .floats(values))
      }
      return try node.ints("value_ints").map { Constant(list: $0) }
    }
    guard let found else { throw node.refused("only numbers and tensors of them are supported") }
    return found
  }
}

// MARK: - Reaching values

extension GraphReader {
  /// What a node reads, if it depends on the image and nothing is left to be done to it but a
  /// function.
  func operand(_ node: OnnxNode, _ index: Int) throws(MobileNetError) -> Operand {
    let operand = try flippable(node, index)
    guard !operand.isFlipped else {
      throw node.refused("only the first convolution may read channels in another order")
    }
    return operand
  }

  /// As `operand`, with channels from blue to red as well.
  func flippable(_ node: OnnxNode, _ index: Int) throws(MobileNetError) -> Operand {
    let operand = try anyOperand(node, index)
    guard operand.padding == Padding() else {
      throw node.refused("it reads what a Pad gives; that may go into convolutions alone")
    }
    guard operand.ending == nil else { throw endingRefusal(node, operand) }
    return operand
  }

  func anyOperand(_ node: OnnxNode, _ index: Int) throws(MobileNetError) -> Operand {
    guard index < node.inputs.count else { throw node.refused("input \(index) is missing") }
    switch values[node.inputs[index]] {
    case .operand(let operand): return operand
    case .constant: throw node.refused("input '\(node.inputs[index])' is a constant")
    case nil: throw node.refused("nothing computes its input '\(node.inputs[index])'")
    }
  }

  func constant(_ node: OnnxNode, _ index: Int) -> Constant? {
    guard index < node.inputs.count, case .constant(let value) = values[node.inputs[index]] else {
      return nil
    }
    return value
  }

  func value(_ node: OnnxNode, _ index: Int) -> Value? { values[node.inputs[index]] }

  /// The float32 numbers of a constant input, all finite; nil if the input is left out.
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

  /// The tensor that holds an operand's numbers, its function applied.
  mutating func tensor(_ operand: Operand, for name: String) -> TensorIndex {
    if operand.function.isIdentity { return operand.tensor }
    let key = Operand(tensor: operand.tensor, axes: [], function: operand.function)
    if let known = realized[key] { return known }
    let result = draft.append(name, operand.function, of: operand.tensor)
    realized[key] = result
    return result
  }

  mutating func define(_ node: OnnxNode, _ operand: Operand) {
    define(node.outputs[0], operand)
  }

  mutating func define(_ output: String, _ operand: Operand) {
    if !output.isEmpty { values[output] = .operand(operand) }
  }

  /// Appends a step and lets the node's output stand for what it gives.
  mutating func append(
    _ node: OnnxNode, _ operation: Draft.Step.Operation, reading inputs: [TensorIndex],
    giving shape: Shape, axes: [Axis]
  ) {
    let output = draft.append(node.title, operation, reading: inputs, giving: shape)
    define(node, Operand(tensor: output, axes: axes))
  }

  /// The extent of a dimension as the graph sees it.
  func extent(_ axis: Axis, of operand: Operand) -> Int {
    let (shape, padding) = (draft.tensors[operand.tensor], operand.padding)
    return switch axis {
    case .sample: sampleCount
    case .height: shape.height + padding.top + padding.bottom
    case .width: shape.width + padding.left + padding.right
    case .channel: shape.channels
    case .one: 1
    }
  }

  /// Whether an operand's dimensions are those; where the extent is 1, one is as good as another.
  func has(_ operand: Operand, _ axes: [Axis]) -> Bool {
    operand.axes.count == axes.count
      && zip(operand.axes, axes).allSatisfy { own, wanted in
        own == wanted || extent(own, of: operand) == 1 && extent(wanted, of: operand) == 1
      }
  }

  /// Those of a PyTorch tensor.
  static let planes: [Axis] = [.sample, .channel, .height, .width]
}

extension Shape {
  var text: String { "\(channels)x\(height)x\(width)" }
}
