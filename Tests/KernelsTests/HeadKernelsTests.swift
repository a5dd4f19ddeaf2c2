import CKernels
import Glibc
import Kernels
import Testing

/// A linear congruential generator (Knuth's MMIX constants): enough to fill matrices.
private struct Draws {
  var state: UInt64

  mutating func unit() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) * 0x1p-24
  }

  /// Values of many magnitudes and both signs, a tenth of them zero.
  mutating func values(_ count: Int, within limit: Float) -> [Float] {
    (0..<count).map { _ in
      if unit() < 0.1 { return 0 }
      let magnitude = limit * exp2f(-24 * unit() * unit())
      return unit() < 0.5 ? magnitude : -magnitude
    }
  }
}

private let seed: UInt64 = 20_240_917
private let scalar = HeadKernels(.scalar)
private let variants = InstructionSet.allCases.filter { $0.isSupported && $0 != .scalar }

private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

struct HeadKernelsTests {
  static let featureCounts = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 1280]
  static let classCounts = [2, 3, 4, 5, 8, 9]
  static let sampleCounts = [1, 2, 3, 4, 5, 16, 17]

  /// Calls the body with every combination of sizes.
  private func forSizes(_ body: (_ samples: Int, _ features: Int, _ classes: Int) -> Void) {
    for samples in Self.sampleCounts {
      for features in Self.featureCounts {
        for classes in Self.classCounts { body(samples, features, classes) }
      }
    }
  }

  @Test(arguments: variants)
  func `the forward pass has the scalar reference's bits`(set: InstructionSet) {
    let kernels = HeadKernels(set)
    var draws = Draws(state: seed)
    forSizes { samples, features, classes in
      let x = draws.values(samples * features, within: 6)
      let parameters = draws.values(classes * (features + 1), within: 1)
      var expected = [Float](repeating: .nan, count: samples * classes)
      var found = expected
      scalar.forward(
        features: x, parameters: parameters, featureCount: features, classCount: classes,
        logits: &expected)
      kernels.forward(
        features: x, parameters: parameters, featureCount: features, classCount: classes,
        logits: &found)
      #expect(bits(found) == bits(expected), "seed \(seed): \(samples) × \(features) × \(classes)")
    }
  }

  @Test(arguments: variants)
  func `gradient sums have the scalar reference's bits`(set: InstructionSet) {
    let kernels = HeadKernels(set)
    var draws = Draws(state: seed)
    forSizes { samples, features, classes in
      let limit = HeadKernels.featureMagnitudeLimit.nextDown
      let x = draws.values(samples * features, within: limit)
      let g = draws.values(samples * classes, within: 1)
      var expected = (0..<classes * (features + 1)).map { Int64($0) }
      var found = expected
      scalar.addGradients(
        features: x, logitGradients: g, featureCount: features, classCount: classes,
        sums: &expected)
      kernels.addGradients(
        features: x, logitGradients: g, featureCount: features, classCount: classes, sums: &found)
      #expect(found == expected, "seed \(seed): \(samples) × \(features) × \(classes)")
    }
  }

  @Test(arguments: variants)
  func `softmax has the scalar reference's bits`(set: InstructionSet) {
    let kernels = HeadKernels(set)
    var draws = Draws(state: seed)
    for count in 2...70 {
      let logits = draws.values(count + 3, within: 100)
      let range = 2..<count + 2
      let maximum = logits[range].max()!
      var expected = [Float](repeating: .nan, count: count + 4)
      var found = expected
      let one = scalar.softmax(
        in: range, logits: logits, maximum: maximum, label: count / 2, labelTarget: 0.9,
        otherTarget: 0.1, gradients: &expected)
      let other = kernels.softmax(
        in: range, logits: logits, maximum: maximum, label: count / 2, labelTarget: 0.9,
        otherTarget: 0.1, gradients: &found)
      #expect(one == other && bits(found) == bits(expected), "seed \(seed): \(count) classes")
      #expect(found.prefix(2).allSatisfy(\.isNaN) && found.suffix(2).allSatisfy(\.isNaN))
    }
  }

  @Test(arguments: variants, [1, 5, 16, 100, 6405])
  func `optimizer steps have the scalar reference's bits`(set: InstructionSet, count: Int) {
    let kernels = HeadKernels(set)
    var draws = Draws(state: seed)
    let adamw = AdamWStep(
      firstComplement: 0.1, secondFactor: 0.999, secondComplement: 0.001, secondCorrection: 5.5,
      epsilon: 1e-8, stepSize: 0.003, decayFactor: 0.9999)
    let momentum = MomentumStep(momentum: 0.9, rate: 0.01, weightDecay: 0.001)
    let start = draws.values(count, within: 1)
    var expected = [start, start, start.map(abs), start]
    var found = expected
    for _ in 0..<5 {
      // Sums of every magnitude, beyond the 53 bits of a double too.
      let sums = draws.values(count, within: 0x1p62).map { Int64($0) }
      for (kernels, isReference) in [(scalar, true), (kernels, false)] {
        var w = isReference ? expected[0] : found[0]
        var m = isReference ? expected[1] : found[1]
        var v = isReference ? expected[2] : found[2]
        var u = isReference ? expected[3] : found[3]
        _ = kernels.stepAdamW(
          parameters: &w, first: &m, second: &v, sums: sums, sampleCount: 31,
          weightCount: count / 2, adamw, magnitudeMax: 65_536)
        _ = kernels.stepMomentum(
          parameters: &w, velocity: &u, sums: sums, sampleCount: 31, weightCount: count / 2,
          momentum, magnitudeMax: 65_536)
        if isReference { expected = [w, m, v, u] } else { found = [w, m, v, u] }
      }
    }
    #expect(found.map(bits) == expected.map(bits), "seed \(seed)")
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
  func `a parameter that is not a number or too large is noticed wherever it is`(
    set: InstructionSet
  ) {
    let kernels = HeadKernels(set)
    let step = MomentumStep(momentum: 0, rate: 1, weightDecay: 0)
    for index in 0..<37 {
      for (value, isSound) in [(Float.nan, false), (65_537, false), (-65_536, true)] {
        var parameters = [Float](repeating: 1, count: 37)
        parameters[index] = value
        var velocity = [Float](repeating: 0, count: 37)
        let result = kernels.stepMomentum(
          parameters: &parameters, velocity: &velocity, sums: [Int64](repeating: 0, count: 37),
          sampleCount: 1, weightCount: 32, step, magnitudeMax: 65_536)
        #expect(result == isSound)
      }
    }
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
  func `a part beyond the limit is refused and nothing is added`(set: InstructionSet) {
    let kernels = HeadKernels(set)
    for index in 0..<19 {
      for value in [101, -101, Int64.max, .min] {
        var sums = [Int64](repeating: 7, count: 19)
        var part = [Int64](repeating: -100, count: 19)
        #expect(kernels.add(part, to: &sums, limit: 100))
        #expect(sums.allSatisfy { $0 == -93 })
        part[index] = value
        #expect(!kernels.add(part, to: &sums, limit: 100))
        #expect(sums.allSatisfy { $0 == -93 })
      }
    }
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
  func `scaled gradients round to the nearest integer, halves to even`(set: InstructionSet) {
    let kernels = HeadKernels(set)
    // Multiples of 2^-34 are quarters when scaled by 2^32; each column has one of them.
    let quarters = Array(-40...40)
    let x = quarters.map { Float($0) * 0x1p-34 }
    var sums = [Int64](repeating: 0, count: 2 * (x.count + 1))
    kernels.addGradients(
      features: x, logitGradients: [1, -0.5], featureCount: x.count, classCount: 2, sums: &sums)
    let whole = quarters.map { Int64((Double($0) / 4).rounded(.toNearestOrEven)) }
    let half = quarters.map { Int64((Double(-$0) / 8).rounded(.toNearestOrEven)) }
    #expect(sums == whole + half + [1 << 32, -(1 << 31)])
  }

  @Test func `the exponential is within one unit in the last place`() {
    // Every 997th float from -0 down to where the result is cut off.
    var worst = 0.0
    for pattern in stride(from: Float(-0.0).bitPattern, to: Float(-87).bitPattern, by: 997) {
      let x = Float(bitPattern: pattern)
      let exact = exp(Double(x))
      worst = max(worst, abs(Double(head_exponential(x)) - exact) / Double(Float(exact).ulp))
    }
    #expect(worst < 1, "at most \(worst) units")
    #expect(head_exponential(0) == 1 && head_exponential(-0.0) == 1)
    #expect(head_exponential(Float(-87).nextDown) == 0)
    #expect(head_exponential(-131_072) == 0)
  }
}
