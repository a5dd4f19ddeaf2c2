import Kernels
import TFLite

/// A network as operators of a TensorFlow Lite graph.
///
/// Tensors are [N, height, width, channels]. Where the network runs in int8, its bytes are int8 tensors
/// with their scales, between the operators that runtimes have for them; what follows a pool is float32,
/// as it is in `tl`.
struct TFLiteGraphWriter {
  var model = TFLiteModel()
  let network: Network
  let quantization: Quantization?
  let preprocess: Preprocess
  private let pooled: [Bool]
  /// Each tensor of the network that has been written: int8 where it has a scale, else float32.
  private var values: [TensorIndex: Int] = [:]
  /// The float32 form of those in int8, where something asked for it.
  private var numbers: [TensorIndex: Int] = [:]

  /// - Parameter quantization: of an int8 network
  init(_ network: Network, _ quantization: Quantization?, _ preprocess: Preprocess) {
    (self.network, self.quantization, self.preprocess) = (network, quantization, preprocess)
    pooled = network.pooledTensors
  }

  /// Writes everything from the input to the features.
  ///
  /// - Parameters:
  ///   - input: the name of the graph's input
  ///   - kind: what it holds
  /// - Returns: the float32 tensors that are the features, each [N, 1, 1, channels]
  /// - Throws: a layer for which the format has no form
  mutating func write(
    from input: String, _ kind: ExportedInput
  ) throws(MobileNetError) -> [Int] {
    values[0] = quantization == nil ? normalized(input, kind) : bytes(input, kind)
    for index in network.layers.indices { try write(index) }
    return network.outputs.map { number($0) }
  }

  // MARK: Layers

  private mutating func write(_ index: Int) throws(MobileNetError) {
    let layer = network.layers[index]
    let name = "layer\(index + 1)"
    let target = layer.sum ?? layer.output
    var value: Int
    switch layer.operation {
    case .convolution(let c), .depthwise(let c):
      let form = WrittenConvolution(
        c, isDepthwise: layer.isDepthwise, from: network.tensors[layer.inputs[0]],
        to: network.tensors[layer.output])
      if quantization != nil, !pooled[layer.output] {
        value = try convolution(index, form, name)
      } else {
        value = convolution(form, number(layer.inputs[0]), target, name)
      }
    case .averagePool: value = mean(number(layer.inputs[0]), target, name)
    case .combine(let operation, let activation):
      value = combined(layer, operation, activation, target, name)
    case .concatenate:
      let parts = layer.inputs.map { part($0, of: target, name) }
      value = add(.concatenation(axis: 3), parts, named: name, as: target)
    }
    if let table = quantization?.tables[index] {
      value = lookedUp(value, table, layer.output, name)
    } else if let residual = layer.residual {
      value = add(
        .add(.none), [value, self.value(residual)], named: "\(name)_residual", as: layer.output)
    }
    values[layer.output] = value
  }

  /// In float32.
  private mutating func convolution(
    _ form: WrittenConvolution, _ input: Int, _ target: TensorIndex, _ name: String
  ) -> Int {
    let c = form.convolution
    let fused = TFLiteOperator.Fused(c.activation)
    let weight = constant(
      "\(name)_weight", form.weightDimensions, .float32(form.arranged(c.weights)))
    let bias = constant("\(name)_bias", [c.outputs], .float32(c.bias))
    let padded = padded(input, form, name)
    let sums = add(
      form.operation(fused ?? .none), [padded, weight, bias], named: name, as: target)
    return fused == nil ? activated(sums, c.activation, target, name) : sums
  }

