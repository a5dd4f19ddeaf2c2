import Kernels
import ONNX

/// A network as nodes of an ONNX graph, in an operator set that every runtime has.
///
/// Tensors are [N, channels, height, width]. Where the network runs in int8, its bytes are written as
/// pairs of QuantizeLinear and DequantizeLinear around float32 operators (QDQ), which runtimes turn into
/// int8 arithmetic of their own; rounding may then differ by one step of a byte here and there.
struct OnnxGraphWriter {
  private(set) var nodes: [OnnxNode] = []
  private(set) var initializers: [OnnxTensor] = []
  private let network: Network
  private let quantization: Quantization?
  private let preprocess: Preprocess
  /// The value of each tensor of the network that has been written.
  private var values: [TensorIndex: String] = [:]

  /// - Parameter quantization: of an int8 network
  init(_ network: Network, _ quantization: Quantization?, _ preprocess: Preprocess) {
    (self.network, self.quantization, self.preprocess) = (network, quantization, preprocess)
  }

  /// Writes everything from the input to the features.
  ///
  /// - Parameters:
  ///   - input: the name of the graph's input
  ///   - kind: what it holds
  /// - Returns: the names of the values that are the features, each [N, channels, 1, 1]
  mutating func write(from input: String, _ kind: ExportedInput) -> [String] {
    values[0] = normalized(input, kind)
    for index in network.layers.indices { write(index) }
    return network.outputs.map { tensor in
      guard let value = values[tensor] else { preconditionFailure("a layer gives every tensor") }
      return value
    }
  }

  // MARK: Input

  /// What the first layer takes. In int8 its weights hold the factor of the input, and it takes the
  /// bytes less their zero.
  private mutating func normalized(_ input: String, _ kind: ExportedInput) -> String {
    let affine = (0..<3).map { preprocess.affine(channel: $0) }
    let factors = affine.map { Float($0.factor) }
    switch kind {
    case .pixels:
      let planes = add(
        "Transpose", [input], named: "input_planes", [.init("perm", .ints([0, 3, 1, 2]))])
      let numbers = add("Cast", [planes], named: "input_numbers", [.init("to", .int(1))])
      let zero = perChannel("input_zero", affine.map { Float($0.zero) })
      let centred = add("Sub", [numbers, zero], named: "input_centred")
      guard quantization == nil else { return centred }
      return add("Mul", [centred, perChannel("input_factor", factors)], named: "input_normalized")
    case .normalized:
      guard quantization != nil else { return input }
      return add("Div", [input, perChannel("input_factor", factors)], named: "input_centred")
    }
  }

  /// One float32 number for each channel, [1, channels, 1, 1].
  mutating func perChannel(_ name: String, _ numbers: [Float]) -> String {
    constant(name, [1, numbers.count, 1, 1], .float32(numbers))
  }

  // MARK: Layers

  /// Writes a layer behind a pool, by the values of what it reads.
  ///
  /// - Returns: the value of its output
  mutating func writeFloat32(_ index: Int, _ inputs: [String]) -> String {
    let layer = network.layers[index]
    for (tensor, value) in zip(layer.reads, inputs) { values[tensor] = value }
    write(index)
    guard let value = values[layer.output] else { preconditionFailure("it was written") }
    return value
  }

