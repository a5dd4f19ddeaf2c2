import Testing
import Training

private let shape = try! HeadShape(featureCount: 6, classCount: 3)

private func sum(
  count: Int, value: Int64 = 1, lossSum: Int64 = 1, correct: Int = 0
) -> GradientSum {
  GradientSum(
    values: Array(repeating: value, count: shape.parameterCount), lossSum: lossSum,
    correct: correct, sampleCount: count)
}

private func trainer(learningRate: Double = 0.001) throws -> Trainer {
  Trainer(
    configuration: try TrainingConfiguration(optimizer: .sgd, learningRate: learningRate),
    length: try TrainingLength(sampleCount: 10, batchSize: 4, epochCount: 2), shape: shape)
}

struct TrainerRefusalTests {
  @Test func `a step counts every sample of its batch exactly once`() throws {
    var trainer = try trainer()
    try trainer.add(sum(count: 3))
    #expect(throws: TrainingError.miscountedStep(step: 0, expected: 4, counted: 5, skipped: 0)) {
      try trainer.add(sum(count: 2))
    }
    #expect(throws: TrainingError.miscountedStep(step: 0, expected: 4, counted: 3, skipped: 0)) {
      try trainer.finishStep(skipped: 0)
    }
    let totals = try trainer.finishStep(skipped: 1)
    #expect(totals == RunningTotals(lossSum: 1, correct: 0, samples: 3, skipped: 1))
    #expect(throws: TrainingError.miscountedEpoch(expected: 10, counted: 3, skipped: 1)) {
      try trainer.finishEpoch()
    }
  }

  @Test func `a batch with nothing left counts its step and leaves the head alone`() throws {
    var trainer = try trainer()
    try trainer.add(sum(count: 4, value: 1 << 32))
    _ = try trainer.finishStep(skipped: 0)
    let before = trainer.state
    _ = try trainer.finishStep(skipped: 4)
    #expect(trainer.head == before.head && trainer.state.slots == before.slots)
    #expect(trainer.state.firstPower == before.firstPower)
    #expect(trainer.step == 2)
    _ = try trainer.finishStep(skipped: 2)
    let totals = try trainer.finishEpoch()
    #expect(totals.samples == 4 && totals.skipped == 6)
    #expect(trainer.epoch == 1 && trainer.state.totals == RunningTotals())
  }

  @Test func `a sum that no samples can give is refused and changes nothing`() throws {
    var trainer = try trainer()
    let bound = Int64(2) << 50
    for bad in [
      sum(count: 0), sum(count: -1), sum(count: .max), sum(count: 2, value: bound + 1),
      sum(count: 2, value: .min), sum(count: 2, lossSum: -1), sum(count: 2, lossSum: .max),
      sum(count: 2, correct: 3), sum(count: 2, correct: -1),
    ] {
      #expect(throws: TrainingError.self) { try trainer.add(bad) }
    }
    var short = sum(count: 2)
    short.values.removeLast()
    #expect(throws: TrainingError.wrongLength(name: "gradient sum", expected: 21, found: 20)) {
      try trainer.add(short)
    }
    try trainer.add(sum(count: 4, value: 2 * bound))
  }

  @Test func `discarding forgets the step under way alone`() throws {
    var disturbed = try trainer()
    var undisturbed = disturbed
    try disturbed.add(sum(count: 3, value: 1 << 40))
    disturbed.discardPending()
    for value in [5 << 32, -3 << 32] as [Int64] {
      try disturbed.add(sum(count: 4, value: value))
      try undisturbed.add(sum(count: 4, value: value))
      _ = try disturbed.finishStep(skipped: 0)
      _ = try undisturbed.finishStep(skipped: 0)
    }
    #expect(disturbed.state == undisturbed.state)
  }

  @Test func `a head that leaves all bounds names step, rate and parameter`() throws {
    var trainer = try trainer(learningRate: 1000)
    try trainer.add(sum(count: 4, value: 4 << 32))
    _ = try trainer.finishStep(skipped: 0)
    try trainer.add(sum(count: 4, value: 400 << 32))
    let cause = Divergence(.parameter(index: 0, value: -101_900))
    let expected = TrainingError.diverged(step: 1, learningRate: 1000, cause)
    #expect(throws: expected) { try trainer.finishStep(skipped: 0) }
    #expect("\(expected)".contains("step 1 with learning rate 1000.0"))
  }

  @Test func `values out of range are refused by name`() {
    func refuses(_ name: String, _ body: () throws -> Void) {
      #expect {
        try body()
      } throws: { error in
        "\(error)".hasPrefix(name)
      }
    }
    for rate in [0, -1, 1001, .nan, .infinity] as [Double] {
      refuses("learning rate is \(rate)") { _ = try TrainingConfiguration(learningRate: rate) }
    }
    for decay in [-0.1, 1.1, .nan] {
      refuses("weight decay is") { _ = try TrainingConfiguration(weightDecay: decay) }
    }
    for momentum in [-0.1, 1, .nan] {
      refuses("momentum is") { _ = try TrainingConfiguration(momentum: momentum) }
    }
    for smoothing in [-0.1, 1, .nan] {
      refuses("label smoothing is") { _ = try TrainingConfiguration(labelSmoothing: smoothing) }
    }
    refuses("batch size is 0") {
      _ = try TrainingLength(sampleCount: 1, batchSize: 0, epochCount: 1)
    }
    refuses("a head of 0 features") { _ = try HeadShape(featureCount: 0, classCount: 2) }
    refuses("a head of 5 features and 1 classes") {
      _ = try HeadShape(featureCount: 5, classCount: 1)
    }
  }

  @Test func `a state of another training is refused`() throws {
    let trainer = try trainer()
    let state = trainer.state
    let adam = try TrainingConfiguration()
    #expect(throws: TrainingError.wrongLength(name: "optimizer state", expected: 2, found: 1)) {
      try Trainer(configuration: adam, length: trainer.length, state: state)
    }
    let spoiled: [TrainerState] = [
      TrainerState(
        head: state.head, slots: [[0]], firstPower: 1, secondPower: 1, step: 0,
        totals: RunningTotals()),
      TrainerState(
        head: state.head, slots: [Array(repeating: .nan, count: shape.parameterCount)],
        firstPower: 1, secondPower: 1, step: 0, totals: RunningTotals()),
      TrainerState(
        head: state.head, slots: state.slots, firstPower: .nan, secondPower: 1, step: 0,
        totals: RunningTotals()),
      TrainerState(
        head: state.head, slots: state.slots, firstPower: 1, secondPower: 1, step: 7,
        totals: RunningTotals()),
      TrainerState(
        head: state.head, slots: state.slots, firstPower: 1, secondPower: 1, step: 1,
        totals: RunningTotals(samples: 3)),
      TrainerState(
        head: state.head, slots: state.slots, firstPower: 1, secondPower: 1, step: 1,
        totals: RunningTotals(samples: .max, skipped: .max)),
    ]
    for state in spoiled {
      #expect(throws: TrainingError.self) {
        try Trainer(configuration: trainer.configuration, length: trainer.length, state: state)
      }
    }
  }
}
