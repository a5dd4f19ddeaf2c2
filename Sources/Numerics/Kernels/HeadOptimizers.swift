import CKernels

/// The constants of one AdamW step. In float32, for each parameter w with the mean gradient g:
///
///     m ← fma(1 − β₁, g − m, m)
///     v ← fma((1 − β₂)·g, g, β₂·v)
///     w ← fma(−rate / (1 − β₁ᵗ), m / fma(√v, 1/√(1 − β₂ᵗ), ε), w·(1 − rate·decay))
public struct AdamWStep: Equatable, Sendable {
  /// 1 − β₁, β₂ and 1 − β₂.
  public var firstComplement, secondFactor, secondComplement: Float
  /// 1/√(1 − β₂ᵗ).
  public var secondCorrection: Float
  public var epsilon: Float
  /// rate / (1 − β₁ᵗ).
  public var stepSize: Float
  /// 1 − rate·decay.
  public var decayFactor: Float

  public init(
    firstComplement: Float, secondFactor: Float, secondComplement: Float,
    secondCorrection: Float, epsilon: Float, stepSize: Float, decayFactor: Float
  ) {
    self.firstComplement = firstComplement
    self.secondFactor = secondFactor
    self.secondComplement = secondComplement
    self.secondCorrection = secondCorrection
    self.epsilon = epsilon
    self.stepSize = stepSize
    self.decayFactor = decayFactor
  }
}

/// The constants of one step of SGD with momentum. In float32, for each parameter w with the mean
/// gradient g:
///
///     u ← fma(momentum, u, fma(decay, w, g))
///     w ← fma(−rate, u, w)
public struct MomentumStep: Equatable, Sendable {
  public var momentum, rate, weightDecay: Float

  public init(momentum: Float, rate: Float, weightDecay: Float) {
    self.momentum = momentum
    self.rate = rate
    self.weightDecay = weightDecay
  }
}

extension HeadKernels {
  /// One AdamW step over parameters and slots of the same length, in place; a gradient is
  /// Float(Double(sum) · 2⁻³² / count). The first `weightCount` parameters decay, the biases don't.
  ///
  /// - Returns: whether every parameter is still a number of magnitude at most `magnitudeMax`.
  public func stepAdamW(
    parameters: inout [Float], first: inout [Float],
    second: inout [Float], sums: [Int64], sampleCount: Int, weightCount: Int,
    _ step: AdamWStep, magnitudeMax: Float
  ) -> Bool {
    let count = parameters.count
    precondition(first.count == count && second.count == count && sums.count == count)
    precondition(sampleCount > 0 && weightCount >= 0 && weightCount <= count)
    var weightStep = tl_adamw(
      scale: 0x1p-32, count: Double(sampleCount), beta1_complement: step.firstComplement,
      beta2: step.secondFactor, beta2_complement: step.secondComplement,
      second_correction: step.secondCorrection, epsilon: step.epsilon,
      step_size: step.stepSize, decay_factor: step.decayFactor)
    var biasStep = weightStep
    biasStep.decay_factor = 1
    // All four buffers have `count` elements; the biases begin at weightCount of each.
    return unsafe parameters.withUnsafeMutableBufferPointer { parameters in
      unsafe first.withUnsafeMutableBufferPointer { first in
        unsafe second.withUnsafeMutableBufferPointer { second in
          unsafe sums.withUnsafeBufferPointer { sums in
            guard let w = parameters.baseAddress, let m = first.baseAddress,
              let v = second.baseAddress, let s = sums.baseAddress
            else { return true }
            let weightsFit = unsafe functions.adamw(
              w, m, v, s, weightCount, &weightStep, magnitudeMax)
            let biasesFit = unsafe functions.adamw(
              w + weightCount, m + weightCount, v + weightCount, s + weightCount,
              count - weightCount, &biasStep, magnitudeMax)
            return weightsFit && biasesFit
          }
        }
      }
    }
  }

  /// One step of SGD with momentum, in place; otherwise as `stepAdamW`.
  public func stepMomentum(
    parameters: inout [Float], velocity: inout [Float],
    sums: [Int64], sampleCount: Int, weightCount: Int, _ step: MomentumStep,
    magnitudeMax: Float
  ) -> Bool {
    let count = parameters.count
    precondition(velocity.count == count && sums.count == count)
    precondition(sampleCount > 0 && weightCount >= 0 && weightCount <= count)
    var weightStep = tl_sgd(
      scale: 0x1p-32, count: Double(sampleCount), momentum: step.momentum, rate: step.rate,
      weight_decay: step.weightDecay)
    var biasStep = weightStep
    biasStep.weight_decay = 0
    return unsafe parameters.withUnsafeMutableBufferPointer { parameters in
      unsafe velocity.withUnsafeMutableBufferPointer { velocity in
        unsafe sums.withUnsafeBufferPointer { sums in
          guard let w = parameters.baseAddress, let u = velocity.baseAddress,
            let s = sums.baseAddress
          else { return true }
          let weightsFit = unsafe functions.sgd(w, u, s, weightCount, &weightStep, magnitudeMax)
          let biasesFit = unsafe functions.sgd(
            w + weightCount, u + weightCount, s + weightCount, count - weightCount, &biasStep,
            magnitudeMax)
          return weightsFit && biasesFit
        }
      }
    }
  }
}
