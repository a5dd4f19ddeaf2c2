import Kernels

/// The linear system of a ridge regression. A is its matrix plus λ on the diagonal; R are the samples'
/// weighted features [samples × features], T their weighted targets [samples × classes].
protocol RidgeSystem: Sendable {
  /// A without λ.
  func matrix(threads: Int, _ kernels: KernelTable) -> LowerTriangle
  /// Of each class the right side of the system.
  var targets: [[Float]] { get }
  /// What a sample's answers are made of: a row b, of which `square` below is b · A⁻¹ · bᵀ, and `product`
  /// that with a class's right side.
  func row(_ sample: Int) -> [Float]
  /// The part that a sample's own target has in its value, from 0 to 1.
  func ownPart(_ sample: Int, square: Double, _ lambda: Double) -> Double
  /// Target less value.
  func residual(_ sample: Int, _ label: Int, product: Double, _ lambda: Double) -> Double
}

/// Rᵀ·R + λ: as many unknowns as there are features.
struct FeatureSystem: RidgeSystem {
  let samples: WeightedSamples

  func matrix(threads: Int, _ kernels: KernelTable) -> LowerTriangle {
    let triangle = LowerTriangle(order: samples.featureCount)
    triangle.addProduct(depth: samples.count, threads: threads, kernels) { [samples] in
      samples.bySample(features: $0, $1)
    }
    return triangle
  }

  var targets: [[Float]] { samples.crossProducts() }

  func row(_ sample: Int) -> [Float] { samples.centred(sample) }

  func ownPart(_ sample: Int, square: Double, _ lambda: Double) -> Double {
    // The intercept has its part as well.
    samples.weights[sample] * (square + 1 / samples.weightSum)
  }

  func residual(_ sample: Int, _ label: Int, product: Double, _ lambda: Double) -> Double {
    samples.target(sample, label) - product
  }
}

/// R·Rᵀ + λ: as many unknowns as there are samples. With R·Rᵀ·A⁻¹ = 1 − λA⁻¹ the samples' weighted
/// residuals are λA⁻¹·T.
struct SampleSystem: RidgeSystem {
  let samples: WeightedSamples

  func matrix(threads: Int, _ kernels: KernelTable) -> LowerTriangle {
    let triangle = LowerTriangle(order: samples.count)
    triangle.addProduct(depth: samples.featureCount, threads: threads, kernels) { [samples] in
      samples.byFeature(samples: $0, $1)
    }
    return triangle
  }

  var targets: [[Float]] {
    samples.classShares.indices.map { label in
      (0..<samples.count).map {
        Float(samples.weights[$0].squareRoot() * samples.target($0, label))
      }
    }
  }

  func row(_ sample: Int) -> [Float] {
    var row = [Float](repeating: 0, count: samples.count)
    row[sample] = 1
    return row
  }

  func ownPart(_ sample: Int, square: Double, _ lambda: Double) -> Double {
    1 - lambda * square + samples.weights[sample] / samples.weightSum
  }

  func residual(_ sample: Int, _ label: Int, product: Double, _ lambda: Double) -> Double {
    lambda * product / samples.weights[sample].squareRoot()
  }
}
