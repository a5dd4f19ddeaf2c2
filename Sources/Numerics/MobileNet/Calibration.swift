import Kernels

/// Turns a float32 backbone into an int8 one.
struct Calibration {
  private let backbone: Backbone
  /// The network with each layer on its own, so that every tensor can be looked at.
  private let network: Network
  private var extremes: [(low: Float, high: Float)]

  /// - Throws: what can't be done in int8
  init(_ backbone: Backbone) throws(MobileNetError) {
    if let obstacle = backbone.plan.network.int8Obstacle { throw obstacle }
    self.backbone = backbone
    network = backbone.plan.network.unfused
    extremes = network.tensors.map { _ in (0, 0) }
  }

  /// Runs the images through the float32 network and notes the range of every tensor.
  mutating func observe(_ images: [[UInt8]]) {
    var extractor = FeatureExtractor(backbone.unfused(network))
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
    let fused = backbone.plan.network
    var tensors = [ByteScale?](repeating: nil, count: fused.tensors.count)
    for layer in network.layers {
      switch layer.operation {
      case .convolution(let c), .depthwise(let c):
        // ReLU6 has a range of its own; everything else takes what was seen.
        if case .clip(0, let high) = c.activation, high.isFinite {
          tensors[layer.output] = ByteScale(low: 0, high: high)
        } else {
          tensors[layer.output] = seen(layer.output)
        }
      case .combine: tensors[layer.output] = seen(layer.output)
      case .averagePool: break
      }
    }
    let weights = fused.layers.map { layer -> QuantizedWeights? in
      switch layer.operation {
      case .convolution(let c):
        return QuantizedWeights(c, isDepthwise: false) { input in
          layer.inputs[0] == 0 ? backbone.preprocess.affine(channel: input).factor : 1
        }
      case .depthwise(let c): return QuantizedWeights(c, isDepthwise: true) { _ in 1 }
      case .averagePool, .combine: return nil
      }
    }
    return Quantization(tensors: tensors, weights: weights)
  }

  private func seen(_ tensor: TensorIndex) -> ByteScale {
    ByteScale(low: extremes[tensor].low, high: extremes[tensor].high)
  }
}

extension Network {
  /// The network with residual additions as layers of their own.
  var unfused: Network {
    var network = self
    network.layers = layers.flatMap { layer -> [Layer] in
      guard let residual = layer.residual, let sum = layer.sum else { return [layer] }
      var convolution = layer
      convolution.residual = nil
      convolution.sum = nil
      convolution.output = sum
      return [
        convolution,
        Layer(
          name: layer.name, operation: .combine(.add, .none), inputs: [sum, residual],
          output: layer.output),
      ]
    }
    return network
  }
}
