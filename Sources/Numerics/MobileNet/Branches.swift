import Kernels

// Branches of convolutions that read the same tensor and are added up, as networks have them that were
// trained in another form than they run in (MobileOne, RepVGG): their sum is one convolution.
extension Network {
  /// Replaces each sum of two linear convolutions of one tensor by the convolution that gives it.
  mutating func mergeBranches() {
    var makers = [Int?](repeating: nil, count: tensors.count)
    var merged: [Layer?] = []
    let counts = readerCounts
    for layer in layers {
      if case .combine(.add, let activation) = layer.operation, layer.inputs[0] != layer.inputs[1],
        let first = makers[layer.inputs[0]], let second = makers[layer.inputs[1]],
        layer.inputs.allSatisfy({ counts[$0] == 1 }), let a = merged[first], let b = merged[second],
        a.inputs == b.inputs, let sum = a.added(to: b, activation: activation)
      {
        (merged[first], merged[second]) = (nil, nil)
        makers[layer.output] = merged.count
        merged.append(
          Layer(name: layer.name, operation: sum, inputs: a.inputs, output: layer.output))
      } else {
        makers[layer.output] = merged.count
        merged.append(layer)
      }
    }
    layers = merged.compactMap { $0 }
  }
}

extension Layer {
  /// The convolution that gives the sum of two that read the same tensor; nil where there is none.
  fileprivate func added(to other: Layer, activation: Activation) -> Operation? {
    guard self.activation == .none, other.activation == .none else { return nil }
    switch (operation, other.operation) {
    case (.depthwise(let a), .depthwise(let b)):
      return a.added(to: b, activation, isDepthwise: true).map { .depthwise($0) }
    case (.convolution(let a), .convolution(let b)):
      return a.added(to: b, activation, isDepthwise: false).map { .convolution($0) }
    case (.convolution(let a), .depthwise(let b)), (.depthwise(let b), .convolution(let a)):
      guard b.kernelHeight == 1, b.kernelWidth == 1 else { return nil }
      return a.added(to: b.dense, activation, isDepthwise: false).map { .convolution($0) }
    default: return nil
    }
  }
}

extension Convolution {
  /// A factor for each channel as a matrix.
  fileprivate var dense: Convolution {
    var result = self
    result.weights = [Float](repeating: 0, count: inputs * outputs)
    for channel in 0..<outputs { result.weights[channel * inputs + channel] = weights[channel] }
    return result
  }

  /// Both kernels laid over each other, so that they meet the same pixels; sums are rounded once.
  fileprivate func added(
    to other: Convolution, _ activation: Activation, isDepthwise: Bool
  ) -> Convolution? {
    guard stride == other.stride, inputs == other.inputs, outputs == other.outputs else {
      return nil
    }
    let (top, left) = (max(padTop, other.padTop), max(padLeft, other.padLeft))
    let height = top + max(kernelHeight - padTop, other.kernelHeight - other.padTop)
    let width = left + max(kernelWidth - padLeft, other.kernelWidth - other.padLeft)
    guard height <= Window.kernelMax, width <= Window.kernelMax else { return nil }
    let perOutput = isDepthwise ? 1 : inputs
    var weights = [Double](repeating: 0, count: outputs * perOutput * height * width)
    for branch in [self, other] {
      let (down, right) = (top - branch.padTop, left - branch.padLeft)
      for plane in 0..<outputs * perOutput {
        for ky in 0..<branch.kernelHeight {
          for kx in 0..<branch.kernelWidth {
            weights[(plane * height + ky + down) * width + kx + right] += Double(
              branch.weights[(plane * branch.kernelHeight + ky) * branch.kernelWidth + kx])
          }
        }
      }
    }
    return Convolution(
      inputs: inputs, outputs: outputs, kernelHeight: height, kernelWidth: width, stride: stride,
      padTop: top, padLeft: left, weights: weights.map { Float($0) },
      bias: zip(bias, other.bias).map { Float(Double($0) + Double($1)) }, activation: activation)
  }
}
