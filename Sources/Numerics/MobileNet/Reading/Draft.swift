import Kernels

/// A number for each channel to multiply with, and one to add afterwards. Kept in Double, so that
/// chains of them round once, when they are folded into weights.
struct ChannelMap: Sendable {
  var factors: [Double]
  var terms: [Double]

  /// `next` after this.
  func then(_ next: ChannelMap) -> ChannelMap {
    ChannelMap(
      factors: zip(factors, next.factors).map { $0 * $1 },
      terms: factors.indices.map { terms[$0] * next.factors[$0] + next.terms[$0] })
  }
}

/// A graph as it is read: every operator a step of its own. `DraftFolding` makes a `Network` of it.
struct Draft: Sendable {
  struct Step: Sendable {
    enum Operation: Sendable {
      case convolution(Convolution, isDepthwise: Bool)
      case averagePool
      case combine(KernelTable.Binary)
      case concatenate
      case map(ChannelMap)
      case activation(Activation)
    }

    /// The name of the node that it came from.
    var name: String
    var operation: Operation
    var inputs: [TensorIndex]
    var output: TensorIndex
  }

  /// Tensor 0 is the input.
  var tensors: [Shape]
  var steps: [Step] = []

  /// Appends a step; returns the tensor that it gives.
  mutating func append(
    _ name: String, _ operation: Step.Operation, reading inputs: [TensorIndex],
    giving shape: Shape
  ) -> TensorIndex {
    tensors.append(shape)
    steps.append(
      Step(name: name, operation: operation, inputs: inputs, output: tensors.count - 1))
    return tensors.count - 1
  }

  /// Appends what a function does to a tensor; returns the tensor that it gives.
  mutating func append(
    _ name: String, _ function: ScalarFunction, of tensor: TensorIndex
  ) -> TensorIndex {
    let shape = tensors[tensor]
    if function.isIdentity { return tensor }
    if let activation = function.activation {
      return append(name, .activation(activation), reading: [tensor], giving: shape)
    }
    var result = tensor
    if function.scale != 1 || function.shift != 0 {
      let map = ChannelMap(
        factors: Array(repeating: function.scale, count: shape.channels),
        terms: Array(repeating: function.shift, count: shape.channels))
      result = append(name, .map(map), reading: [result], giving: shape)
    }
    if function.low > -.infinity || function.high < .infinity {
      let clip = Activation.clip(low: Float(function.low), high: Float(function.high))
      result = append(name, .activation(clip), reading: [result], giving: shape)
    }
    if function.timesInput {
      result = append(name, .combine(.multiply), reading: [tensor, result], giving: shape)
    }
    return result
  }
}

extension ScalarFunction {
  /// The activation that the kernels have for it; nil if it takes several steps.
  var activation: Activation? {
    if isLogistic { return timesInput ? .swish : .sigmoid }
    let isSquashing = abs(low) < 1e-6 && abs(high - 1) < 1e-6
    if isSquashing, timesInput, abs(6 * scale - 1) < 1e-6, abs(shift - 0.5) < 1e-6 {
      return .hardSwish
    }
    if timesInput { return nil }
    if scale == 1, shift == 0 { return .clip(low: Float(low), high: Float(high)) }
    return isSquashing ? .hardSigmoid(alpha: Float(scale), beta: Float(shift)) : nil
  }
}
