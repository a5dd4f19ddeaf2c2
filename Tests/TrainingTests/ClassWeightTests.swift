import Digest
import Testing
import Training

struct ClassWeightTests {
  @Test func `each class has the same sum of weights, whose mean is 1`() {
    let counts = [100, 20, 5]
    let weights = ClassWeights(balancing: counts)
    let absolute = weights.relative.map { Double($0) * weights.largest }
    for (count, weight) in zip(counts, absolute) {
      #expect(abs(Double(count) * weight - 125.0 / 3) < 1e-4)
    }
    #expect(weights.relative.max() == 1)
    #expect(ClassWeights(balancing: [7, 7]).relative == [1, 1])
    #expect(ClassWeights(balancing: [7, 7]).largest == 1)
  }

  /// With plain numbers: gradients times absolute weights, divided by the number of samples.
  @Test(arguments: Optimizer.allCases)
  func `scaling within the optimizer is the same as scaling gradients`(
    optimizer: Optimizer
  ) throws {
    let shape = try HeadShape(featureCount: 3, classCount: 2)
    let plain = try TrainingConfiguration(
      optimizer: optimizer, learningRate: 0.1, weightDecay: 0.01)
    let length = try TrainingLength(sampleCount: 4, batchSize: 4, epochCount: 20)
    let features: [[Float]] = [[1, 0.5, 0], [0.9, 0.4, 0.1], [1.1, 0.6, 0.2], [0, 1, 2]]
    let labels = [0, 0, 0, 1]
    let weights = ClassWeights(balancing: [3, 1])
    var scaling = plain
    scaling.gradientScale = weights.largest
    var scaled = Trainer(configuration: scaling, length: length, shape: shape)
    var reference = Trainer(configuration: plain, length: length, shape: shape)
    var engine = ShareEngine(
      shape: shape, objective: Objective(classWeights: weights.relative))
    for _ in 0..<20 {
      try scaled.add(engine.gradientSum(head: scaled.head, features: features, labels: labels))
      _ = try scaled.finishStep(skipped: 0)
      var sum = try engine.gradientSum(head: reference.head, features: features, labels: labels)
      sum.values = sum.values.map { Int64((Double($0) * weights.largest).rounded()) }
      try reference.add(sum)
      _ = try reference.finishStep(skipped: 0)
      _ = try scaled.finishEpoch()
      _ = try reference.finishEpoch()
    }
    for (left, right) in zip(scaled.head.parameters, reference.head.parameters) {
      #expect(abs(left - right) < 1e-4)
    }
    #expect(scaled.head.parameters.contains { abs($0) > 0.1 })
  }

  @Test func `weighted sums are the same however samples are shared out`() throws {
    let seed: UInt64 = 7
    var numbers = SplitMix64(seed: seed, purpose: "class weights")
    let shape = try HeadShape(featureCount: 37, classCount: 5)
    let head = try Head(
      shape: shape, parameters: (0..<shape.parameterCount).map { _ in Float(numbers.unit() - 0.5) })
    let features = (0..<101).map { _ in (0..<37).map { _ in Float(3 * numbers.unit()) } }
    let labels = (0..<101).map { _ in Int(numbers.below(5)) }
    let objective = Objective(labelSmoothing: 0.1, classWeights: [1, 0.5, 0.01, 0.3, 0.7])
    var engine = ShareEngine(shape: shape, objective: objective)
    let whole = try engine.gradientSum(head: head, features: features, labels: labels)
    for part in [1, 3, 16, 50] {
      var sum = GradientSum(zero: shape)
      for start in stride(from: 0, to: 101, by: part).reversed() {
        let range = start..<min(start + part, 101)
        let own = try engine.gradientSum(
          head: head, features: Array(features[range]), labels: Array(labels[range]))
        for place in sum.values.indices { sum.values[place] += own.values[place] }
      }
      #expect(sum.values == whole.values, "parts of \(part)")
    }
    var plain = ShareEngine(shape: shape, objective: Objective(labelSmoothing: 0.1))
    let unweighted = try plain.gradientSum(head: head, features: features, labels: labels)
    #expect(unweighted.values != whole.values && unweighted.lossSum == whole.lossSum)
  }
}
