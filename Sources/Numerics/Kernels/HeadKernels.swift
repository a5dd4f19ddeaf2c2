import CKernels

/// The kernels of the head in one instruction set, with their bounds checked.
///
/// Matrices are row-major and dense: features are [samples × features], logits and their gradients
/// [samples × classes], and a vector of parameters or gradient sums is the weights
/// [classes × features] followed by the biases. All instruction sets give the same bits. Sizes
/// that don't match are a programmer's error and trap.
public struct HeadKernels: Sendable {
  /// Where every |feature| stays below this, scaled gradients stay below 2⁵⁰ and round exactly.
  public static let featureMagnitudeLimit: Float = 0x1p18

  /// The kernels in the instruction set that this process uses.
  public static let best = HeadKernels(.chosen)

  public let instructionSet: InstructionSet
  let functions: HeadFunctions

  /// The machine must support the instruction set.
  public init(_ instructionSet: InstructionSet) {
    precondition(instructionSet.isSupported, "this machine has no \(instructionSet.rawValue)")
    self.instructionSet = instructionSet
    functions = HeadFunctions(instructionSet.functions)
  }

  /// Logits of each sample: bias + Σ x·w over 16 lanes, which fold j with j+8, +4, +2, +1; the
  /// bias is added last.
  ///
  /// - Parameters:
  ///   - features: [samples × featureCount].
  ///   - parameters: [classCount × featureCount] weights, then classCount biases.
  ///   - logits: room for at least [samples × classCount]; that much is overwritten.
  public func forward(
    features: [Float], parameters: [Float], featureCount: Int, classCount: Int,
    logits: inout [Float]
  ) {
    let sampleCount = features.count / featureCount
    precondition(features.count == sampleCount * featureCount)
    precondition(logits.count >= sampleCount * classCount)
    precondition(parameters.count == classCount * (featureCount + 1))
    let weightCount = classCount * featureCount
    // The pointers are used only inside the closures, for as many elements as was just checked.
    unsafe features.withUnsafeBufferPointer { features in
      unsafe parameters.withUnsafeBufferPointer { parameters in
        unsafe logits.withUnsafeMutableBufferPointer { logits in
          guard let weights = parameters.baseAddress else { return }
          unsafe functions.forward(
            features.baseAddress, weights, weights + weightCount, logits.baseAddress,
            sampleCount, featureCount, classCount)
        }
      }
    }
  }

  /// The softmax of one sample's logits, less its targets.
  ///
  /// - Parameters:
  ///   - range: where the sample's logits lie in `logits` and its gradient in `gradients`.
  ///   - logits: finite in that range.
  ///   - maximum: the largest of them.
  ///   - gradients: there, probability − target of each class, in [−1, 1], is written.
  /// - Returns: Σ exp(logit − maximum) in class order, at least 1.
  public func softmax(
    in range: Range<Int>, logits: [Float], maximum: Float, label: Int, labelTarget: Float,
    otherTarget: Float, gradients: inout [Float]
  ) -> Float {
    precondition(range.lowerBound >= 0 && range.upperBound <= logits.count)
    precondition(range.upperBound <= gradients.count && label >= 0 && label < range.count)
    return unsafe logits.withUnsafeBufferPointer { logits in
      unsafe gradients.withUnsafeMutableBufferPointer { gradients in
        guard let from = logits.baseAddress, let to = gradients.baseAddress else { return 1 }
        return unsafe functions.softmax(
          from + range.lowerBound, maximum, range.count, label, labelTarget, otherTarget,
          to + range.lowerBound)
      }
    }
  }

  /// Adds round(2³² · gradient · feature) of every sample to the sums of the weights, and
  /// round(2³² · gradient) to those of the biases.
  ///
  /// - Parameters:
  ///   - features: [samples × featureCount], |feature| < `featureMagnitudeLimit`.
  ///   - logitGradients: at least [samples × classCount], in [−1, 1].
  ///   - sums: [classCount × featureCount] weights, then classCount biases.
  public func addGradients(
    features: [Float], logitGradients: [Float], featureCount: Int, classCount: Int,
    sums: inout [Int64]
  ) {
    let sampleCount = features.count / featureCount
    precondition(features.count == sampleCount * featureCount)
    precondition(logitGradients.count >= sampleCount * classCount)
    precondition(sums.count == classCount * (featureCount + 1))
    let weightCount = classCount * featureCount
    unsafe features.withUnsafeBufferPointer { features in
      unsafe logitGradients.withUnsafeBufferPointer { gradients in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          unsafe functions.gradient(
            features.baseAddress, gradients.baseAddress, sums.baseAddress, sampleCount,
            featureCount, classCount)
        }
      }
    }
    for sample in 0..<sampleCount {
      for index in 0..<classCount {
        let scaled = Double(logitGradients[sample * classCount + index]) * 0x1p32
        sums[weightCount + index] += Int64(scaled.rounded(.toNearestOrEven))
      }
    }
  }

  /// Adds a part to sums of the same length, or changes nothing and returns false where a value
  /// of the part exceeds the limit in magnitude. The caller's limit keeps the sums from
  /// overflowing.
  public func add(_ part: [Int64], to sums: inout [Int64], limit: Int64) -> Bool {
    precondition(part.count == sums.count && limit >= 0)
    return unsafe part.withUnsafeBufferPointer { part in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe functions.add(sums.baseAddress, part.baseAddress, part.count, limit)
      }
    }
  }
}
