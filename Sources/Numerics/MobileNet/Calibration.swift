import Kernels

/// Turns a float32 backbone into an int8 one.
struct Calibration {
  private let backbone: Backbone
  /// The network as it will run in int8.
  let network: Network
  /// The same with each layer on its own, so that every tensor can be looked at.
  private let unfused: Network
  private var extremes: [(low: Float, high: Float)]

  /// - Throws: what can't be done in int8
  init(_ backbone: Backbone) throws(MobileNetError) {
    if let obstacle = backbone.plan.network.int8Obstacle { throw obstacle }
    self.backbone = backbone
    network = backbone.plan.network.withSumsOfTables
    unfused = network.unfused
    extremes = network.tensors.map { _ in (0, 0) }
  }

  /// Runs the images through the float32 network and notes the range of every tensor.
  mutating func observe(_ images: [[UInt8]]) {
    var extractor = FeatureExtractor(backbone.unfused(unfused))
    for image in images {
      extractor.observe(pixels: image.span) { tensor, low, high in
        extremes[tensor].low = min(extremes[tensor].low, low)
        extremes[tensor].high = max(extremes[tensor].high, high)
      }
    }
  }

  /// The quantization that follows from what was seen.
  ///
  /// - Throws: a value that would leave the range where quantizing is exact
  func quantization() throws(MobileNetError) -> Quantization {
    let pooled = network.pooledTensors
    var tensors = [ByteScale?](repeating: nil, count: network.tensors.count)
    for layer in unfused.layers where !pooled[layer.output] {
      // ReLU6 has a range of its own; everything else takes what was seen.
      if case .clip(0, let high) = layer.activation, high.isFinite {
        tensors[layer.output] = ByteScale(low: 0, high: high)
      } else {
        let (low, high) = extremes[layer.output]
        tensors[layer.output] = ByteScale(low: low, high: high)
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
