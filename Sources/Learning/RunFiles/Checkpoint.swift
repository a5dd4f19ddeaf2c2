import Digest
import Training

/// A run between two steps, complete: whoever goes on from here reaches the same head.
public struct Checkpoint: Equatable, Sendable {
  /// The bytes that the run trains on.
  public var inputs: RunInputs
  /// The options that decide the answer, by their names.
  var options: JSONValue
  /// The names of the classes, in their order.
  public var classes: [String]
  /// Epochs that are over, evaluation included. The step may have reached an epoch's end while the
  /// epoch isn't over.
  public var epoch: Int
  /// Head, optimizer, step and the running sums of the epoch under way.
  public var state: TrainerState
  /// The best epoch so far; nil before the first is over.
  public var best: BestEpoch?
  /// Of the last epoch that is over; nil before the first is.
  public var metrics: EpochMetrics?
  /// Whose answers are in it.
  public var contributors: CheckpointContributors
  /// What of it is yet to be looked at twice.
  public var openAudits: [OpenFeatureAudit]

  /// The end of an epoch with its validation result.
  public struct BestEpoch: Hashable, Sendable {
    /// From 0.
    public var epoch: Int
    /// Validation samples that were right.
    public var correct: Int
    /// Steps complete at its end: names its checkpoint.
    public var step: UInt64

    public init(epoch: Int, correct: Int, step: UInt64) {
      self.epoch = epoch
      self.correct = correct
      self.step = step
    }
  }

  /// - Parameter configuration: must name its inputs.
  public init(
    configuration: RunConfiguration, classes: [String], epoch: Int, state: TrainerState,
    best: BestEpoch? = nil, metrics: EpochMetrics? = nil,
    contributors: CheckpointContributors = .none, openAudits: [OpenFeatureAudit] = []
  ) {
    guard let inputs = configuration.inputs else {
      preconditionFailure("a run knows its inputs before it trains")
    }
    precondition(classes.count == state.head.shape.classCount && epoch >= 0)
    self.inputs = inputs
    options = configuration.answerOptions
    self.classes = classes
    self.epoch = epoch
    self.state = state
    self.best = best
    self.metrics = metrics
    self.contributors = contributors
    self.openAudits = openAudits
  }

  /// What keeps a run of this configuration from continuing here: all that keeps its own configuration
  /// from changing so.
  public func differences(to configuration: RunConfiguration) -> [ConfigurationDifference] {
    var differences: [ConfigurationDifference] = []
    func compare(_ name: String, _ before: JSONValue?, _ now: JSONValue?) {
      guard before != now else { return }
      differences.append(
        ConfigurationDifference(
          name: name, before: before?.encoded ?? "unknown", now: now?.encoded ?? "unknown"))
    }
    if let now = configuration.inputs { differences = inputs.differences(to: now) }
    let now = configuration.answerOptions
    let constant = Schedule.constant
    let isConstant =
      configuration.schedule == constant && options["schedule"]?.string == constant.rawValue
    // An option that was not there yet had no effect, and so has its default.
    let defaults = RunConfiguration().answerOptions
    for member in now.members ?? [] where !(isConstant && member.name == RunOption.epochs) {
      compare(member.name, options[member.name] ?? defaults[member.name], member.value)
    }
    // Options that a newer program knows decide the answer as well.
    for member in options.members ?? [] where now[member.name] == nil {
      compare(member.name, member.value, nil)
    }
    return differences
  }
}

extension Checkpoint {
  /// The trainer that goes on from here. Refuses what no run of this configuration, length and shape
  /// can have left, as a file may be sealed and wrong.
  public func trainer(
    configuration: TrainingConfiguration, length: TrainingLength, shape: HeadShape
  ) throws(RunFilesError) -> Trainer {
    func refusal(_ reason: String) -> RunFilesError {
      RunFilesError(.configuration, "the checkpoint can't be continued: \(reason)")
    }
    guard state.head.shape == shape else {
      let found = state.head.shape
      throw refusal(
        "its head has \(found.classCount) classes and \(found.featureCount) features, not "
          + "\(shape.classCount) and \(shape.featureCount)")
    }
    let trainer: Trainer
    do {
      trainer = try Trainer(configuration: configuration, length: length, state: state)
    } catch {
      throw refusal("\(error)")
    }
    // An epoch is over once it has been evaluated, and its sums are cleared then.
    let isBeforeEvaluation =
      state.totals.samples + state.totals.skipped == length.sampleCount
    guard epoch == trainer.epoch - (isBeforeEvaluation ? 1 : 0) else {
      throw refusal("step \(state.step) isn't in epoch \(epoch)")
    }
    if let best {
      guard best.epoch < epoch,
        best.step == UInt64(length.stepsPerEpoch) * UInt64(best.epoch + 1)
      else { throw refusal("its best epoch, \(best.epoch), isn't over at step \(best.step)") }
    }
    return trainer
  }
}

/// What an epoch came to. Losses are means over samples, accuracies lie in [0, 1]; nil where no
/// sample was left to measure.
public struct EpochMetrics: Hashable, Sendable {
  public var trainLoss, trainAccuracy, validationLoss, validationAccuracy: Double?
  /// The mean of the classes' recalls; nil in files of earlier builds, too.
  public var validationBalancedAccuracy: Double?

  public init(
    trainLoss: Double?, trainAccuracy: Double?, validationLoss: Double?,
    validationAccuracy: Double?, validationBalancedAccuracy: Double? = nil
  ) {
    self.trainLoss = trainLoss
    self.trainAccuracy = trainAccuracy
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.validationBalancedAccuracy = validationBalancedAccuracy
  }

  /// From the exact sums of training and evaluation.
  public init(training: RunningTotals, validation: Measurement) {
    self.init(
      trainLoss: training.meanLoss, trainAccuracy: training.accuracy,
      validationLoss: validation.loss, validationAccuracy: validation.accuracy,
      validationBalancedAccuracy: validation.balancedAccuracy)
  }

  /// The members that checkpoint and progress log write, under these names.
  var members: [JSONValue.Member] {
    [
      ("train_loss", trainLoss), ("train_accuracy", trainAccuracy),
      ("validation_loss", validationLoss), ("validation_accuracy", validationAccuracy),
      ("validation_balanced_accuracy", validationBalancedAccuracy),
    ].map { .init($0.0, $0.1.map(JSONValue.double) ?? .null) }
  }

  init(members of: JSONValue) {
    self.init(
      trainLoss: of["train_loss"]?.double, trainAccuracy: of["train_accuracy"]?.double,
      validationLoss: of["validation_loss"]?.double,
      validationAccuracy: of["validation_accuracy"]?.double,
      validationBalancedAccuracy: of["validation_balanced_accuracy"]?.double)
  }
}