  /// On bytes: int8 weights with a scale for each output, and biases in steps of the sums.
  private mutating func convolution(
    _ index: Int, _ form: WrittenConvolution, _ name: String
  ) throws(MobileNetError) -> Int {
    let layer = network.layers[index]
    let c = form.convolution
    guard let weights = quantization?.weights[index] else {
      throw layer.refusedTFLite("it has no int8 weights")
    }
    let isFirst = layer.inputs[0] == 0
    let scale = quantization?.tensors[layer.inputs[0]]?.scale ?? 1
    let zeros = isFirst ? (0..<3).map { preprocess.affine(channel: $0).zero } : nil
    let target = layer.sum ?? layer.output
    let rounded = RoundedConvolution(
      weights, of: c, inputScale: scale, inputZeros: zeros,
      outputScale: quantization?.tensors[target]?.scale ?? 1)
    guard let biases = rounded.biases else {
      throw layer.refusedTFLite("a bias has no place among its sums; use --precision fp32")
    }
    let weight = model.add(
      TFLiteTensor(
        name: "\(name)_weight", dimensions: form.weightDimensions,
        .int8(form.arranged(rounded.values)),
        .init(scales: rounded.scales, along: form.isDepthwise ? 3 : 0)))
    let bias = model.add(
      TFLiteTensor(
        name: "\(name)_bias", dimensions: [c.outputs], .int32(biases),
        .init(scales: rounded.scales.map { $0 * scale }, along: 0)))
    let input =
      isFirst ? firstBytes(form, name) : padded(value(layer.inputs[0]), form, name)
    // Clips at 0 come by themselves, as bytes end there; naming them where there is a name does no
    // harm, and others come from tables.
    return add(
      form.operation(.init(c.activation) ?? .none, isPadded: isFirst), [input, weight, bias],
      named: name, as: target)
  }

  /// With as many zeros around it as the convolution needs and doesn't add itself.
  private mutating func padded(_ input: Int, _ form: WrittenConvolution, _ name: String) -> Int {
    guard form.needsPadding else { return input }
    let like = model.tensors[input]
    return model.add(
      .pad, [input, constant("\(name)_pads", [4, 2], .int32(form.pads))],
      giving: TFLiteTensor(
        name: "\(name)_padded", shape: form.paddedShape, like.type, like.quantization))
  }

  private mutating func mean(_ input: Int, _ target: TensorIndex, _ name: String) -> Int {
    let places = constant("\(name)_axes", [2], .int32([1, 2]))
    return add(.mean(keepsDimensions: true), [input, places], named: name, as: target)
  }

  private mutating func combined(
    _ layer: Layer, _ operation: KernelTable.Binary, _ activation: Activation,
    _ target: TensorIndex, _ name: String
  ) -> Int {
    let fused = TFLiteOperator.Fused(activation)
    if operation == .add || quantization?.tensors[target] == nil {
      let written: TFLiteOperator =
        operation == .add ? .add(fused ?? .none) : .multiply(fused ?? .none)
      let sums = add(written, layer.inputs.map { value($0) }, named: name, as: target)
      // Of bytes, those that have no name come from their range or from a table.
      return fused == nil && quantization?.tensors[target] == nil
        ? activated(sums, activation, target, name) : sums
    }
    // Bytes times the numbers of a gate, rounded once.
    let product = model.add(
      .multiply(.none), layer.inputs.map { number($0) },
      giving: TFLiteTensor(name: "\(name)_float", shape: shape(target), .float32))
    return add(.quantize, [product], named: name, as: target)
  }

  /// An input of a concatenation, in the bytes of its output.
  private mutating func part(
    _ tensor: TensorIndex, of target: TensorIndex, _ name: String
  ) -> Int {
    guard let scale = quantization?.tensors[target], quantization?.tensors[tensor] != scale else {
      return value(tensor)
    }
    return model.add(
      .quantize, [value(tensor)],
      giving: TFLiteTensor(
        name: "\(name)_part\(tensor)", shape: shape(tensor), .int8, .init(scale)))
  }

  // MARK: Activations

  /// In float32: of an activation that operators don't have built in.
  private mutating func activated(
    _ value: Int, _ activation: Activation, _ target: TensorIndex, _ name: String
  ) -> Int {
    func number(_ value: Float, _ what: String) -> TFLiteTensor {
      TFLiteTensor(name: "\(name)_\(what)", dimensions: [], .float32([value]))
    }
    func step(_ what: String) -> TFLiteTensor {
      TFLiteTensor(name: "\(name)_\(what)", shape: shape(target), .float32)
    }
    switch activation {
    case .clip(let low, let high):
      var result = value
      if low.isFinite {
        result = model.add(
          .maximum, [result, model.add(number(low, "low"))], giving: step("clipped_low"))
      }
      if high.isFinite {
        result = model.add(
          .minimum, [result, model.add(number(high, "high"))], giving: step("clipped"))
      }
      return result
    case .hardSwish: return model.add(.hardSwish, [value], giving: step("activated"))
    case .hardSigmoid(let alpha, let beta):
      let (factor, offset) = (
        model.add(number(6 * alpha, "slope")), model.add(number(6 * beta, "offset"))
      )
      let steep = model.add(.multiply(.none), [value, factor], giving: step("steep"))
      let clipped = model.add(.add(.relu6), [steep, offset], giving: step("clipped"))
      let sixth = model.add(number(1 / 6, "sixth"))
      return model.add(.multiply(.none), [clipped, sixth], giving: step("activated"))
    case .swish:
      let gate = model.add(.logistic, [value], giving: step("gate"))
      return model.add(.multiply(.none), [value, gate], giving: step("activated"))
    case .sigmoid: return model.add(.logistic, [value], giving: step("activated"))
    }
  }

