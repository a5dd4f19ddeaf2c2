import CommandLine
import Figures
import Images
import Training

/// The sections on what the classifier makes of the validation photographs.
extension RunReport {
  var resultSections: [String] {
    get throws(ImageError) {
      guard case .success(let validation) = validation else { return [] }
      return [
        try predictionsSection(validation), try mistakesSection(validation),
        try confusionSection(validation), classSection(validation),
        try calibrationSection(validation), missingSection(validation),
      ]
    }
  }

  private func predictionsSection(_ validation: Validation) throws(ImageError) -> String {
    guard !validation.predictions.isEmpty else { return "" }
    let note =
      "\(formatted(validation.predictions.count)) of "
      + "\(counted(validation.matrix.sampleCount, "validation photograph")), drawn at random: blue "
      + "where the predicted class is right, red where it is wrong."
    return HTML.section(
      "Predictions",
      HTML.paragraph(note) + "\n" + (try tiles(validation.predictions, showsPaths: false)))
  }

  private func mistakesSection(_ validation: Validation) throws(ImageError) -> String {
    guard !validation.mistakes.isEmpty else { return "" }
    return HTML.section(
      "The most certain mistakes",
      HTML.paragraph(
        "Look here for wrong labels, and for what the photographs don't show well enough.")
        + "\n" + (try tiles(validation.mistakes, showsPaths: true)))
  }

  private func tiles(
    _ shown: [ShownPrediction], showsPaths: Bool
  ) throws(ImageError) -> String {
    var tiles: [String] = []
    for one in shown {
      let words =
        one.isRight
        ? "\(one.trueClass), recognized"
        : "\(one.trueClass), taken for \(one.predictedClass)"
      let truth = one.isRight ? "" : "<span>is \(escaped(brief(one.trueClass)))</span>"
      let path = showsPaths ? "<small>\(HTML.path(one.path))</small>" : ""
      tiles.append(
        try HTML.tile(
          one.thumbnail, words, path: one.path, one.isRight ? .right : .wrong,
          "<b>\(one.mark) \(escaped(brief(one.predictedClass))) <i>\(one.certaintyText)</i></b>"
            + truth + path))
    }
    return HTML.tiles(tiles)
  }

  /// A name in a few lines below a picture.
  private func brief(_ name: String) -> String { shortened(name, toWidth: 300, size: 13) }

  // MARK: Classes

  private func confusionSection(_ validation: Validation) throws(ImageError) -> String {
    let figure = Figure.confusion(validation.matrix, classes: validation.classes)
    let picture = try figure.svg(title: "Confusion matrix")
    return HTML.section(
      "Confusion matrix",
      HTML.paragraph(
        "A row for each true class, a column for each predicted one: blue where right, red where "
          + "wrong, the stronger the larger its part of the row.")
        + "\n<div class=\"wide\" tabindex=\"0\">\(picture)</div>\n" + confusions(validation))
  }

  private static let confusionsMax = 20

  /// The mistakes that are made most often.
  private func confusions(_ validation: Validation) -> String {
    let matrix = validation.matrix
    var pairs: [(label: Int, predicted: Int, samples: Int)] = []
    for label in 0..<matrix.classCount {
      for predicted in 0..<matrix.classCount where predicted != label {
        let samples = matrix[label: label, predicted: predicted]
        if samples > 0 { pairs.append((label, predicted, samples)) }
      }
    }
    guard !pairs.isEmpty else { return "" }
    let worst = pairs.sorted {
      ($1.samples, $0.label, $0.predicted) < ($0.samples, $1.label, $1.predicted)
    }.prefix(Self.confusionsMax)
    let rows = worst.map {
      [
        escaped(validation.classes[$0.label]), escaped(validation.classes[$0.predicted]),
        formatted($0.samples),
      ]
    }
    return HTML.fold(
      "What is confused most often", isOpen: matrix.classCount > Figure.confusionNumbersMax,
      HTML.table(
        [
          HTML.Column(title: "true class"), HTML.Column(title: "taken for"),
          HTML.Column(title: "photographs", isNumber: true),
        ], rows))
  }

  /// More classes than that are too many for a table.
  private static let classRowsMax = 200

  private func classSection(_ validation: Validation) -> String {
    let (classes, matrix) = (validation.classes, validation.matrix)
    func text(_ value: Double?) -> String { value.map { percentage($0) } ?? "-" }
    var labels = Array(classes.indices)
    var note = ""
    if labels.count > Self.classRowsMax {
      let f1 = classes.indices.map { matrix.f1(of: $0) ?? 0 }
      labels.sort { (f1[$0], $0) < (f1[$1], $1) }
      labels = Array(labels.prefix(Self.classRowsMax))
      note = HTML.paragraph(
        "The \(labels.count) classes with the lowest F1 of \(formatted(classes.count)).")
    }
    let rows = labels.map { label in
      [
        escaped(classes[label]), formatted(validation.trainingCounts[label]),
        formatted(matrix.sampleCount(of: label)), text(matrix.precision(of: label)),
        text(matrix.recall(of: label)), text(matrix.f1(of: label)),
      ]
    }
    let mean = [
      "all, and their mean", formatted(validation.trainingCounts.reduce(0, +)),
      formatted(matrix.sampleCount), text(matrix.macroPrecision), text(matrix.balancedAccuracy),
      text(matrix.macroF1),
    ]
    let titles = ["trained on", "validated with", "precision", "recall", "F1"]
    return HTML.section(
      "Classes",
      note
        + HTML.table(
          [HTML.Column(title: "class")] + titles.map { HTML.Column(title: $0, isNumber: true) },
          rows + [mean.map { "<strong>\($0)</strong>" }])
        + HTML.paragraph(
          "Precision: of the photographs taken for the class, those that belong to it. Recall: of the "
            + "class's photographs, those that were recognized. F1: their harmonic mean."))
  }

  private func missingSection(_ validation: Validation) -> String {
    guard !validation.missing.isEmpty else { return "" }
    return HTML.section(
      "Not classified",
      HTML.fold(
        counted(validation.missing.count, "validation photograph"),
        validation.missing.map { "\($0.path): \($0.reason)" }, count: validation.missing.count))
  }
}
