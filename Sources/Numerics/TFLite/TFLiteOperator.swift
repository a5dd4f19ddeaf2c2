/// What an operator of a graph does: those that image classifiers need, on pictures
/// [N, height, width, channels].
public enum TFLiteOperator: Equatable, Sendable {
  /// What happens to an operator's sums, by the numbers that the format gives it.
  public enum Fused: Int8, Equatable, Sendable {
    case none = 0
    /// At least 0.
    case relu = 1
    /// From −1 to 1.
    case reluN1To1 = 2
    /// From 0 to 6.
    case relu6 = 3
  }

  /// How a kernel moves over its input.
  public struct Window: Equatable, Sendable {
    /// Whether the input is padded so that there are ⌈inputs / stride⌉ outputs each way, with the
    /// smaller half of the padding before; otherwise it isn't padded.
    public var isPadded: Bool
    /// In pixels, both ways.
    public var stride: Int
    public var fused: Fused

    public init(isPadded: Bool, stride: Int, fused: Fused) {
      (self.isPadded, self.stride, self.fused) = (isPadded, stride, fused)
    }
  }

  case add(Fused)
  /// The number of the output's type follows from the output.
  case cast
  case concatenation(axis: Int)
  /// Takes input, weight [outputs, height, width, inputs] and bias.
  case convolution(Window)
  /// Takes input, weight [1, height, width, channels] and bias.
  case depthwiseConvolution(Window)
  case dequantize
  /// Takes input, weight [outputs, inputs] and bias, or no bias.
  case fullyConnected
  /// Takes a list and int32 places in it, from 0.
  case gather
  case hardSwish
  /// Divides by the length along the last dimension.
  case l2Normalization
  case logistic
  case maximum
  /// Takes a tensor and a list of dimensions.
  case mean(keepsDimensions: Bool)
  case minimum
  case multiply(Fused)
  /// Takes a tensor and an int32 [rank, 2]: how many are added before and after. They are zeros.
  case pad
  /// The same with a third input, which is what they are.
  case padWith
  /// Number to integer, or integer to integer of another scale.
  case quantize
  /// Takes a tensor and a list of dimensions.
  case reduceMaximum(keepsDimensions: Bool)
  case softmax
  /// Takes the dimension and the tensor.
  case split(count: Int)
  case subtract
}

extension TFLiteOperator {
  /// The number that the format gives it (`BuiltinOperator`); all are below 127, from where on old
  /// readers look elsewhere.
  public var code: Int8 {
    switch self {
    case .add: 0
    case .concatenation: 2
    case .convolution: 3
    case .depthwiseConvolution: 4
    case .dequantize: 6
    case .fullyConnected: 9
    case .l2Normalization: 11
    case .logistic: 14
    case .multiply: 18
    case .softmax: 25
    case .pad: 34
    case .gather: 36
    case .mean: 40
    case .subtract: 41
    case .split: 49
    case .cast: 53
    case .maximum: 55
    case .minimum: 57
    case .padWith: 60
    case .reduceMaximum: 82
    case .quantize: 114
    case .hardSwish: 117
    }
  }

  /// The version of the operator that knows such an input: int8 came later than float32 and uint8.
  func version(of input: TFLiteTensor.ElementType) -> Int32 {
    guard input == .int8 else { return 1 }
    switch self {
    case .convolution, .depthwiseConvolution: return 3
    case .add, .concatenation, .dequantize, .gather, .multiply, .pad, .padWith, .quantize: return 2
    default: return 1
    }
  }

  /// Its options, with the number of their kind (`BuiltinOptions`); nil for those that need none.
  func options(
    from input: TFLiteTensor.ElementType, to output: TFLiteTensor.ElementType
  ) -> (kind: UInt8, FlatTable)? {
    switch self {
    case .convolution(let window):
      (
        1,
        FlatTable([
          0: .int8(window.isPadded ? 0 : 1), 1: .int32(Int32(window.stride)),
          2: .int32(Int32(window.stride)), 3: .int8(window.fused.rawValue), 4: .int32(1),
          5: .int32(1),
        ])
      )
    case .depthwiseConvolution(let window):
      (
        2,
        FlatTable([
          0: .int8(window.isPadded ? 0 : 1), 1: .int32(Int32(window.stride)),
          2: .int32(Int32(window.stride)), 3: .int32(1), 4: .int8(window.fused.rawValue),
          5: .int32(1), 6: .int32(1),
        ])
      )
    case .fullyConnected: (8, FlatTable([0: .int8(0)]))
    case .softmax: (9, FlatTable([0: .float32(1)]))
    case .concatenation(let axis): (10, FlatTable([0: .int32(Int32(axis)), 1: .int8(0)]))
    case .add(let fused): (11, FlatTable([0: .int8(fused.rawValue)]))
    case .l2Normalization: (12, FlatTable([0: .int8(0)]))
    case .multiply(let fused): (21, FlatTable([0: .int8(fused.rawValue)]))
    case .mean(let keeps), .reduceMaximum(let keeps): (27, FlatTable([0: .bool(keeps)]))
    case .subtract: (28, FlatTable([0: .int8(0)]))
    case .split(let count): (35, FlatTable([0: .int32(Int32(count))]))
    case .cast: (37, FlatTable([0: .int8(input.rawValue), 1: .int8(output.rawValue)]))
    case .maximum, .minimum: (39, FlatTable())
    case .pad: (22, FlatTable())
    case .gather: (23, FlatTable([0: .int32(0), 1: .int32(0)]))
    case .padWith: (43, FlatTable())
    case .dequantize, .hardSwish, .logistic, .quantize: nil
    }
  }
}
