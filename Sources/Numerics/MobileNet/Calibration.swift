import Kernels
import Threading

/// Turns a float32 backbone into an int8 one.
struct Calibration {
  private let backbone: Backbone
  /// The network as it will run in int8.
  let network: Network
  /// The same with each layer on its own, so that every tensor can be looked at.
  private let unfused: Network
  /// Of each tensor of the network.
  private var seen: [Values]
  private var imageCount = 0

  /// What photographs show of one tensor.
  private struct Values {
    var low: Float = 0
    var high: Float = 0
    /// The sum over all pixels of each channel, where it is wanted.
    var sums: [Double] = []

    /// - Parameter channels: how many sums are wanted.
    init(channels: Int = 0) { sums = [Double](repeating: 0, count: channels) }

    mutating func include(_ low: Float, _ high: Float) {
      self.low = min(self.low, low)
      self.high = max(self.high, high)
    }

    mutating func include(_ other: Values) {
      include(other.low, other.high)
      for channel in sums.indices { sums[channel] += other.sums[channel] }
    }
  }

  /// - Throws: what can't be done in int8
  init(_ backbone: Backbone) throws(MobileNetError) {
    if let obstacle = backbone.plan.network.int8Obstacle { throw obstacle }
    self.backbone = backbone
    network = backbone.plan.network.withSumsOfTables
    unfused = network.unfused
    seen = []
    seen = emptyValues
  }

  /// Runs the images through the float32 network, on several threads, and notes the range and the mean of
  /// every tensor that ``quantization()`` asks for.
  mutating func observe(_ images: [[UInt8]], threads: Int) {
    let (needsRange, empty) = (tensorsWithRange, emptyValues)
    let observed = zip(needsRange, empty).map { $0 || !$1.sums.isEmpty }
    let ofImages = concurrentMap(
      count: images.count, threads: threads, name: "calibrate",
      buffers: { [backbone, unfused] in FeatureExtractor(backbone.unfused(unfused)) },
      compute: { (index, extractor: inout FeatureExtractor) in
        var values = empty
        let image = images[index]
        extractor.observe(observed, pixels: image.span) { tensor, arena, pixel in
          if needsRange[tensor] {
            let (low, high) = arena.extremes(pixel)
            values[tensor].include(low, high)
          }
          if !values[tensor].sums.isEmpty { arena.add(pixel, to: &values[tensor].sums) }
        }
        return values
      })
    imageCount += images.count
    // In the images' order, so that sums are the same however many threads there are.
    for values in ofImages {
      for tensor in seen.indices { seen[tensor].include(values[tensor]) }
    }
  }

  /// Nothing seen yet of any tensor; what convolutions on bytes read wants sums.
  private var emptyValues: [Values] {
    let pooled = network.pooledTensors
    var values = network.tensors.map { _ in Values() }
    for layer in network.layers where !pooled[layer.output] && layer.inputs[0] != 0 {
      switch layer.operation {
      case .convolution, .depthwise:
        values[layer.inputs[0]] = Values(channels: network.tensors[layer.inputs[0]].channels)
      case .averagePool, .combine, .concatenate: break
      }
    }
    return values
  }

  /// Whether the range of each tensor follows from what images show.
  private var tensorsWithRange: [Bool] {
    let pooled = network.pooledTensors
    var result = [Bool](repeating: false, count: network.tensors.count)
    for layer in unfused.layers where !pooled[layer.output] {
      result[layer.output] = layer.activation.fixedHigh == nil
    }
    return result
  }

  /// The quantization that follows from what was seen.
  ///
  /// - Throws: a value that would leave the range where quantizing is exact
  func quantization() throws(MobileNetError) -> Quantization {
    let pooled = network.pooledTensors
    var tensors = [ByteScale?](repeating: nil, count: network.tensors.count)
    for layer in unfused.layers where !pooled[layer.output] {
      if let high = layer.activation.fixedHigh {
        tensors[layer.output] = ByteScale(low: 0, high: high)
      } else {
        let values = seen[layer.output]
        tensors[layer.output] = ByteScale(low: values.low, high: values.high)
      }
    }
    var tables = [[UInt8]?](repeating: nil, count: network.layers.count)
    for (index, layer) in network.layers.enumerated() where layer.residual == nil {
      guard let sum = layer.sum, let output = tensors[layer.output] else { continue }
      let scale = layer.activation.sumScale(low: seen[sum].low, high: seen[sum].high)
      tensors[sum] = scale
      tables[index] = layer.activation.table(from: scale, to: output)
    }
    let weights = network.layers.map { layer -> QuantizedWeights? in
      if pooled[layer.output] { return nil }
      switch layer.operation {
      case .convolution(let c) where layer.inputs[0] == 0:
        return QuantizedWeights(ofPicture: c) { backbone.preprocess.affine(channel: $0).factor }
      case .convolution(let c): return QuantizedWeights(dense: c, mean: means(layer, c))
      case .depthwise(let c): return QuantizedWeights(depthwise: c, mean: means(layer, c))
      case .averagePool, .combine, .concatenate: return nil
      }
    }
    return Quantization(tensors: tensors, weights: weights, tables: tables)
  }

  /// The mean of what each tap of a convolution meets: of an input channel the mean over all pixels,
  /// times the part of the outputs for which the tap lies within the input.
  private func means(_ layer: Layer, _ c: Convolution) -> (_ input: Int, _ tap: Int) -> Double {
    let (x, y) = (network.tensors[layer.inputs[0]], network.tensors[layer.output])
    let count = Double(imageCount * x.height * x.width)
    let means = seen[layer.inputs[0]].sums.map { $0.isFinite && count > 0 ? $0 / count : 0 }
    func parts(_ inputs: Int, _ outputs: Int, _ kernel: Int, _ pad: Int) -> [Double] {
      (0..<kernel).map { tap in
        let within = (0..<outputs).count { (0..<inputs).contains($0 * c.stride + tap - pad) }
        return Double(within) / Double(outputs)
      }
    }
    let rows = parts(x.height, y.height, c.kernelHeight, c.padTop)
    let columns = parts(x.width, y.width, c.kernelWidth, c.padLeft)
    return { input, tap in
      means[input] * rows[tap / c.kernelWidth] * columns[tap % c.kernelWidth]
    }
  }
}

extension Activation {
  /// Where its outputs end, which begin at 0: ReLU6 has a range of its own, everything else takes what was
  /// seen.
  fileprivate var fixedHigh: Float? {
    if case .clip(0, let high) = self, high.isFinite { high } else { nil }
  }
}
