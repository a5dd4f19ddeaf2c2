import Kernels

/// What running one layer in int8 takes beside its geometry.
struct QuantizedLayer: Sendable {
  var weights = Int8Layer(packed: 0, multiplier: 0, bias: 0)
  /// Where the biases begin that each border has: one set, but for the input layer.
  var borders = Borders()
  var residual: Int8Residual?
  /// Of a pooling layer: its features are (sum − offset) · scale.
  var poolOffset: Int32 = 0
  var poolScale: Float = 0
  /// Of a sum or product.
  var combination: Int8Combination?
  /// The output's byte for each byte of the sums, where the activation isn't a clip.
  var table: [UInt8]?
  /// Of tensors put side by side: what turns the bytes of each into the output's; nil where they are.
  var parts: [[UInt8]?] = []
  /// Of a layer that runs in float32: where its weights begin, counted in float32 values.
  var float32: Int?
}

/// The input's zero, 127.5 for one, is no byte: a padding tap can't hold it, so that outputs at the
/// borders, which sum over fewer taps, need biases of their own.
struct Borders: Sendable {
  /// Neighbouring output columns that see the same kernel columns.
  struct Run: Sendable {
    var first: Int
    var count: Int
    var taps: Range<Int>
  }

  /// Offsets of biases, by row class and then by column run; empty where one set serves all.
  var biases: [[Int]] = []
  /// The class of each output row.
  var rowClasses: [Int] = []
  var runs: [Run] = []

  init() {}

  /// The runs of output places along one side that see the same kernel taps.
  static func runs(
    outputs: Int, inputs: Int, kernel: Int, stride: Int, pad: Int
  ) -> [Run] {
    var runs: [Run] = []
    for place in 0..<outputs {
      let start = place * stride - pad
      let meeting = max(-start, 0)..<max(-start, 0, min(inputs - start, kernel))
      let taps = meeting.isEmpty ? 0..<0 : meeting
      if let last = runs.last, last.taps == taps {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Run(first: place, count: 1, taps: taps))
      }
    }
    return runs
  }
}

/// Packs the layers of an int8 network into one block.
struct Int8Packer {
  private(set) var bytes: [UInt8] = []
  private(set) var layers: [QuantizedLayer] = []
  private let network: Network
  private let quantization: Quantization
  private let preprocess: Preprocess
  private let expansions: Set<Int>
  private let pooled: [Bool]

  /// - Parameter expansions: the layers that are computed together with the depthwise ones after
  ///   them
  /// - Throws: a layer whose outputs could leave the range where quantizing is exact
  init(
    _ network: Network, _ quantization: Quantization, _ preprocess: Preprocess,
    _ expansions: Set<Int>
  ) throws(MobileNetError) {
    self.network = network
    self.quantization = quantization
    self.preprocess = preprocess
    self.expansions = expansions
    pooled = network.pooledTensors
    for index in network.layers.indices { try append(index) }
  }

  private mutating func append(_ index: Int) throws(MobileNetError) {
    let layer = network.layers[index]
    // A pool turns bytes into float32; what follows it is float32 altogether.
    if layer.reads.allSatisfy({ pooled[$0] }) {
      layers.append(QuantizedLayer(float32: place(layer.packed) / 4))
      return
    }
    try append(index, layer)
    layers[index].table = quantization.tables[index]
  }

  private mutating func append(_ index: Int, _ layer: Layer) throws(MobileNetError) {
    switch layer.operation {
    case .convolution(let c), .depthwise(let c):
      guard let weights = quantization.weights[index] else {
        throw layer.damaged("it has no weights")
      }
      if case .depthwise = layer.operation {
        try append(layer, depthwise: c, weights)
      } else if expansions.contains(index) {
        try append(layer, expansion: c, weights)
      } else {
        try append(layer, dense: c, weights)
      }
    case .averagePool:
      guard let scale = quantization.tensors[layer.inputs[0]] else {
        throw layer.damaged("its input has no scale")
      }
      let shape = network.tensors[layer.inputs[0]]
      let count = shape.height * shape.width
      var quantized = QuantizedLayer()
      quantized.poolOffset = Int32(count * Int(scale.zero))
      quantized.poolScale = scale.scale / Float(count)
      layers.append(quantized)
    case .combine(let operation, _):
      layers.append(QuantizedLayer(combination: try combination(layer, operation)))
    case .concatenate:
      guard let output = quantization.tensors[layer.output] else {
        throw layer.damaged("its output has no scale")
      }
      var quantized = QuantizedLayer()
      for input in layer.inputs {
        guard let scale = quantization.tensors[input] else {
          throw layer.damaged("an input of it has no scale")
        }
        quantized.parts.append(
          scale == output ? nil : Activation.none.table(from: scale, to: output))
      }
      layers.append(quantized)
    }
  }

