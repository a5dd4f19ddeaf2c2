import Digest
import Images
import Inspection
import Monitoring
import RunFiles
import Training

/// All that the report of a run shows.
public struct RunReport: Sendable {
  /// What the run's log tells.
  public let view: RunView
  public let configuration: RunConfiguration
  /// How commands name the run.
  public let runArgument: String
  public let validation: Result<Validation, Missing>
  /// What the others say of the labels; nil where they weren't asked.
  public let suspects: SuspectsPage?

  /// What a head makes of the validation photographs.
  public struct Validation: Sendable {
    public var classes: [String]
    /// Photographs of each class that are trained on.
    public var trainingCounts: [Int]
    public var matrix: ConfusionMatrix
    /// Some of the photographs.
    public var predictions: [ShownPrediction]
    /// The most certain of the wrong answers, the most certain first.
    public var mistakes: [ShownPrediction]
    /// Photographs that have no answer, and why.
    public var missing: [(path: String, reason: String)]
    /// Steps complete of the head.
    public var step: UInt64
    /// How well the certainty of answers fits; nil where that isn't known.
    public var calibration: Fit?

    /// How well the certainty of answers fits.
    public struct Fit: Equatable, Sendable {
      /// By what logits are divided.
      public var temperature: Double
      /// Without it.
      public var plain: Reliability
      /// With one that was fitted on other answers.
      public var calibrated: Reliability

      public init(temperature: Double, plain: Reliability, calibrated: Reliability) {
        (self.temperature, self.plain, self.calibrated) = (temperature, plain, calibrated)
      }
    }

    public init(
      classes: [String], trainingCounts: [Int], matrix: ConfusionMatrix,
      predictions: [ShownPrediction], mistakes: [ShownPrediction],
      missing: [(path: String, reason: String)] = [], step: UInt64, calibration: Fit? = nil
    ) {
      (self.classes, self.trainingCounts, self.matrix) = (classes, trainingCounts, matrix)
      (self.predictions, self.mistakes) = (predictions, mistakes)
      (self.missing, self.step, self.calibration) = (missing, step, calibration)
    }
  }

  /// Why the photographs can't be shown, in a sentence.
  public struct Missing: Error, Equatable, Sendable {
    public let reason: String

    public init(reason: String) { self.reason = reason }
  }

  public init(
    _ view: RunView, _ configuration: RunConfiguration, runArgument: String,
    _ validation: Result<Validation, Missing>, suspects: SuspectsPage? = nil
  ) {
    self.view = view
    self.configuration = configuration
    self.runArgument = runArgument
    self.validation = validation
    self.suspects = suspects
  }
}

extension RunReport.Validation {
  /// Photographs in the grid of predictions: as many as are seen at a glance.
  public static let predictionsMax = 24

  /// - Parameter threads: how many make photographs small.
  public init(_ answers: ValidationAnswers, _ configuration: RunConfiguration, threads: Int) {
    let evaluation = answers.evaluation
    // Ten copies of one mistake would teach less than ten mistakes.
    let distinct = answers.distinct
    let drawn = Self.sample(of: distinct, seed: configuration.seed)
    let worst = evaluation.mistakes(distinct)
    let squares = Thumbnails.squares(
      of: drawn + worst, answers, configuration.fit, threads: threads)
    let classes = evaluation.classes
    let shown = zip(drawn + worst, squares).map { answer, square in
      ShownPrediction(
        path: answer.path, thumbnail: square, trueClass: classes[answer.label],
        predictedClass: classes[answer.predicted], certainty: answer.certainty)
    }
    self.init(
      classes: classes, trainingCounts: answers.trainingCounts,
      matrix: evaluation.confusion(evaluation.answers),
      predictions: Array(shown.prefix(drawn.count)), mistakes: Array(shown.suffix(worst.count)),
      missing: answers.missing, step: answers.step,
      calibration: Fit(
        temperature: answers.temperature, plain: answers.reliability.plain,
        calibrated: answers.reliability.calibrated))
  }

  /// Some of the answers, drawn by the run's seed: the picture of a run stays the same.
  public static func sample(
    of answers: [Evaluation.Answer], seed: UInt64
  ) -> [Evaluation.Answer] {
    var places = Array(answers.indices)
    var numbers = SplitMix64(seed: seed, purpose: "report")
    numbers.shuffle(&places)
    return places.prefix(predictionsMax).map { answers[$0] }
  }
}
