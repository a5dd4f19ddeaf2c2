import Kernels
import ONNX

/// An int8 network as nodes of an ONNX graph that computes what `tl` computes, byte for byte: sums of
/// integers (ConvInteger), and the kernels' own operations on numbers that turn them into bytes.
///
/// Slower than pairs of QuantizeLinear and DequantizeLinear (`OnnxGraphWriter`), which leave the rounding
/// to the runtime. Tensors are uint8 [N, channels, height, width]; what follows a pool is float32.
struct OnnxExactWriter {
  private(set) var graph: OnnxGraphWriter
  private let network: Network
  private let quantization: Quantization
  private let preprocess: Preprocess
  private let pooled: [Bool]
  /// The value of each tensor of the network that has been written: bytes, or float32 behind a pool.
  private var values: [TensorIndex: String] = [:]

  init(_ network: Network, _ quantization: Quantization, _ preprocess: Preprocess) {
    (self.network, self.quantization, self.preprocess) = (network, quantization, preprocess)
    graph = OnnxGraphWriter(network, quantization, preprocess)
    pooled = network.pooledTensors
  }

  /// Writes everything from the input to the features.
  ///
  /// - Parameters:
  ///   - input: the name of the graph's input
  ///   - kind: what it holds
  /// - Returns: the names of the values that are the features, each float32 [N, channels, 1, 1]
  /// - Throws: a layer whose outputs leave the range of bytes, or that is damaged
  mutating func write(
    from input: String, _ kind: ExportedInput
  ) throws(MobileNetError) -> [String] {
    graph.writeExactConstants()
    values[0] = bytes(input, kind)
    for index in network.layers.indices { try write(index) }
    return network.outputs.map { value($0) }
  }

  /// The picture's bytes as planes.
  private mutating func bytes(_ input: String, _ kind: ExportedInput) -> String {
    guard kind == .normalized else {
      return graph.add(
        "Transpose", [input], named: "input_planes", [.init("perm", .ints([0, 3, 1, 2]))])
    }
    let deviations = graph.perChannel(
      "input_deviation", preprocess.deviationOfBytes.map { Float($0) })
    let means = graph.perChannel("input_mean", preprocess.meanOfBytes.map { Float($0) })
    let centred = graph.add("Mul", [input, deviations], named: "input_centred")
    let numbers = graph.add("Add", [centred, means], named: "input_numbers")
    return graph.nearestBytes(numbers, "input")
  }

  private mutating func write(_ index: Int) throws(MobileNetError) {
    let layer = network.layers[index]
    let name = "layer\(index + 1)"
    guard !layer.reads.allSatisfy({ pooled[$0] }) else {
      values[layer.output] = graph.writeFloat32(index, layer.reads.map { value($0) })
      return
    }
    var result =
      switch layer.operation {
      case .convolution(let c): try convolution(index, c, groups: 1, name)
      case .depthwise(let c): try convolution(index, c, groups: c.outputs, name)
      case .averagePool: try pool(layer, name)
      case .combine(.add, _): try sum(layer, name)
      case .combine(.multiply, _): try product(layer, name)
      case .concatenate: try concatenated(layer, name)
      }
    if let table = quantization.tables[index] { result = graph.lookedUp(result, table, name) }
    if let residual = layer.residual { result = try added(result, residual, layer, name) }
    values[layer.output] = result
  }

  // MARK: Convolutions

