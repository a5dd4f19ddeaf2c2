import Kernels
import TFLite

/// A convolution in the terms of TensorFlow Lite: how its weights lie, and how it is padded.
struct WrittenConvolution {
  let convolution: Convolution
  let isDepthwise: Bool
  private let input: Shape
  private let top: Int
  private let left: Int
  private let bottom: Int
  private let right: Int
  /// Whether the operator's own padding is the convolution's.
  private let padsItself: Bool

  init(_ c: Convolution, isDepthwise: Bool, from x: Shape, to y: Shape) {
    (convolution, self.isDepthwise, input) = (c, isDepthwise, x)
    (top, left) = (c.padTop, c.padLeft)
    let (down, across) = (
      c.reach(y.height, kernel: c.kernelHeight) - x.height,
      c.reach(y.width, kernel: c.kernelWidth) - x.width
    )
    bottom = max(down - c.padTop, 0)
    right = max(across - c.padLeft, 0)
    // All of it, with the smaller half before.
    func isOwn(_ total: Int, _ before: Int, _ outputs: Int, _ inputs: Int) -> Bool {
      outputs == (inputs + c.stride - 1) / c.stride && before == max(total, 0) / 2
    }
    padsItself =
      isOwn(down, c.padTop, y.height, x.height) && isOwn(across, c.padLeft, y.width, x.width)
  }

  /// Whether anything is added around the input.
  var hasPadding: Bool { [top, left, bottom, right].contains { $0 > 0 } }

  /// Whether it has to be added before.
  var needsPadding: Bool { hasPadding && !padsItself }

  /// [N, height, width, channels] × [before, after].
  var pads: [Int32] { [0, 0, top, bottom, left, right, 0, 0].map { Int32($0) } }

  /// Of one picture, with what is added around it.
  var paddedShape: [Int] {
    [input.height + top + bottom, input.width + left + right, input.channels]
  }

  /// - Parameter isPadded: whether its input has been padded although it pads itself
  func operation(
    _ fused: TFLiteOperator.Fused, isPadded: Bool = false
  ) -> TFLiteOperator {
    let window = TFLiteOperator.Window(
      isPadded: hasPadding && padsItself && !isPadded, stride: convolution.stride, fused: fused)
    return isDepthwise ? .depthwiseConvolution(window) : .convolution(window)
  }

  var weightDimensions: [Int] {
    let c = convolution
    return isDepthwise
      ? [1, c.kernelHeight, c.kernelWidth, c.outputs]
      : [c.outputs, c.kernelHeight, c.kernelWidth, c.inputs]
  }

  /// Weights in the order of `Convolution.weights`, as they lie in the file.
  func arranged<Element>(_ weights: [Element]) -> [Element] {
    let taps = convolution.kernelHeight * convolution.kernelWidth
    let (outer, inner) =
      isDepthwise ? (1, convolution.outputs) : (convolution.outputs, convolution.inputs)
    guard taps > 1, inner > 1 else { return weights }
    var result: [Element] = []
    result.reserveCapacity(weights.count)
    for output in 0..<outer {
      for tap in 0..<taps {
        for channel in 0..<inner { result.append(weights[(output * inner + channel) * taps + tap]) }
      }
    }
    return result
  }
}

/// The int8 weights of a convolution with biases that are whole numbers of its sums' steps, as runtimes
/// with integer arithmetic want them.
struct RoundedConvolution {
  private(set) var values: [Int8]
  /// Of each output channel: weight = value · scale.
  private(set) var scales: [Float]
  /// Nil where one has no place in an int32.
  let biases: [Int32]?

  /// A bias takes at most this many steps, which leaves room for the sums of any layer.
  private static let biasMax = 0x1p29
  /// The bias of a channel without weights takes as many, and so is as good as exact.
  private static let biasOfNothing = 0x1p20
  /// A step of the sums is at least this part of one of the output: runtimes multiply by no less, and
  /// what is below has no effect.
  private static let stepMin = 0x1p-30

  /// - Parameters:
  ///   - inputScale: the step of the input's bytes
  ///   - inputZeros: of each input channel the byte that stands for zero, which needn't be whole; nil
  ///     where the operator takes it off itself
  ///   - outputScale: the step of the output's bytes
  init(
    _ weights: QuantizedWeights, of c: Convolution, inputScale: Float, inputZeros: [Double]?,
    outputScale: Float
  ) {
    let least = Double(outputScale) / Double(inputScale) * Self.stepMin
    values = weights.values
    scales = weights.scales
    let perOutput = values.count / c.outputs
    let taps = c.kernelHeight * c.kernelWidth
    var biases: [Double] = []
    for output in 0..<c.outputs {
      let places = output * perOutput..<(output + 1) * perOutput
      let bias = Double(weights.bias[output]) / Double(inputScale)
      // Weights far smaller than the bias get larger steps, with which it has a place among the sums.
      let old = Double(scales[output])
      let isNothing = values[places].allSatisfy { $0 == 0 }
      let scale =
        isNothing
        ? max(abs(bias) / Self.biasOfNothing, least) : max(old, abs(bias) / Self.biasMax, least)
      if scale != old {
        for place in places {
          values[place] = Int8((Double(values[place]) * old / scale).rounded(.toNearestOrEven))
        }
      }
      scales[output] = Float(scale)
      var sum = bias / Double(scales[output])
      if let inputZeros {
        for place in places {
          sum -= Double(values[place]) * inputZeros[(place - places.lowerBound) / taps]
        }
      }
      biases.append(sum.rounded(.toNearestOrEven))
    }
    self.biases = biases.allSatisfy { abs($0) < 0x1p30 } ? biases.map { Int32($0) } : nil
  }
}