  private mutating func append(
    _ layer: Layer, dense c: Convolution, _ weights: QuantizedWeights
  ) throws(MobileNetError) {
    let sum = c.sumOrder(perPixel: layer.inputs[0] == 0 ? 4 : (c.inputs + 3) / 4 * 4)
    let ordered = weights.ordered(sum, outputs: c.outputs)
    let order = Packing.panelOrder(c.outputs)
    var quantized = QuantizedLayer()
    quantized.weights.packed = place(
      Packing.int8Convolution(outputs: c.outputs, taps: sum.count, weights: ordered))
    // Of an image the kernels leave out every fourth weight, which makes other neighbours.
    quantized.weights.fits16Bits =
      layer.inputs[0] != 0
      && (0..<c.outputs).allSatisfy { output in
        Packing.largestShortSum(ordered[output * sum.count..<(output + 1) * sum.count])
          <= Packing.shortSumMax
      }
    let factors = try Int8Factors(layer, quantization, preprocess, weights)
    quantized.weights.multiplier = place(factors.multipliers, order)
    quantized.weights.bias = place(try factors.biases { _, _ in true }, order)
    if layer.inputs[0] == 0 {
      let (x, y) = (network.tensors[0], network.tensors[layer.output])
      let rows = Borders.runs(
        outputs: y.height, inputs: x.height, kernel: c.kernelHeight, stride: c.stride,
        pad: c.padTop)
      quantized.borders.runs = Borders.runs(
        outputs: y.width, inputs: x.width, kernel: c.kernelWidth, stride: c.stride,
        pad: c.padLeft)
      for (index, row) in rows.enumerated() {
        quantized.borders.rowClasses += [Int](repeating: index, count: row.count)
        var biases: [Int] = []
        for column in quantized.borders.runs {
          biases.append(
            place(
              try factors.biases { row.taps.contains($0) && column.taps.contains($1) }, order))
        }
        quantized.borders.biases.append(biases)
      }
    }
    if let residual = layer.residual {
      quantized.residual = try parameters(layer, residual)
    }
    layers.append(quantized)
  }

  private mutating func append(
    _ layer: Layer, expansion c: Convolution, _ weights: QuantizedWeights
  ) throws(MobileNetError) {
    let natural = Array(0..<Packing.padded(c.outputs))
    let factors = try Int8Factors(layer, quantization, preprocess, weights)
    let biases = try factors.biases { _, _ in true }
    var quantized = QuantizedLayer()
    let sum = c.sumOrder(perPixel: (c.inputs + 3) / 4 * 4)
    let ordered = weights.ordered(sum, outputs: c.outputs)
    quantized.weights.packed = place(
      Packing.int8Parts(outputs: c.outputs, inputs: sum.count, weights: ordered))
    quantized.weights.multiplier = place(factors.multipliers, natural)
    quantized.weights.bias = place(biases, natural)
    layers.append(quantized)
  }

  private mutating func append(
    _ layer: Layer, depthwise c: Convolution, _ weights: QuantizedWeights
  ) throws(MobileNetError) {
    let taps = c.kernelHeight * c.kernelWidth
    let weight = { (channel: Int, tap: Int) in weights.values[channel * taps + tap] }
    let natural = Array(0..<Packing.padded(c.outputs))
    let factors = try Int8Factors(layer, quantization, preprocess, weights)
    let biases = try factors.biases { _, _ in true }
    var quantized = QuantizedLayer()
    quantized.weights.packed = place(
      Packing.int8Depthwise(channels: c.outputs, taps: taps, weight: weight))
    quantized.weights.multiplier = place(factors.multipliers, natural)
    quantized.weights.bias = place(biases, natural)
    if c.kernelHeight == 3, c.kernelWidth == 3, c.stride <= 2 {
      quantized.weights.interleaved = place(
        Packing.int8Interleaved(channels: c.outputs, weight: weight))
    }
    layers.append(quantized)
  }

  private func parameters(
    _ layer: Layer, _ residual: TensorIndex
  ) throws(MobileNetError) -> Int8Residual {
    guard let sum = layer.sum.flatMap({ quantization.tensors[$0] }),
      let other = quantization.tensors[residual], let output = quantization.tensors[layer.output]
    else { throw layer.damaged("a tensor of its addition has no scale") }
    return Int8Residual(
      sumZero: Float(sum.zero), sumScale: sum.scale / output.scale,
      residualZero: Float(other.zero), residualScale: other.scale / output.scale,
      outputZero: Float(output.zero))
  }

  /// Factors are as large as a gate is, so that only a sum's are known to stay finite.
  private func combination(
    _ layer: Layer, _ operation: KernelTable.Binary
  ) throws(MobileNetError) -> Int8Combination {
    let second = operation == .add ? quantization.tensors[layer.inputs[1]] : nil
    guard let first = quantization.tensors[layer.inputs[0]],
      operation == .multiply || second != nil,
      let output = quantization.tensors[layer.sum ?? layer.output]
    else { throw layer.damaged("a tensor of it has no scale") }
    return Int8Combination(
      firstZero: Float(first.zero), firstScale: first.scale / output.scale,
      secondZero: Float(second?.zero ?? 0), secondScale: (second?.scale ?? 0) / output.scale,
      outputZero: Float(output.zero))
  }

  /// Appends float32 values on a cache line of their own; returns where they begin.
  private mutating func place(_ values: [Float]) -> Int { place(values, Array(values.indices)) }

  /// Appends bytes on a cache line of their own; returns where they begin.
  private mutating func place(_ values: [UInt8]) -> Int {
    bytes += [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64)
    defer { bytes += values }
    return bytes.count
  }

  /// Appends the values of channels in an order; channels that there aren't get 0.
  private mutating func place(_ values: [Float], _ order: [Int]) -> Int {
    place(
      order.flatMap { channel -> [UInt8] in
        let bits = channel < values.count ? values[channel].bitPattern : 0
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
      })
  }
}

extension QuantizedWeights {
  /// The weights of one output channel after the other, each in the order of its sum.
  fileprivate func ordered(_ sum: [Int?], outputs: Int) -> [Int8] {
    let perOutput = values.count / outputs
    var ordered: [Int8] = []
    ordered.reserveCapacity(outputs * sum.count)
    for output in 0..<outputs {
      for place in sum { ordered.append(place.map { values[output * perOutput + $0] } ?? 0) }
    }
    return ordered
  }
}

extension Layer {
  func damaged(_ reason: String) -> MobileNetError {
    .unsupported(node: "'\(name)'", reason: reason)
  }
}
