import Kernels
import Threading

/// Turns a float32 backbone into an int8 one.
struct Calibration {
  private let backbone: Backbone
  /// The network as it will run in int8.
  let network: Network
  /// The same with each layer on its own, so that every tensor can be looked at.
  private let unfused: Network
  private var extremes: [Extremes]

  /// The range of one tensor's values.
  private struct Extremes {
    var low: Float = 0
    var high: Float = 0

    mutating func include(_ low: Float, _ high: Float) {
      self.low = min(self.low, low)
      self.high = max(self.high, high)
    }
  }

  /// - Throws: what can't be done in int8
  init(_ backbone: Backbone) throws(MobileNetError) {
    if let obstacle = backbone.plan.network.int8Obstacle { throw obstacle }
    self.backbone = backbone
    network = backbone.plan.network.withSumsOfTables
    unfused = network.unfused
    extremes = network.tensors.map { _ in Extremes() }
  }

  /// Runs the images through the float32 network, on several threads, and notes the range of every
  /// tensor that ``quantization()`` asks for.
  mutating func observe(_ images: [[UInt8]], threads: Int) {
    let observed = observedTensors
    let seen = concurrentMap(
      count: images.count, threads: threads, name: "calibrate",
      buffers: { [backbone, unfused] in FeatureExtractor(backbone.unfused(unfused)) },
      compute: { [extremes] (index, extractor: inout FeatureExtractor) in
        var ofImage = extremes.map { _ in Extremes() }
        let image = images[index]
        extractor.observe(observed, pixels: image.span) { tensor, low, high in
          ofImage[tensor].include(low, high)
        }
        return ofImage
      })
    for ofImage in seen {
      for tensor in extremes.indices {
        extremes[tensor].include(ofImage[tensor].low, ofImage[tensor].high)
      }
    }
  }

  /// Whether the range of each tensor follows from what images show.
  private var observedTensors: [Bool] {
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
        let seen = extremes[layer.output]
        tensors[layer.output] = ByteScale(low: seen.low, high: seen.high)
      }
    }
    var tables = [[UInt8]?](repeating: nil, count: network.layers.count)
    for (index, layer) in network.layers.enumerated() where layer.residual == nil {
      guard let sum = layer.sum, let output = tensors[layer.output] else { continue }
      let scale = layer.activation.sumScale(low: extremes[sum].low, high: extremes[sum].high)
      tensors[sum] = scale
      tables[index] = layer.activation.table(from: scale, to: output)
    }
    let weights = network.layers.map { layer -> QuantizedWeights? in
      if pooled[layer.output] { return nil }
      switch layer.operation {
      case .convolution(let c):
        return QuantizedWeights(c, isDepthwise: false) { input in
          layer.inputs[0] == 0 ? backbone.preprocess.affine(channel: input).factor : 1
        }
      case .depthwise(let c): return QuantizedWeights(c, isDepthwise: true) { _ in 1 }
      case .averagePool, .combine, .concatenate: return nil
      }
    }
    return Quantization(tensors: tensors, weights: weights, tables: tables)
  }
}

extension Activation {
  /// Where its outputs end, which begin at 0: ReLU6 has a range of its own, everything else takes what was
  /// seen.
  fileprivate var fixedHigh: Float? {
    if case .clip(0, let high) = self, high.isFinite { high } else { nil }
  }
}