  /// What rounds the sums of a convolution: fma(sum, multiplier, bias).
  private mutating func convolution(
    _ index: Int, _ c: Convolution, groups: Int, _ name: String
  ) throws(MobileNetError) -> String {
    let layer = network.layers[index]
    guard let weights = quantization.weights[index] else {
      throw layer.damaged("it has no weights")
    }
    let isFirst = layer.inputs[0] == 0
    let factors = try Int8Factors(layer, quantization, preprocess, weights)
    let multiplier = graph.wide(graph.perChannel("\(name)_multiplier", factors.multipliers))
    var bias = graph.wide(
      isFirst
        ? try borderBias(layer, c, factors, name)
        : graph.perChannel("\(name)_bias", try factors.biases { _, _ in true }))
    // Padding is the input's zero, and taken from all bytes. The biases are for sums without that.
    let isPadded = graph.padding(index, c).contains { $0 > 0 }
    let zero = isPadded && !isFirst ? try scale(layer.inputs[0], layer).zero : 0
    var sums = graph.integerConvolution(index, c, groups, value(layer.inputs[0]), zero, weights)
    let taps = weights.values.count / c.outputs
    let rows = (0..<c.outputs).map { weights.values[$0 * taps..<($0 + 1) * taps] }
    if zero > 0 {
      let offsets = graph.constant(
        "\(name)_offset", [1, c.outputs, 1, 1],
        .int32(rows.map { $0.reduce(0) { $0 + Int32($1) } * Int32(zero) }))
      if weights.hasExactSums {
        let shift = graph.add("Mul", [graph.wide(offsets), multiplier], named: "\(name)_shift")
        bias = graph.add("Add", [shift, bias], named: "\(name)_shifted_bias")
      } else {
        sums = graph.add("Add", [sums, offsets], named: "\(name)_sums_of_bytes")
      }
    }
    if !weights.hasExactSums { sums = graph.cast(sums, .float32, "\(name)_float32") }
    let numbers = graph.multiplied(graph.wide(sums), multiplier, adding: bias, name)
    return graph.nearestBytes(numbers, name)
  }

  /// The bias of every place of the first layer's output, float32 [1, channels, height, width]: one for
  /// each set of taps that meet the input.
  private mutating func borderBias(
    _ layer: Layer, _ c: Convolution, _ factors: Int8Factors, _ name: String
  ) throws(MobileNetError) -> String {
    let (x, y) = (network.tensors[0], network.tensors[layer.output])
    let rows = Borders.runs(
      outputs: y.height, inputs: x.height, kernel: c.kernelHeight, stride: c.stride, pad: c.padTop)
    let columns = Borders.runs(
      outputs: y.width, inputs: x.width, kernel: c.kernelWidth, stride: c.stride, pad: c.padLeft)
    var sets: [[Float]] = []
    for row in rows {
      for column in columns {
        sets.append(try factors.biases { row.taps.contains($0) && column.taps.contains($1) })
      }
    }
    var bias = graph.constant(
      "\(name)_bias", [1, c.outputs, rows.count, columns.count],
      .float32((0..<c.outputs).flatMap { output in sets.map { $0[output] } }))
    for (axis, runs) in [(2, rows), (3, columns)] {
      let places = runs.enumerated().flatMap { index, run in
        [Int64](repeating: Int64(index), count: run.count)
      }
      let list = graph.constant("\(name)_bias_places\(axis)", [places.count], .int64(places))
      bias = graph.add(
        "Gather", [bias, list], named: "\(name)_bias\(axis)", [.init("axis", .int(Int64(axis)))])
    }
    return bias
  }

  // MARK: Other layers

  /// (sum − offset) · scale.
  private mutating func pool(_ layer: Layer, _ name: String) throws(MobileNetError) -> String {
    let (input, shape) = (
      try scale(layer.inputs[0], layer), network.tensors[layer.inputs[0]]
    )
    let count = shape.height * shape.width
    let whole = graph.cast(value(layer.inputs[0]), .int32, "\(name)_int32")
    let axes = graph.constant("\(name)_axes", [2], .int64([2, 3]))
    let sum = graph.add(
      "ReduceSum", [whole, axes], named: "\(name)_sum", [.init("keepdims", .int(1))])
    let offset = graph.constant("\(name)_offset", [], .int32([Int32(count * Int(input.zero))]))
    let centred = graph.add("Sub", [sum, offset], named: "\(name)_centred")
    let number = graph.cast(centred, .float32, "\(name)_number")
    let factor = graph.number("\(name)_scale", input.scale / Float(count))
    return graph.add("Mul", [number, factor], named: name)
  }

