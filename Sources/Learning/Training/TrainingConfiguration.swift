/// How the head is updated from its gradients.
public enum Optimizer: String, CaseIterable, Hashable, Sendable {
  /// AdamW (Loshchilov and Hutter, 2019): β 0.9 and 0.999, ε 1e-8, decay apart from the gradient.
  case adam
  /// Stochastic gradient descent with momentum, decay added to the gradient.
  case sgd

  /// The learning rate where none is given.
  public var defaultLearningRate: Double {
    switch self {
    case .adam: 0.001
    case .sgd: 0.01
    }
  }
}

/// How the learning rate changes over a run.
public enum Schedule: String, CaseIterable, Hashable, Sendable {
  case constant
  /// From the learning rate down to almost 0 along half a cosine.
  case cosine
}

/// Everything that decides how a head is trained from its gradients.
public struct TrainingConfiguration: Hashable, Sendable {
  public let optimizer: Optimizer
  /// In (0, 1000].
  public let learningRate: Double
  public let schedule: Schedule
  /// Applied to weights, never to biases; in [0, 1] and with AdamW below 1 / learning rate.
  public let weightDecay: Double
  /// Used by SGD; in [0, 1).
  public let momentum: Double
  /// The part of each target that is spread over all classes; in [0, 1).
  public let labelSmoothing: Double
  /// What sums of gradients must be multiplied by where classes are weighted: the largest of the
  /// weights, of which workers know only the proportions. At least 1.
  public var gradientScale = 1.0

  public init(
    optimizer: Optimizer = .adam, learningRate: Double? = nil, schedule: Schedule = .constant,
    weightDecay: Double = 0, momentum: Double = 0.9, labelSmoothing: Double = 0
  ) throws(TrainingError) {
    let learningRate = learningRate ?? optimizer.defaultLearningRate
    guard learningRate > 0, learningRate <= 1000 else {
      throw .unusableValue(
        name: "learning rate", value: "\(learningRate)", allowed: "above 0 and at most 1000")
    }
    guard weightDecay >= 0, weightDecay <= 1, weightDecay * learningRate < 1 else {
      throw .unusableValue(
        name: "weight decay", value: "\(weightDecay)",
        allowed: "from 0 to 1, and below 1 when multiplied by the learning rate")
    }
    guard momentum >= 0, momentum < 1 else {
      throw .unusableValue(name: "momentum", value: "\(momentum)", allowed: "from 0 to below 1")
    }
    guard labelSmoothing >= 0, labelSmoothing < 1 else {
      throw .unusableValue(
        name: "label smoothing", value: "\(labelSmoothing)", allowed: "from 0 to below 1")
    }
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.schedule = schedule
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.labelSmoothing = labelSmoothing
  }

  /// The learning rate of a step, counted from 0, in a run of `stepCount` steps.
  public func learningRate(step: UInt64, stepCount: UInt64) -> Double {
    precondition(step < stepCount)
    switch schedule {
    case .constant: return learningRate
    case .cosine:
      let progress = Double(step) / Double(stepCount)
      return learningRate * (0.5 * (1 + ElementaryFunctions.cosineOfHalfTurns(progress)))
    }
  }
}

/// How many samples a run trains on, and in what portions.
public struct TrainingLength: Hashable, Sendable {
  /// Training samples of an epoch, undecodable ones included.
  public let sampleCount: Int
  public let batchSize: Int
  public let epochCount: Int

  /// All must be at least 1 and at most 2³¹.
  public init(sampleCount: Int, batchSize: Int, epochCount: Int) throws(TrainingError) {
    let named = [
      ("the number of training samples", sampleCount), ("batch size", batchSize),
      ("the number of epochs", epochCount),
    ]
    for (name, value) in named where !(1...1 << 31).contains(value) {
      throw .unusableValue(name: name, value: "\(value)", allowed: "from 1 to 2147483648")
    }
    self.sampleCount = sampleCount
    self.batchSize = batchSize
    self.epochCount = epochCount
  }

  /// ⌈samples / batch size⌉: the last, smaller batch counts.
  public var stepsPerEpoch: Int { (sampleCount + batchSize - 1) / batchSize }

  public var stepCount: UInt64 { UInt64(stepsPerEpoch) * UInt64(epochCount) }

  /// The samples of a step, counted from 0.
  public func sampleCount(step: UInt64) -> Int {
    let position = Int(step % UInt64(stepsPerEpoch)) * batchSize
    return min(batchSize, sampleCount - position)
  }
}
