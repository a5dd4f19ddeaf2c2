import Digest

/// The trainable linear layer before the softmax.
public struct Head: Equatable, Sendable {
  public let shape: HeadShape

  /// The weights, row-major [classes × features], followed by the biases [classes].
  public internal(set) var parameters: [Float]

  /// All zeros: the loss is convex in the head, so nothing is gained by a random start.
  public init(zero shape: HeadShape) {
    self.shape = shape
    parameters = Array(repeating: 0, count: shape.parameterCount)
  }

  /// Takes over parameters that come from a file or a peer: their number must be the shape's, and
  /// each a number of magnitude at most 2¹⁶.
  public init(shape: HeadShape, parameters: [Float]) throws(TrainingError) {
    guard parameters.count == shape.parameterCount else {
      throw .wrongLength(
        name: "head", expected: shape.parameterCount, found: parameters.count)
    }
    // Magnitudes are ordered like their bits, and NaN comes behind all of them. Whole numbers without
    // an early exit are vector code; it runs in every step.
    var largest: UInt32 = 0
    for value in parameters { largest = max(largest, value.magnitude.bitPattern) }
    if largest > Divergence.magnitudeMax.bitPattern {
      let index = parameters.firstIndex { !($0.magnitude <= Divergence.magnitudeMax) }!
      throw .absurdValue(name: "head", index: index, value: parameters[index])
    }
    self.shape = shape
    self.parameters = parameters
  }

  /// Row-major [classes × features].
  public var weight: ArraySlice<Float> { parameters[..<shape.weightCount] }

  /// [classes].
  public var bias: ArraySlice<Float> { parameters[shape.weightCount...] }

  /// SHA-256 of the weights, then the biases, as float32 in little-endian order: `head_sha256`.
  public var digest: ContentDigest {
    var hash = SHA256()
    #if _endian(little)
      // A float has no padding: all its bytes are initialized.
      unsafe hash.update(parameters.span.bytes)
    #else
      #error("the bytes of a float must be swapped here")
    #endif
    return hash.finish()
  }
}
