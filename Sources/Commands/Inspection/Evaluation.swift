import Training

/// What a classifier made of labelled photographs, apart for those that it was trained on.
public struct Evaluation: Sendable {
  /// What it made of one.
  public struct Answer: Sendable {
    public let path: String
    public let label: Int
    /// Of each class.
    public let probabilities: [Float]
    /// The class that it is taken for.
    public let predicted: Int
    /// What the run knows it from; nil where that can't be told.
    public let acquaintance: Acquaintance?
    /// The classes' probabilities before calibration; nil where there was none.
    public let plainProbabilities: [Float]?

    /// - Parameter predicted: the class of the largest logit; where it isn't known, that of the largest
    ///   probability.
    public init(
      path: String, label: Int, probabilities: [Float], predicted: Int? = nil,
      acquaintance: Acquaintance?, plainProbabilities: [Float]? = nil
    ) {
      self.plainProbabilities = plainProbabilities
      self.path = path
      self.label = label
      self.probabilities = probabilities
      self.predicted =
        predicted ?? probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
      self.acquaintance = acquaintance
    }

    public var certainty: Double { Double(probabilities[predicted]) }
  }

  public let classes: [String]
  /// Why it can't be told which photographs the run was trained on; nil where it can.
  public let reasonUnknown: String?
  public private(set) var answers: [Answer] = []

  /// More of the worst than a screen has lines for.
  private static let mistakesMax = 10

  public init(classes: [String], reasonUnknown: String?) {
    self.classes = classes
    self.reasonUnknown = reasonUnknown
  }

  public mutating func add(_ answer: Answer) { answers.append(answer) }

  /// Those that the run knows from there.
  public func answers(_ acquaintance: Acquaintance) -> [Answer] {
    answers.filter { $0.acquaintance == acquaintance }
  }

  /// Those that the run was trained on.
  public var seen: [Answer] { answers(.training) }
  /// Those that show how well the classifier does; all of them where it can't be told.
  public var others: [Answer] { answers.filter { $0.acquaintance != .training } }

  public func confusion(_ answers: [Answer]) -> ConfusionMatrix {
    var matrix = ConfusionMatrix(classCount: classes.count)
    for answer in answers { matrix.count(label: answer.label, predicted: answer.predicted) }
    return matrix
  }

  /// How well the certainty of answers fits.
  ///
  /// - Parameter isPlain: as it was before calibration.
  public func reliability(_ answers: [Answer], isPlain: Bool = false) -> Reliability {
    var reliability = Reliability()
    for answer in answers {
      let probabilities =
        isPlain ? answer.plainProbabilities ?? answer.probabilities : answer.probabilities
      reliability.count(
        certainty: Double(probabilities[answer.predicted]),
        isRight: answer.predicted == answer.label,
        labelProbability: Double(probabilities[answer.label]))
    }
    return reliability
  }

  /// The most certain of the wrong answers, at most ten.
  public func mistakes(_ answers: [Answer]) -> [Answer] {
    Array(
      answers.filter { $0.predicted != $0.label }.sorted { $0.certainty > $1.certainty }
        .prefix(Evaluation.mistakesMax))
  }
}
