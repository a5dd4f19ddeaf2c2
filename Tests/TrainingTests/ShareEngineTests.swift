import Digest
import Glibc
import Kernels
import Testing
import Training

private func shape(_ features: Int, _ classes: Int) throws -> HeadShape {
  try HeadShape(featureCount: features, classCount: classes)
}

private func someHead(_ shape: HeadShape) throws -> Head {
  var generator = SplitMix64(seed: 7, purpose: "test head")
  return try Head(
    shape: shape,
    parameters: (0..<shape.parameterCount).map { _ in Float(generator.unit() - 0.5) })
}

/// Cross-entropy of one sample in double precision, with the system's functions.
private func referenceLoss(
  _ parameters: [Double], _ shape: HeadShape, _ x: [Float], _ label: Int, smoothing: Double
) -> Double {
  let logits = (0..<shape.classCount).map { c in
    (0..<shape.featureCount).reduce(parameters[shape.weightCount + c]) {
      $0 + parameters[c * shape.featureCount + $1] * Double(x[$1])
    }
  }
  let maximum = logits.max()!
  let logTotal = log(logits.reduce(0) { $0 + exp($1 - maximum) }) + maximum
  return (0..<shape.classCount).reduce(0) { sum, c in
    let target = smoothing / Double(shape.classCount) + (c == label ? 1 - smoothing : 0)
    return sum - target * (logits[c] - logTotal)
  }
}

struct ShareEngineTests {
  @Test(arguments: [0, 0.1])
  func `gradients agree with finite differences of the loss`(smoothing: Double) throws {
    let shape = try shape(19, 3)
    let head = try someHead(shape)
    let samples = Samples(count: 5, shape: shape)
    var engine = ShareEngine(shape: shape, objective: Objective(labelSmoothing: smoothing))
    let sum = try engine.gradientSum(
      head: head, features: samples.features, labels: samples.labels)
    let parameters = head.parameters.map(Double.init)
    func loss(_ parameters: [Double]) -> Double {
      zip(samples.features, samples.labels).reduce(0) {
        $0 + referenceLoss(parameters, shape, $1.0, $1.1, smoothing: smoothing)
      }
    }
    #expect(abs(Double(sum.lossSum) * 0x1p-32 - loss(parameters)) < 1e-5)
    for index in parameters.indices {
      var (below, above) = (parameters, parameters)
      below[index] -= 1e-5
      above[index] += 1e-5
      let slope = (loss(above) - loss(below)) / 2e-5
      #expect(abs(Double(sum.values[index]) * 0x1p-32 - slope) < 1e-5)
    }
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
  func `however a batch is cut into shares, the sums are the same`(set: InstructionSet) throws {
    let shape = try shape(100, 5)
    let head = try someHead(shape)
    let samples = Samples(count: 61, shape: shape)
    var reference = ShareEngine(shape: shape, kernels: HeadKernels(.scalar))
    let whole = try reference.gradientSum(
      head: head, features: samples.features, labels: samples.labels)
    let wholeEvaluation = try reference.evaluation(
      head: head, features: samples.features, labels: samples.labels)
    var engine = ShareEngine(shape: shape, kernels: HeadKernels(set))
    for shareSize in [1, 3, 16, 17, 60, 61] {
      var sum = GradientSum(zero: shape)
      var evaluation = EvaluationSum(zero: shape)
      for start in stride(from: 0, to: 61, by: shareSize).reversed() {
        let range = start..<min(start + shareSize, 61)
        let rows = Array(samples.features[range])
        let labels = Array(samples.labels[range])
        let part = try engine.gradientSum(head: head, features: rows, labels: labels)
        sum.values = zip(sum.values, part.values).map { $0 + $1 }
        sum.lossSum += part.lossSum
        sum.correct += part.correct
        sum.sampleCount += part.sampleCount
        let partEvaluation = try engine.evaluation(head: head, features: rows, labels: labels)
        evaluation.confusion += partEvaluation.confusion
        evaluation.lossSum += partEvaluation.lossSum
      }
      #expect(sum == whole)
      #expect(evaluation == wholeEvaluation)
    }
    #expect(wholeEvaluation.correct == whole.correct)
    #expect(wholeEvaluation.lossSum == whole.lossSum)
  }

  @Test func `probabilities are the softmax of the logits`() throws {
    let shape = try shape(2, 3)
    let head = try Head(shape: shape, parameters: [1, 0, 0, 1, 0, 0, 0, 0, 1])
    var engine = ShareEngine(shape: shape, objective: Objective(labelSmoothing: 0.3))
    let found = try engine.probabilities(head: head, features: [3, 2])
    let weights = [exp(3.0), exp(2.0), exp(1.0)]
    for (probability, weight) in zip(found, weights) {
      #expect(abs(Double(probability) - weight / weights.reduce(0, +)) < 1e-6)
    }
  }

  @Test func `of equal logits the lowest class is predicted`() throws {
    let shape = try shape(4, 3)
    var engine = ShareEngine(shape: shape)
    let rows = [[Float]](repeating: [1, 2, 3, 4], count: 3)
    let sum = try engine.evaluation(
      head: Head(zero: shape), features: rows, labels: [0, 1, 2])
    #expect(sum.confusion.counts == [1, 0, 0, 1, 0, 0, 1, 0, 0])
    #expect(abs(Double(sum.lossSum) * 0x1p-32 - 3 * log(3.0)) < 1e-6)
  }

  @Test(arguments: [(Float(65_536), true), (Float(65_536).nextUp, false), (-70_000, false)])
  func `an absurd logit stops the share and is named`(feature: Float, isSound: Bool) throws {
    let shape = try shape(1, 2)
    let head = try Head(shape: shape, parameters: [1, 0, 0, 0])
    var engine = ShareEngine(shape: shape)
    var rows = [[Float]](repeating: [1], count: 20)
    rows[18] = [feature]
    let labels = [Int](repeating: 0, count: 20)
    if isSound {
      _ = try engine.gradientSum(head: head, features: rows, labels: labels)
    } else {
      let expected = Divergence(.logit(position: 18, classIndex: 0, value: feature))
      #expect(throws: expected) {
        try engine.gradientSum(head: head, features: rows, labels: labels)
      }
      #expect(throws: expected) {
        try engine.evaluation(head: head, features: rows, labels: labels)
      }
    }
  }

  @Test func `features are refused from where a batch could overflow`() {
    for (batchSize, limit) in [(1, 0x1p18), (8192, 0x1p18), (8193, 0x1p17), (1 << 20, 0x1p11)] {
      #expect(FeatureBound.limit(batchSize: batchSize) == Float(limit))
    }
    let bound = FeatureBound.limit(batchSize: 32)
    for bad in [bound, -bound, .infinity, .nan] {
      let features: [Float] = [0, bound.nextDown, -bound.nextDown, bad]
      #expect(FeatureBound.firstViolation(in: features.span, batchSize: 32) == 3)
      #expect(
        FeatureBound.firstViolation(in: features.span.extracting(0..<3), batchSize: 32) == nil)
    }
  }
}
