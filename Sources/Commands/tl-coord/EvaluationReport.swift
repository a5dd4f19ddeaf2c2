import CommandLine
import Inspection
import RunFiles
import Training

/// How an evaluation is shown to people and to programs.
struct EvaluationReport {
  let evaluation: Evaluation
  /// Whether each answer is the mean of a photograph and its mirror image.
  let averagesMirrorImage: Bool
  private var classes: [String] { evaluation.classes }

  // MARK: For people

  func lines(_ style: TextStyle) -> [String] {
    let (seen, others) = (evaluation.seen, evaluation.others)
    var lines = introduction(seen.count, others.count, style)
    // Where there is nothing else, what was trained on is better than nothing.
    let shown = others.isEmpty ? seen : others
    let matrix = evaluation.confusion(shown)
    lines += [summary(matrix, style), certainty(shown), ""] + classTable(matrix, style)
    let worst = evaluation.mistakes(shown)
    if !worst.isEmpty {
      lines += ["", style.apply(.bold, "The most certain mistakes")]
      lines += table(
        [["photograph", "is", "taken for", "certainty"]]
          + worst.map {
            [
              printable($0.path), printable(classes[$0.label]), printable(classes[$0.predicted]),
              percentage($0.certainty),
            ]
          }, alignRight: [3], style)
    }
    return lines + parts()
  }

  /// A line for each way in which the run knows photographs, where there are several.
  private func parts() -> [String] {
    let parts = Acquaintance.allCases.map { ($0, evaluation.answers($0)) }
      .filter { !$0.1.isEmpty }
    guard parts.count > 1 else { return [] }
    return [""]
      + parts.map { acquaintance, answers in
        let what =
          switch acquaintance {
          case .training: "it was trained on"
          case .validation: "it was validated with"
          case .test: "it was tested with at the end"
          case .none: "it has never met"
          }
        let accuracy = percentage(evaluation.confusion(answers).accuracy ?? .nan)
        return "Of the \(formatted(answers.count)) that \(what): \(accuracy)."
      }
  }

  private func introduction(_ seen: Int, _ others: Int, _ style: TextStyle) -> [String] {
    if let reasonUnknown = evaluation.reasonUnknown {
      return [
        style.apply(
          .yellow,
          "It can't be told which of these photographs the run was trained on: "
            + printable(reasonUnknown)),
        "",
      ]
    }
    guard seen > 0 else { return [] }
    guard others > 0 else {
      return [
        style.apply(
          .yellow,
          "The run was trained on all of these photographs: that it knows them says little."), "",
      ]
    }
    return [
      "The run was trained on \(formatted(seen)) of these \(formatted(seen + others)) photographs. "
        + "The figures are for the other \(formatted(others)).", "",
    ]
  }

  private func summary(_ matrix: ConfusionMatrix, _ style: TextStyle) -> String {
    let accuracy = style.apply(.bold, percentage(matrix.accuracy ?? .nan))
    let balanced = percentage(matrix.balancedAccuracy ?? .nan)
    return "\(accuracy) of \(counted(matrix.sampleCount, "photograph")) are classified correctly "
      + "(balanced over the classes: \(balanced))."
      + (averagesMirrorImage
        ? " Each answer is the mean of a photograph and its mirror image." : "")
  }

  /// How far the percentages can be trusted.
  private func certainty(_ answers: [Evaluation.Answer]) -> String {
    func text(_ isPlain: Bool) -> String {
      let reliability = evaluation.reliability(answers, isPlain: isPlain)
      let loss = formatted(reliability.meanLoss ?? .nan, decimals: 3)
      return "\(percentage(reliability.expectedCalibrationError ?? .nan)), log loss \(loss)"
    }
    let before =
      answers.contains { $0.plainProbabilities != nil } ? "; uncalibrated \(text(true))" : ""
    return "Expected calibration error of their certainty: \(text(false))\(before)."
  }

