import CommandLine
import Digest
import Inspection
import Report
import RunFiles
import Training

/// What a run's newest head makes of the validation photographs, as the page shows it: figures of all,
/// and some of the photographs by number.
public struct RunResults: Equatable, Sendable {
  public struct Photograph: Equatable, Sendable {
    /// Within the dataset: shown, and never opened by its text.
    public var path: String
    public var label: Int
    public var predicted: Int
    public var certainty: Double

    public init(path: String, label: Int, predicted: Int, certainty: Double) {
      self.path = path
      self.label = label
      self.predicted = predicted
      self.certainty = certainty
    }
  }

  public var classes: [String]
  /// Photographs of each class that are trained on.
  public var trainingCounts: [Int]
  public var matrix: ConfusionMatrix
  /// Those that can be shown.
  public var photographs: [Photograph]
  /// Of those the first, drawn at random.
  public var drawnCount: Int
  /// The most certain wrong answers by their numbers, the most certain first.
  public var mistakes: [Int]
  /// Photographs that have no answer, and why.
  public var missing: [String]
  /// Steps complete of the head.
  public var step: Int

  public init(
    classes: [String], trainingCounts: [Int], matrix: ConfusionMatrix, photographs: [Photograph],
    drawnCount: Int, mistakes: [Int], missing: [String] = [], step: Int
  ) {
    self.classes = classes
    self.trainingCounts = trainingCounts
    self.matrix = matrix
    self.photographs = photographs
    self.drawnCount = drawnCount
    self.mistakes = mistakes
    self.missing = missing
    self.step = step
  }

  /// More than anybody looks through, and some ten megabytes of small pictures.
  public static let photographsMax = 1_000
  /// Of one cell of the confusion matrix: so many of every cell, and as there is room so many in all.
  static let photographsPerCell = [4, 24]

  /// The results, and the answers whose photographs are shown, in the order of their numbers.
  public static func of(
    _ answers: ValidationAnswers, seed: UInt64
  ) -> (results: RunResults, shown: [Evaluation.Answer]) {
    let evaluation = answers.evaluation
    let distinct = answers.distinct
    let drawn = RunReport.Validation.sample(of: distinct, seed: seed)
    let worst = evaluation.mistakes(distinct)
    var shown: [Evaluation.Answer] = []
    var numbers: [String: Int] = [:]
    func add(_ answer: Evaluation.Answer) {
      guard numbers[answer.path] == nil, shown.count < photographsMax else { return }
      numbers[answer.path] = shown.count
      shown.append(answer)
    }
    drawn.forEach(add)
    worst.forEach(add)
    for most in photographsPerCell { byCell(distinct, most: most).forEach(add) }
    let results = RunResults(
      classes: evaluation.classes, trainingCounts: answers.trainingCounts,
      matrix: evaluation.confusion(evaluation.answers),
      photographs: shown.map {
        Photograph(
          path: $0.path, label: $0.label, predicted: $0.predicted, certainty: $0.certainty)
      }, drawnCount: drawn.count, mistakes: worst.compactMap { numbers[$0.path] },
      missing: answers.missing.map { "\($0.path): \($0.reason)" }, step: Int(clamping: answers.step)
    )
    return (results, shown)
  }

  /// At most so many of each cell of the confusion matrix: mistakes before what is right, frequent ones
  /// before rare ones, and of one cell the most certain.
  private static func byCell(_ answers: [Evaluation.Answer], most: Int) -> [Evaluation.Answer] {
    let cells = Dictionary(grouping: answers) { [$0.label, $0.predicted] }
    let order = cells.sorted { left, right in
      let (isLeft, isRight) = (left.key[0] == left.key[1], right.key[0] == right.key[1])
      if isLeft != isRight { return isRight }
      return left.value.count == right.value.count
        ? left.key.lexicographicallyPrecedes(right.key) : left.value.count > right.value.count
    }
    return order.flatMap { $0.value.sorted { $0.certainty > $1.certainty }.prefix(most) }
  }

  // MARK: As JSON

  /// More cells than that no page shows; the fullest are told.
  private static let cellsMax = 10_000
  /// More rows than that no page shows.
  private static let missingMax = 200

  /// A name that another outcome hasn't.
  public var identity: String {
    String("\(ContentDigest.sha256(Array(json.encoded.utf8)))".prefix(16))
  }

  var json: JSONValue {
    .object([
      .init("classes", .array(classes.map { .string(printable($0)) })),
      .init("training", .array(trainingCounts.map { .integer($0) })),
      .init("samples", .integer(matrix.sampleCount)), .init("correct", .integer(matrix.correct)),
      .init("balanced_accuracy", optional(matrix.balancedAccuracy)),
      .init("cells", .array(cells)), .init("per_class", .array(classRows)),
      .init(
        "photographs",
        .array(
          photographs.map {
            .array([
              .integer($0.label), .integer($0.predicted),
              .double(($0.certainty * 1e4).rounded() / 1e4),
              .string(printable($0.path)),
            ])
          })),
      .init("drawn", .integer(drawnCount)),
      .init("mistakes", .array(mistakes.map { .integer($0) })),
      .init("missing", .array(missing.prefix(Self.missingMax).map { .string(printable($0)) })),
      .init("missing_count", .integer(missing.count)), .init("step", .integer(step)),
    ])
  }

  /// True class, predicted class, photographs.
  private var cells: [JSONValue] {
    var found: [(label: Int, predicted: Int, count: Int)] = []
    for label in 0..<matrix.classCount {
      for predicted in 0..<matrix.classCount {
        let count = matrix[label: label, predicted: predicted]
        if count > 0 { found.append((label, predicted, count)) }
      }
    }
    if found.count > Self.cellsMax {
      found = Array(found.sorted { $0.count > $1.count }.prefix(Self.cellsMax))
    }
    return found.map { .array([.integer($0.label), .integer($0.predicted), .integer($0.count)]) }
  }

  /// Photographs that it was validated with, precision, recall, F1.
  private var classRows: [JSONValue] {
    classes.indices.map { label in
      .array([
        .integer(matrix.sampleCount(of: label)), optional(matrix.precision(of: label)),
        optional(matrix.recall(of: label)), optional(matrix.f1(of: label)),
      ])
    }
  }
}

func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
