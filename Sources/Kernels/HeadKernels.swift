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
    functions = HeadFunctions(instructionSet)
  }

  /// Logits of each sample: bias + Σ x·w over 16 lanes, which fold j with j+8, +4, +2, +1; the
  /// bias is added last.
  ///
  /// - Parameters:
  ///   - features: [samples × featureCount].
  ///   - parameters: [classCount × featureCount] weights, then classCount biases.
  ///   - logits: [samples × classCount], overwritten.
  public func forward(
    features: Span<Float>, parameters: Span<Float>, featureCount: Int, classCount: Int,
    logits: inout MutableSpan<Float>
  ) {
    let sampleCount = logits.count / classCount
    precondition(logits.count == sampleCount * classCount)
    precondition(features.count == sampleCount * featureCount)
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
  ///   - logits: finite, one for each class.
  ///   - maximum: the largest of them.
  ///   - gradient: probability − target of each class, in [−1, 1]; overwritten.
  /// - Returns: Σ exp(logit − maximum) in class order, at least 1.
  public func softmax(
    logits: Span<Float>, maximum: Float, label: Int, labelTarget: Float, otherTarget: Float,
    gradient: inout MutableSpan<Float>
  ) -> Float {
    precondition(gradient.count == logits.count && logits.indices.contains(label))
    return unsafe logits.withUnsafeBufferPointer { logits in
      unsafe gradient.withUnsafeMutableBufferPointer { gradient in
        unsafe functions.softmax(
          logits.baseAddress, maximum, logits.count, label, labelTarget, otherTarget,
          gradient.baseAddress)
      }
    }
  }

  /// Adds round(2³² · gradient · feature) of every sample to the sums of the weights, and
  /// round(2³² · gradient) to those of the biases.
  ///
  /// - Parameters:
  ///   - features: [samples × featureCount], |feature| < `featureMagnitudeLimit`.
  ///   - logitGradients: [samples × classCount], in [−1, 1].
  ///   - sums: [classCount × featureCount] weights, then classCount biases.
  public func addGradients(
    features: Span<Float>, logitGradients: Span<Float>, featureCount: Int, classCount: Int,
    sums: inout MutableSpan<Int64>
  ) {
    let sampleCount = logitGradients.count / classCount
    precondition(logitGradients.count == sampleCount * classCount)
    precondition(features.count == sampleCount * featureCount)
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
  public func add(_ part: Span<Int64>, to sums: inout MutableSpan<Int64>, limit: Int64) -> Bool {
    precondition(part.count == sums.count && limit >= 0)
    return unsafe part.withUnsafeBufferPointer { part in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe functions.add(sums.baseAddress, part.baseAddress, part.count, limit)
      }
    }
  }
}
