import CommandLine
import Figures
import Images
import Monitoring
import RunFiles
import Training

extension RunReport {
  /// The report as a page that needs nothing but itself.
  public func html() throws(ImageError) -> String {
    let labels = try suspects?.reportSection("tl-coord suspects --run \(runArgument)")
    let sections =
      [header, try curvesSection] + (try resultSections) + [labels].compactMap(\.self)
      + [dataSection, runSection, usageSection]
    return HTML.page(title: view.name, sections)
  }

  // MARK: The head of the page

  private var header: String {
    "<header>\n<h1>\(escaped(view.name))</h1>\n<p class=\"lead\">\(summary)</p>\n"
      + notices.map { "<p class=\"notice\">\(escaped($0))</p>" }.joined(separator: "\n")
      + "\n\(tiles)\n</header>"
  }

  private var summary: String {
    guard case .success(let validation) = validation, let accuracy = validation.matrix.accuracy
    else {
      guard let accuracy = view.result?.validationAccuracy ?? view.epochs.last?.validationAccuracy
      else { return "No epoch is over yet." }
      return
        "<strong>\(percentage(accuracy))</strong> of the validation photographs are classified "
        + "correctly."
    }
    let matrix = validation.matrix
    return "<strong>\(percentage(accuracy))</strong> of the validation photographs are classified "
      + "correctly: \(formatted(matrix.correct)) of \(formatted(matrix.sampleCount))."
  }

  /// What keeps the page from being the whole story of a finished run.
  private var notices: [String] {
    var notices: [String] = []
    switch view.phase {
    case .finished: break
    case .stopped(let reason): notices.append("The run stopped before its end: \(reason)")
    default:
      notices.append(
        "The run goes on. 'tl-coord report --run \(runArgument)' makes this page anew.")
    }
    switch validation {
    case .failure(let missing): notices.append("The photographs can't be shown: \(missing.reason)")
    case .success(let validation): notices += self.notices(on: validation)
    }
    notices += (view.start?.unmeasured.sentences ?? []).map {
      "\($0.prefix(1).uppercased())\($0.dropFirst())."
    }
    return notices
  }

  private func notices(on validation: Validation) -> [String] {
    var notices: [String] = []
    if view.result == nil {
      notices.append(
        "Predictions are those of the newest checkpoint, after "
          + "\(formatted(Int(clamping: validation.step))) of "
          + "\(counted(view.stepsTotal, "step")).")
    }
    if let told = view.result?.validationAccuracy, let shown = validation.matrix.accuracy,
      abs(told - shown) > 1e-12
    {
      notices.append(
        "The run itself counted \(percentage(told)): photographs that it skipped are there again, or "
          + "some that it had are gone.")
    }
    let gone = (validation.predictions + validation.mistakes).filter { $0.thumbnail == nil }
    if !gone.isEmpty {
      notices.append(
        "Photographs have gone or changed since the run: those have no picture here. If they lie "
          + "elsewhere now, 'tl-coord report --run \(runArgument) --data DIR' shows them.")
    }
    if !validation.missing.isEmpty {
      notices.append(
        "\(counted(validation.missing.count, "validation photograph")) could not be classified and "
          + "\(validation.missing.count == 1 ? "is" : "are") counted nowhere; the list is below.")
    }
    return notices
  }

  /// The figures that are looked for first.
  private var tiles: String {
    func share(_ value: Double?) -> String? { value.flatMap { $0.isFinite ? percentage($0) : nil } }
    var figures: [(String, String?)] = []
    let matrix = try? validation.get().matrix
    figures.append(
      ("validation accuracy", share(matrix?.accuracy ?? view.result?.validationAccuracy)))
    figures.append(
      (
        "balanced accuracy",
        share(matrix?.balancedAccuracy ?? view.result?.validationBalancedAccuracy)
      ))
    figures.append(("test accuracy", share(view.result?.test?.accuracy)))
    if let start = view.start {
      figures.append(("classes", formatted(start.classes.count)))
      figures.append(
        (
          "photographs",
          formatted(start.trainingSamples + start.validationSamples + start.testSamples)
        ))
    }
    figures.append(("time", view.elapsedSeconds.map { duration(seconds: $0) }))
    let items = figures.compactMap { name, value in
      value.map { "<div><dt>\(name)</dt><dd>\($0)</dd></div>" }
    }
    return items.isEmpty ? "" : "<dl class=\"figures\">\(items.joined())</dl>"
  }

  // MARK: Curves

  private var curvesSection: String {
    get throws(ImageError) {
      let accuracy = try Figure.accuracy(view.epochs).svg(title: "Accuracy by epoch")
      let loss = try Figure.loss(view.epochs).svg(title: "Loss by epoch")
      return HTML.section(
        "Curves", "<div class=\"curves\">\(accuracy)\n\(loss)</div>\n\(epochTable)")
    }
  }

  /// More rows than that nobody reads.
  private static let epochRowsMax = 200

  private var epochTable: String {
    guard !view.epochs.isEmpty else { return "" }
    let shown = view.epochs.suffix(Self.epochRowsMax)
    let rows = shown.map { epoch in
      [String(epoch.number)]
        + [epoch.trainLoss, epoch.validationLoss].map { formatted($0, decimals: 4) }
        + [
          epoch.trainAccuracy, epoch.validationAccuracy, epoch.validationBalancedAccuracy,
        ].map { $0.isFinite ? percentage($0) : "-" }
    }
    let titles = [
      "epoch", "training loss", "validation loss", "training accuracy", "validation accuracy",
      "balanced",
    ]
    return HTML.fold(
      shown.count < view.epochs.count ? "The last \(shown.count) epochs" : "All epochs",
      HTML.table(titles.map { HTML.Column(title: $0, isNumber: true) }, rows))
  }
}
