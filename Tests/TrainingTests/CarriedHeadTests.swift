import Digest
import Testing
import Training

private let shape = try! HeadShape(featureCount: 7, classCount: 4)

/// A head of arbitrary numbers.
private func head(seed: UInt64 = 3) throws -> Head {
  var numbers = SplitMix64(seed: seed, purpose: "test head")
  return try Head(
    shape: shape,
    parameters: (0..<shape.parameterCount).map { _ in Float(numbers.unit() * 4 - 2) })
}

private func photograph(seed: UInt64 = 1) -> [Float] {
  var numbers = SplitMix64(seed: seed, purpose: "test photograph")
  return (0..<shape.featureCount).map { _ in Float(numbers.unit() * 2) }
}

private func probabilities(_ head: Head, _ features: [Float]) throws -> [Double] {
  var engine = ShareEngine(shape: head.shape)
  return try engine.probabilities(head: head, features: features).map(Double.init)
}

private func row(_ head: Head, _ place: Int) -> [Float] {
  let count = head.shape.featureCount
  let start = place * count
  return Array(head.parameters[start..<start + count])
    + [head.parameters[head.shape.weightCount + place]]
}

struct CarriedHeadTests {
  @Test func `the same classes have the same head, and others in another order their own rows`()
    throws
  {
    let head = try head()
    let weights = [5.0, 1, 2, 9]
    #expect(try Head(carrying: head, rows: [0, 1, 2, 3], weights: weights) == head)
    let turned = try Head(carrying: head, rows: [2, 0, 3, 1], weights: weights)
    for (place, origin) in [2, 0, 3, 1].enumerated() {
      #expect(row(turned, place) == row(head, origin))
    }
  }

  @Test func `without a class, the others are as likely as they were among themselves`() throws {
    let head = try head()
    let fewer = try Head(carrying: head, rows: [0, 2, 3], weights: [1, 1, 1])
    let before = try probabilities(head, photograph())
    let now = try probabilities(fewer, photograph())
    for (place, origin) in [0, 2, 3].enumerated() {
      #expect(abs(now[place] - before[origin] / (1 - before[1])) < 1e-6)
    }
  }

  @Test func `a new class has its prior where the head knows nothing`() throws {
    let counts = [30.0, 10, 60]
    // The logarithms of the counts but for a constant, and features that are all 0.
    let known = try HeadShape(featureCount: 2, classCount: 2)
    let head = try Head(
      shape: known, parameters: [1, -2, 3, 4, 0.5 + 3.4011974, 0.5 + 2.3025851])
    let carried = try Head(carrying: head, rows: [0, 1, nil], weights: counts)
    let found = try probabilities(carried, [0, 0])
    for (probability, count) in zip(found, counts) {
      #expect(abs(probability - count / 100) < 1e-6)
    }
    #expect(Array(row(carried, 2).prefix(2)) == [2, 1], "the mean of the rows")
  }

  @Test func `a new class doesn't depend on what softmax leaves open`() throws {
    let head = try head()
    var shifted = head.parameters
    for place in 0..<shape.classCount {
      for feature in 0..<shape.featureCount {
        shifted[place * shape.featureCount + feature] += Float(feature) - 2
      }
      shifted[shape.weightCount + place] += 3
    }
    let rows = [0, nil, 1, 2, 3]
    let weights = [4.0, 7, 1, 2, 3]
    let one = try probabilities(
      try Head(carrying: head, rows: rows, weights: weights), photograph())
    let other = try probabilities(
      try Head(
        carrying: try Head(shape: shape, parameters: shifted), rows: rows, weights: weights),
      photograph())
    for (a, b) in zip(one, other) { #expect(abs(a - b) < 1e-5) }
  }

  @Test func `a training begins with the head that it is given, and without a memory`() throws {
    let length = try TrainingLength(sampleCount: 10, batchSize: 4, epochCount: 2)
    let head = try head()
    for optimizer in Optimizer.allCases {
      let configuration = try TrainingConfiguration(optimizer: optimizer)
      let trainer = Trainer(configuration: configuration, length: length, start: head)
      #expect(trainer.head == head && trainer.step == 0)
      #expect(trainer.state.slots.allSatisfy { $0.allSatisfy { $0 == 0 } })
      let zero = Trainer(configuration: configuration, length: length, shape: shape)
      #expect(
        zero.state
          == Trainer(configuration: configuration, length: length, start: Head(zero: shape)).state)
    }
  }
}