  /// What a table gives for the bytes of sums, which begin at −128: a quantized network has the table
  /// alone, and no activation that an operator could be named for.
  private mutating func lookedUp(
    _ sums: Int, _ table: [UInt8], _ output: TensorIndex, _ name: String
  ) -> Int {
    func step(_ what: String) -> TFLiteTensor {
      TFLiteTensor(name: "\(name)_\(what)", shape: shape(output), .int32)
    }
    let bytes = model.add(.cast, [sums], giving: step("sum"))
    let lowest = constant("\(name)_lowest", [], .int32([128]))
    let places = model.add(.add(.none), [bytes, lowest], giving: step("place"))
    let values = model.add(
      TFLiteTensor(
        name: "\(name)_table", dimensions: [256], .int8(table.map { Int8(Int($0) - 128) }),
        quantization?.tensors[output].map { .init($0) }))
    return add(.gather, [values, places], named: "\(name)_activated", as: output)
  }
}

// MARK: - Parts of the graph

extension TFLiteGraphWriter {
  /// A tensor of the network as it was written.
  func value(_ tensor: TensorIndex) -> Int {
    guard let value = values[tensor] else { preconditionFailure("a layer reads what was given") }
    return value
  }

  /// The same as float32.
  private mutating func number(_ tensor: TensorIndex) -> Int {
    let value = value(tensor)
    guard model.tensors[value].type != .float32 else { return value }
    if let known = numbers[tensor] { return known }
    let number = model.add(
      .dequantize, [value],
      giving: TFLiteTensor(
        name: "\(model.tensors[value].name)_float", shape: shape(tensor), .float32))
    numbers[tensor] = number
    return number
  }

  private func shape(_ tensor: TensorIndex) -> [Int] {
    let shape = network.tensors[tensor]
    return [shape.height, shape.width, shape.channels]
  }

  /// Appends an operator that gives a tensor of the network: int8 where that has a scale.
  private mutating func add(
    _ operation: TFLiteOperator, _ inputs: [Int], named name: String, as tensor: TensorIndex
  ) -> Int {
    let scale = quantization?.tensors[tensor]
    return model.add(
      operation, inputs,
      giving: TFLiteTensor(
        name: name, shape: shape(tensor), scale == nil ? .float32 : .int8,
        scale.map { .init($0) }))
  }

  /// Appends an operator that gives a row of numbers for each picture, or with no shape a number.
  mutating func add(
    _ operation: TFLiteOperator, _ inputs: [Int], named name: String, shape: [Int]
  ) -> Int {
    model.add(operation, inputs, giving: TFLiteTensor(name: name, shape: shape, .float32))
  }

  /// Appends a constant.
  mutating func constant(
    _ name: String, _ dimensions: [Int], _ elements: TFLiteTensor.Elements
  ) -> Int {
    model.add(TFLiteTensor(name: name, dimensions: dimensions, elements))
  }
}

extension TFLiteTensor.Quantization {
  /// The bytes are written as int8, 128 lower.
  fileprivate init(_ scale: ByteScale) {
    self.init(scale: scale.scale, zero: Int64(scale.zero) - 128)
  }
}

extension TFLiteOperator.Fused {
  /// Nil for what no operator has built in.
  init?(_ activation: Activation) {
    switch activation {
    case .none: self = .none
    case .clip(low: 0, high: .infinity): self = .relu
    case .clip(low: 0, high: 6): self = .relu6
    case .clip(low: -1, high: 1): self = .reluN1To1
    default: return nil
    }
  }
}

extension Layer {
  fileprivate var isDepthwise: Bool {
    if case .depthwise = operation { true } else { false }
  }

  func refusedTFLite(_ reason: String) -> MobileNetError {
    .unsupported(node: "'\(name)'", reason: "\(reason)")
  }
}
