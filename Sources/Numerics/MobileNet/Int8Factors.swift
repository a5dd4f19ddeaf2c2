/// The floats that turn the sums of an int8 convolution into bytes: sum · multiplier + bias, rounded.
///
/// A sum is that of the input's bytes times the weights' values; what is subtracted from bytes is in the
/// biases.
struct Int8Factors {
  /// One for each output channel.
  let multipliers: [Float]
  private let layer: Layer
  private let convolution: Convolution
  private let weights: QuantizedWeights
  private let input: (scale: Double, zeros: [Double])
  private let output: ByteScale
  private let isDepthwise: Bool

  /// - Precondition: the layer is a convolution
  /// - Throws: a layer that reads or gives a tensor without a scale
  init(
    _ layer: Layer, _ quantization: Quantization, _ preprocess: Preprocess,
    _ weights: QuantizedWeights
  ) throws(MobileNetError) {
    self.layer = layer
    self.weights = weights
    switch layer.operation {
    case .depthwise(let c): (convolution, isDepthwise) = (c, true)
    case .convolution(let c): (convolution, isDepthwise) = (c, false)
    default: preconditionFailure("only convolutions have factors")
    }
    guard let output = quantization.tensors[layer.sum ?? layer.output] else {
      throw layer.damaged("its output has no scale")
    }
    self.output = output
    if layer.inputs[0] == 0 {
      input = (1, (0..<convolution.inputs).map { preprocess.affine(channel: $0).zero })
    } else {
      guard let scale = quantization.tensors[layer.inputs[0]] else {
        throw layer.damaged("its input has no scale")
      }
      input = (
        Double(scale.scale), [Double](repeating: Double(scale.zero), count: convolution.inputs)
      )
    }
    let inputScale = input.scale
    multipliers = weights.scales.map {
      Float(inputScale * Double($0) / Double(output.scale))
    }
  }

  /// Each channel's bias, when the taps that `holds` names meet the input and the others padding.
  ///
  /// - Throws: a layer whose outputs could leave the range where quantizing is exact
  func biases(_ holds: (_ ky: Int, _ kx: Int) -> Bool) throws(MobileNetError) -> [Float] {
    let c = convolution
    let taps = c.kernelHeight * c.kernelWidth
    let perOutput = isDepthwise ? taps : taps * c.inputs
    var biases: [Float] = []
    for output in 0..<c.outputs {
      var zeros = 0.0
      var largest = 0.0
      for place in 0..<perOutput where holds(place % taps / c.kernelWidth, place % c.kernelWidth) {
        let value = Double(weights.values[output * perOutput + place])
        zeros += value * input.zeros[isDepthwise ? output : place / taps]
        largest += abs(value) * 255
      }
      let multiplier = Double(multipliers[output])
      let bias = Float(
        Double(weights.bias[output]) / Double(self.output.scale) + Double(self.output.zero)
          - zeros * multiplier)
      // The kernels convert to Int32 before they clamp, which is exact below this bound.
      guard abs(bias).isFinite, Double(abs(bias)) + largest * multiplier < 0x1p30 else {
        throw layer.damaged("its outputs leave the range of int8; use --precision fp32")
      }
      biases.append(bias)
    }
    return biases
  }
}
