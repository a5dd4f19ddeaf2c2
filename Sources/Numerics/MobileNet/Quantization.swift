import Kernels

/// Whether a backbone computes in float32 or in int8.
public enum Precision: String, CaseIterable, Sendable {
  case float32 = "fp32"
  case int8

  /// With more noise than this part of the features' deviation a run doesn't choose int8 by itself. It is
  /// 0.13 to 0.17 for MobileNetV2 and EfficientNet-Lite, whose heads lose half a point at most.
  public static let int8NoiseMax: Float = 0.3
}

/// How the bytes of a tensor stand for numbers: (byte − zero) · scale.
struct ByteScale: Hashable, Sendable {
  var scale: Float
  /// 0 to 255.
  var zero: UInt8

  /// Holds all of `low` to `high`, and 0 exactly.
  init(low: Float, high: Float) {
    let (low, high) = (min(low, 0), max(high, 0))
    scale = high > low ? (high - low) / 255 : 1
    zero = UInt8(min(max((-low / scale).rounded(.toNearestOrEven), 0), 255))
  }

  init(scale: Float, zero: UInt8) {
    self.scale = scale
    self.zero = zero
  }
}

/// The int8 weights of a convolution.
struct QuantizedWeights: Sendable {
  /// −127 to 127, in the order of `Convolution.weights`.
  var values: [Int8]
  /// Of each output channel: weight = value · scale.
  var scales: [Float]
  var bias: [Float]
}

/// What a network's layers and tensors need to run in int8: the form in which a quantized backbone
/// is kept. Multipliers and biases follow from it by arithmetic in Double, the same everywhere.
struct Quantization: Sendable {
  /// Of the tensors that hold bytes; nil for the input and for `Network.pooledTensors`.
  var tensors: [ByteScale?]
  /// Of each layer, nil where it has no weights, or has them in float32.
  var weights: [QuantizedWeights?]
  /// Of each layer whose activation takes more than clipping: the output's byte for each of its sums'.
  var tables: [[UInt8]?]
}

extension QuantizedWeights {
  /// Rounds the weights of each output channel of a dense convolution of bytes to 127 steps either way of
  /// its largest, or to larger ones, so that four products may be added up in 16 bits
  /// (`Packing.largestShortSum`): nearly twice as large in the mean of MobileNetV2's channels. The sums
  /// are exact either way.
  ///
  /// - Parameter mean: the mean of what each tap meets, 0 where it isn't known
  init(dense c: Convolution, mean: (_ input: Int, _ tap: Int) -> Double) {
    let taps = c.kernelHeight * c.kernelWidth
    let sum = c.sumOrder(perPixel: (c.inputs + 3) / 4 * 4)
    func scaleMin(_ weights: [Double]) -> Double {
      let fours = Packing.largestShortSum(sum.map { $0.map { weights[$0] } ?? 0 })
      // Rounding may add a half to each of four.
      return fours / Double(Packing.shortSumMax - 2)
    }
    self.init(
      c, factor: { _ in 1 }, mean: { mean($1 / taps, $1 % taps) }, scaleMin: scaleMin)
  }

  /// Rounds the weights of a depthwise convolution to 127 steps either way of each channel's largest.
  ///
  /// - Parameter mean: the mean of what each tap meets, 0 where it isn't known
  init(depthwise c: Convolution, mean: (_ channel: Int, _ tap: Int) -> Double) {
    self.init(c, factor: { _ in 1 }, mean: mean, scaleMin: { _ in 0 })
  }

  /// Rounds the weights of a convolution of a picture to 127 steps either way of each channel's largest.
  ///
  /// - Parameter factor: multiplies the weights of an input channel beforehand
  init(ofPicture c: Convolution, factor: (_ input: Int) -> Double) {
    self.init(c, factor: factor, mean: { _, _ in 0 }, scaleMin: { _ in 0 })
  }

  /// What rounding changes about the mean of each channel's sums goes into its bias: bias correction
  /// (Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019). Most
  /// of the error is of that kind, since the inputs of most layers are no less than 0.
  ///
  /// - Parameter scaleMin: of an output channel's weights, in the order of `Convolution.weights`, the
  ///   least scale that they may have
  private init(
    _ c: Convolution, factor: (_ input: Int) -> Double,
    mean: (_ output: Int, _ place: Int) -> Double,
    scaleMin: (_ weights: [Double]) -> Double
  ) {
    let perOutput = c.weights.count / c.outputs
    let taps = c.kernelHeight * c.kernelWidth
    values = []
    scales = []
    bias = []
    for output in 0..<c.outputs {
      let weights = (0..<perOutput).map { place in
        Double(c.weights[output * perOutput + place]) * factor(place / taps)
      }
      let largest = weights.reduce(0) { max($0, abs($1)) }
      let scale = largest > 0 ? Float(max(largest / 127, scaleMin(weights))) : 1
      scales.append(scale)
      var correction = 0.0
      for (place, weight) in weights.enumerated() {
        let value = min(max((weight / Double(scale)).rounded(.toNearestOrEven), -127), 127)
        values.append(Int8(value))
        correction += (weight - value * Double(scale)) * mean(output, place)
      }
      bias.append(Float(Double(c.bias[output]) + correction))
    }
  }
}
