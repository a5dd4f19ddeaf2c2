import Kernels

/// Whether a backbone computes in float32 or in int8.
public enum Precision: String, CaseIterable, Sendable {
  case float32 = "fp32"
  case int8

  /// With more noise than this part of the features' deviation a run doesn't choose int8 by itself. It is
  /// 0.1 to 0.15 for MobileNetV2 and EfficientNet-Lite0, whose heads lose nothing that ten seeds show.
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
  /// Rounds the weights of each output channel to 127 steps either way of its largest.
  ///
  /// - Parameter factor: multiplies the weights of an input channel beforehand
  init(_ c: Convolution, isDepthwise: Bool, factor: (_ input: Int) -> Double) {
    let perOutput = c.weights.count / c.outputs
    let perInput = c.kernelHeight * c.kernelWidth
    values = []
    scales = []
    bias = c.bias
    for output in 0..<c.outputs {
      let weights = (0..<perOutput).map { place in
        Double(c.weights[output * perOutput + place])
          * (isDepthwise ? 1 : factor(place / perInput))
      }
      let largest = weights.reduce(0) { max($0, abs($1)) }
      let scale = largest > 0 ? Float(largest / 127) : 1
      scales.append(scale)
      values += weights.map { weight in
        Int8(min(max((weight / Double(scale)).rounded(.toNearestOrEven), -127), 127))
      }
    }
  }
}
