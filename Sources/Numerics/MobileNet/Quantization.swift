import Kernels

/// Whether a backbone computes in float32 or in int8.
public enum Precision: String, CaseIterable, Sendable {
  case float32 = "fp32"
  case int8
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
  /// Of the tensors that hold bytes; nil for the input and for what pooling gives.
  var tensors: [ByteScale?]
  /// Of each layer, nil where it has no weights.
  var weights: [QuantizedWeights?]
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

extension Network {
  /// Why the network can't run in int8; nil if it can.
  var int8Obstacle: MobileNetError? {
    let readers = readerCounts
    for (index, layer) in layers.enumerated() {
      let isLast = index == layers.count - 1
      switch layer.operation {
      case .convolution(let c), .depthwise(let c):
        guard case .clip(let low, let high) = c.activation,
          low == 0 || c.activation == .none, high > low
        else { return layer.refusedInt8("its activation isn't linear or clipped at 0") }
        if isLast { return layer.refusedInt8("the features have to be pooled") }
        // The sum of 255 · 127 products stays below 2³¹.
        let taps = c.weights.count / c.outputs
        if taps > 66_000 { return layer.refusedInt8("its sums of \(taps) terms could overflow") }
      case .averagePool:
        guard readers[layer.output] == 0 else {
          return layer.refusedInt8("only the features may be pooled")
        }
      case .combine: return layer.refusedInt8("a sum or product apart from a convolution")
      }
    }
    return nil
  }
}

extension Layer {
  fileprivate func refusedInt8(_ reason: String) -> MobileNetError {
    .unsupported(node: "'\(name)'", reason: "\(reason); use --precision fp32")
  }
}