  private mutating func write(_ index: Int) {
    let layer = network.layers[index]
    let name = "layer\(index + 1)"
    let inputs = layer.inputs.map { tensor -> String in
      guard let value = values[tensor] else { preconditionFailure("a layer reads what was given") }
      return value
    }
    var value: String
    var function: Activation?
    switch layer.operation {
    case .convolution(let c):
      value = convolution(index, c, inputs[0], name, groups: 1)
      function = c.activation
    case .depthwise(let c):
      value = convolution(index, c, inputs[0], name, groups: c.outputs)
      function = c.activation
    case .averagePool: value = add("GlobalAveragePool", inputs, named: name)
    case .combine(let operation, let activation):
      value = add(operation == .add ? "Add" : "Mul", inputs, named: name)
      function = activation
    case .concatenate: value = add("Concat", inputs, named: name, [.init("axis", .int(1))])
    }
    if let table = quantization?.tables[index], let sum = layer.sum {
      values[layer.output] = lookedUp(value, sum, table, layer.output, name)
      return
    }
    if let sum = layer.sum { value = bytes(value, of: sum, "\(name)_sum") }
    // Bytes are clipped by their range.
    if let function, quantization?.tensors[layer.output] == nil {
      value = activated(value, function, name)
    }
    if let residual = layer.residual {
      guard let other = values[residual] else { preconditionFailure("a residual comes first") }
      value = add("Add", [value, other], named: "\(name)_residual")
    }
    values[layer.output] = bytes(value, of: layer.output, name)
  }

  private mutating func convolution(
    _ index: Int, _ c: Convolution, _ input: String, _ name: String, groups: Int
  ) -> String {
    let shape = [c.outputs, c.inputs / groups, c.kernelHeight, c.kernelWidth]
    let parameters: [String]
    if let weights = quantization?.weights[index] {
      parameters = quantized(index, weights, shape, name)
    } else {
      parameters = [
        constant("\(name)_weight", shape, .float32(c.weights)),
        constant("\(name)_bias", [c.outputs], .float32(c.bias)),
      ]
    }
    return add("Conv", [input] + parameters, named: name, window(index, c, groups))
  }

  /// How a convolution moves over its input: attributes of Conv and ConvInteger.
  func window(_ index: Int, _ c: Convolution, _ groups: Int) -> [OnnxAttribute] {
    [
      .init("group", .int(Int64(groups))),
      .init("kernel_shape", .ints([Int64(c.kernelHeight), Int64(c.kernelWidth)])),
      .init("pads", .ints(padding(index, c).map { Int64($0) })),
      .init("strides", .ints([Int64(c.stride), Int64(c.stride)])),
    ]
  }

  /// The rows above and the columns to the left of a convolution's input that are padding, then those
  /// below and to the right.
  func padding(_ index: Int, _ c: Convolution) -> [Int] {
    let layer = network.layers[index]
    let (x, y) = (network.tensors[layer.inputs[0]], network.tensors[layer.output])
    let below = max(c.reach(y.height, kernel: c.kernelHeight) - x.height - c.padTop, 0)
    let right = max(c.reach(y.width, kernel: c.kernelWidth) - x.width - c.padLeft, 0)
    return [c.padTop, c.padLeft, below, right]
  }

  /// Weight and bias of a convolution on bytes: int8 and int32, as runtimes with int8 arithmetic want
  /// them. Of the first layer, whose input is no byte, float32.
  private mutating func quantized(
    _ index: Int, _ weights: QuantizedWeights, _ shape: [Int], _ name: String
  ) -> [String] {
    let scales = constant("\(name)_weight_scale", [shape[0]], .float32(weights.scales))
    let zeros = constant(
      "\(name)_weight_zero", [shape[0]], .int8(Array(repeating: 0, count: shape[0])))
    let values = constant("\(name)_weight_int8", shape, .int8(weights.values))
    let weight = add(
      "DequantizeLinear", [values, scales, zeros], named: "\(name)_weight",
      [.init("axis", .int(0))])
    let input = network.layers[index].inputs[0]
    guard let scale = quantization?.tensors[input]?.scale,
      let bias = wholeNumbers(weights.bias, scale: scale, weights.scales)
    else { return [weight, constant("\(name)_bias", [shape[0]], .float32(weights.bias))] }
    let steps = constant(
      "\(name)_bias_scale", [shape[0]], .float32(weights.scales.map { $0 * scale }))
    let none = constant(
      "\(name)_bias_zero", [shape[0]], .int32(Array(repeating: 0, count: shape[0])))
    let whole = constant("\(name)_bias_int32", [shape[0]], .int32(bias))
    return [
      weight,
      add(
        "DequantizeLinear", [whole, steps, none], named: "\(name)_bias", [.init("axis", .int(0))]),
    ]
  }