  /// (a − zero) · scale + ((b − zero) · scale + zero), every operation rounded to float32.
  private mutating func sum(_ layer: Layer, _ name: String) throws(MobileNetError) -> String {
    let output = try scale(layer.sum ?? layer.output, layer)
    var numbers: [String] = []
    for (place, input) in layer.inputs.enumerated() {
      let own = try scale(input, layer)
      numbers.append(
        graph.number(
          of: value(input), zero: own.zero, scale: own.scale / output.scale,
          "\(name)_number\(place + 1)"))
    }
    let zero = graph.number("\(name)_zero", Float(output.zero))
    let second = graph.add("Add", [numbers[1], zero], named: "\(name)_second")
    return graph.nearestBytes(
      graph.add("Add", [numbers[0], second], named: "\(name)_sum"), name)
  }

  /// (a − zero) · (gate · scale) + zero, every operation rounded to float32.
  private mutating func product(_ layer: Layer, _ name: String) throws(MobileNetError) -> String {
    let output = try scale(layer.sum ?? layer.output, layer)
    let own = try scale(layer.inputs[0], layer)
    let number = graph.number(
      of: value(layer.inputs[0]), zero: own.zero, scale: 1, "\(name)_number")
    let factor = graph.number("\(name)_scale", own.scale / output.scale)
    let gate = graph.add("Mul", [value(layer.inputs[1]), factor], named: "\(name)_gate")
    let product = graph.add("Mul", [number, gate], named: "\(name)_product")
    let zero = graph.number("\(name)_zero", Float(output.zero))
    return graph.nearestBytes(graph.add("Add", [product, zero], named: "\(name)_sum"), name)
  }

  private mutating func concatenated(
    _ layer: Layer, _ name: String
  ) throws(MobileNetError) -> String {
    let output = try scale(layer.output, layer)
    var parts: [String] = []
    for (place, input) in layer.inputs.enumerated() {
      let own = try scale(input, layer)
      parts.append(
        own == output
          ? value(input)
          : graph.lookedUp(
            value(input), Activation.none.table(from: own, to: output),
            "\(name)_part\(place + 1)"))
    }
    return graph.add("Concat", parts, named: name, [.init("axis", .int(1))])
  }

  /// Adds another tensor's bytes to those of a convolution's sums:
  /// fma(own − zero, scale, (other − zero) · scale) + zero.
  private mutating func added(
    _ bytes: String, _ residual: TensorIndex, _ layer: Layer, _ name: String
  ) throws(MobileNetError) -> String {
    guard let sum = layer.sum else { throw layer.damaged("its sum has no tensor") }
    let (own, other, output) = (
      try scale(sum, layer), try scale(residual, layer), try scale(layer.output, layer)
    )
    let right = graph.number(
      of: value(residual), zero: other.zero, scale: other.scale / output.scale,
      "\(name)_residual")
    let left = graph.number(of: bytes, zero: own.zero, scale: 1, "\(name)_own")
    let factor = graph.number("\(name)_own_factor", own.scale / output.scale)
    let total = graph.multiplied(
      graph.wide(left), graph.wide(factor), adding: graph.wide(right), "\(name)_total")
    let zero = graph.number("\(name)_total_zero", Float(output.zero))
    return graph.nearestBytes(
      graph.add("Add", [total, zero], named: "\(name)_total_number"), "\(name)_total")
  }

  private func value(_ tensor: TensorIndex) -> String {
    guard let value = values[tensor] else { preconditionFailure("a layer reads what was given") }
    return value
  }

  private func scale(
    _ tensor: TensorIndex, _ layer: Layer
  ) throws(MobileNetError) -> ByteScale {
    guard let scale = quantization.tensors[tensor] else {
      throw layer.damaged("a tensor of it has no scale")
    }
    return scale
  }
}

extension QuantizedWeights {
  /// Whether every sum of products with bytes, and every part of it, is a float32 number.
  fileprivate var hasExactSums: Bool {
    let taps = values.count / scales.count
    return scales.indices.allSatisfy { output in
      let row = values[output * taps..<(output + 1) * taps]
      return row.reduce(0) { $0 + abs(Int($1)) } * 255 <= 1 << 24
    }
  }
}