  /// A line for each class, and their mean.
  private func classTable(_ matrix: ConfusionMatrix, _ style: TextStyle) -> [String] {
    func text(_ value: Double?) -> String { value.map { percentage($0) } ?? "-" }
    var rows = [["class", "photographs", "precision", "recall", "F1", "most often taken for"]]
    for (label, name) in classes.enumerated() where matrix.sampleCount(of: label) > 0 {
      let mistakes = classes.indices.filter {
        $0 != label && matrix[label: label, predicted: $0] > 0
      }
      .sorted { matrix[label: label, predicted: $0] > matrix[label: label, predicted: $1] }
      .prefix(2)
      rows.append([
        printable(name), formatted(matrix.sampleCount(of: label)),
        text(matrix.precision(of: label)),
        text(matrix.recall(of: label)), text(matrix.f1(of: label)),
        mistakes.map { "\(printable(classes[$0])) (\(matrix[label: label, predicted: $0]))" }
          .joined(separator: ", "),
      ])
    }
    rows.append([
      "mean of classes", formatted(matrix.sampleCount), text(matrix.macroPrecision),
      text(matrix.balancedAccuracy), text(matrix.macroF1), "",
    ])
    return table(rows, alignRight: [1, 2, 3, 4], style)
  }

  // MARK: For programs

  /// A line for each photograph.
  var csv: String {
    var text = commaSeparated([
      "file", "class", "predicted", "probability", "correct", "known_from",
    ])
    for answer in evaluation.answers {
      text += commaSeparated([
        answer.path, classes[answer.label], classes[answer.predicted],
        formatted(answer.certainty, decimals: 6), answer.label == answer.predicted ? "yes" : "no",
        answer.acquaintance?.rawValue ?? "unknown",
      ])
    }
    return text
  }

  var json: JSONValue {
    let known = evaluation.reasonUnknown == nil
    return .object([
      .init("classes", .array(classes.map(JSONValue.string))),
      .init("flip_average", .boolean(averagesMirrorImage)),
      .init("trained_on", known ? .integer(evaluation.seen.count) : .null),
      .init("others", known ? figures(evaluation.others) : .null),
      .init("all", figures(evaluation.answers)),
      .init(
        "known_from",
        .object(
          Acquaintance.allCases.map { acquaintance in
            let answers = evaluation.answers(acquaintance)
            return .init(acquaintance.rawValue, answers.isEmpty ? .null : figures(answers))
          })),
      .init(
        "mistakes",
        .array(
          evaluation.mistakes(evaluation.others).map { answer in
            .object([
              .init("file", .string(answer.path)),
              .init("class", .string(classes[answer.label])),
              .init("predicted", .string(classes[answer.predicted])),
              .init("probability", .double(answer.certainty)),
            ])
          })),
    ])
  }

  private func figures(_ answers: [Evaluation.Answer]) -> JSONValue {
    func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
    let matrix = evaluation.confusion(answers)
    let rows = classes.indices.map { label in
      JSONValue.array(classes.indices.map { .integer(matrix[label: label, predicted: $0]) })
    }
    return .object([
      .init("photographs", .integer(matrix.sampleCount)),
      .init("correct", .integer(matrix.correct)),
      .init("accuracy", optional(matrix.accuracy)),
      .init("balanced_accuracy", optional(matrix.balancedAccuracy)),
      .init(
        "expected_calibration_error",
        optional(evaluation.reliability(answers).expectedCalibrationError)),
      .init("log_loss", optional(evaluation.reliability(answers).meanLoss)),
      .init(
        "uncalibrated_log_loss",
        optional(evaluation.reliability(answers, isPlain: true).meanLoss)),
      .init(
        "uncalibrated_error",
        optional(evaluation.reliability(answers, isPlain: true).expectedCalibrationError)),
      .init("macro_precision", optional(matrix.macroPrecision)),
      .init("macro_f1", optional(matrix.macroF1)),
      .init("precision", .array(classes.indices.map { optional(matrix.precision(of: $0)) })),
      .init("recall", .array(classes.indices.map { optional(matrix.recall(of: $0)) })),
      .init("f1", .array(classes.indices.map { optional(matrix.f1(of: $0)) })),
      .init("confusion", .array(rows)),
    ])
  }
}