  /// Biases in steps of the sums; nil where one has no place in an int32.
  private func wholeNumbers(_ biases: [Float], scale: Float, _ scales: [Float]) -> [Int32]? {
    let steps = zip(biases, scales).map { bias, weightScale in
      (Double(bias) / (Double(scale) * Double(weightScale))).rounded(.toNearestOrEven)
    }
    guard steps.allSatisfy({ abs($0) < 0x1p30 }) else { return nil }
    return steps.map { Int32($0) }
  }

  private mutating func activated(
    _ value: String, _ activation: Activation, _ name: String
  ) -> String {
    switch activation {
    case .none: return value
    case .clip(let low, let high):
      let bounds = [("low", low), ("high", high)].map { side, bound in
        bound.isFinite ? constant("\(name)_\(side)", [], .float32([bound])) : ""
      }
      return add("Clip", [value] + bounds, named: "\(name)_clipped")
    case .hardSwish:
      let gate = add(
        "HardSigmoid", [value], named: "\(name)_gate",
        [.init("alpha", .float(1 / 6)), .init("beta", .float(0.5))])
      return add("Mul", [value, gate], named: "\(name)_activated")
    case .hardSigmoid(let alpha, let beta):
      return add(
        "HardSigmoid", [value], named: "\(name)_activated",
        [.init("alpha", .float(alpha)), .init("beta", .float(beta))])
    case .swish:
      let gate = add("Sigmoid", [value], named: "\(name)_gate")
      return add("Mul", [value, gate], named: "\(name)_activated")
    case .sigmoid: return add("Sigmoid", [value], named: "\(name)_activated")
    }
  }

  // MARK: Bytes

  /// The value by way of the bytes of its tensor; the value itself where the tensor has none.
  private mutating func bytes(_ value: String, of tensor: TensorIndex, _ name: String) -> String {
    guard let scale = quantization?.tensors[tensor] else { return value }
    let parameters = parameters(scale, name)
    let quantized = add("QuantizeLinear", [value] + parameters, named: "\(name)_uint8")
    return add("DequantizeLinear", [quantized] + parameters, named: "\(name)_float")
  }

  /// What a table gives for the byte of a value, as a number again.
  private mutating func lookedUp(
    _ value: String, _ sum: TensorIndex, _ table: [UInt8], _ output: TensorIndex, _ name: String
  ) -> String {
    guard let from = quantization?.tensors[sum], let to = quantization?.tensors[output] else {
      preconditionFailure("a table is between bytes")
    }
    let byte = add(
      "QuantizeLinear", [value] + parameters(from, "\(name)_sum"), named: "\(name)_sum_uint8")
    let place = add("Cast", [byte], named: "\(name)_sum_int32", [.init("to", .int(6))])
    let bytes = constant("\(name)_table", [256], .uint8(table))
    let found = add("Gather", [bytes, place], named: "\(name)_uint8", [.init("axis", .int(0))])
    return add(
      "DequantizeLinear", [found] + parameters(to, name), named: "\(name)_float")
  }

  private mutating func parameters(_ scale: ByteScale, _ name: String) -> [String] {
    [
      constant("\(name)_scale", [], .float32([scale.scale])),
      constant("\(name)_zero", [], .uint8([scale.zero])),
    ]
  }

  // MARK: Parts of the graph

  /// Appends a node with one output and returns that one's name.
  mutating func add(
    _ operation: String, _ inputs: [String], named name: String, _ attributes: [OnnxAttribute] = []
  ) -> String {
    nodes.append(
      OnnxNode(
        name: name, opType: operation, inputs: inputs, outputs: [name], attributes: attributes))
    return name
  }

  /// Appends a constant and returns its name.
  mutating func constant(
    _ name: String, _ dimensions: [Int], _ elements: OnnxTensor.Elements
  ) -> String {
    initializers.append(OnnxTensor(name: name, dimensions: dimensions, elements: elements))
    return name
  }
}
