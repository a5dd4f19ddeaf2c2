import CommandLine
import Figures
import Images
import Training

extension Figure {
  /// How often answers are right (upwards) by how certain they are (to the right), for some series. Where
  /// certainty is as it should be, dots lie on the diagonal; the larger a dot, the more answers it
  /// stands for.
  public static func reliability(_ series: [(name: String, Reliability, Colour)]) -> Figure {
    var figure = Figure(width: 420, height: 420)
    let (left, right, top, bottom) = (58.0, 398.0, 40.0, 372.0)
    func x(_ share: Double) -> Double { left + (right - left) * share }
    func y(_ share: Double) -> Double { bottom - (bottom - top) * share }
    func say(_ text: String, _ x: Double, _ y: Double, _ anchor: Anchor) {
      figure.shapes.append(
        .text(Text(text, at: Point(x, y), size: 12, colour: .quiet, anchor: anchor)))
    }
    for mark in [0, 0.25, 0.5, 0.75, 1] {
      figure.shapes.append(
        .line([Point(left, y(mark)), Point(right, y(mark))], .faint, lineWidth: 1))
      say("\(formatted(mark * 100, decimals: 0)) %", left - 8, y(mark) + 4, .end)
      say("\(formatted(mark * 100, decimals: 0)) %", x(mark), bottom + 18, .middle)
    }
    figure.shapes.append(.line([Point(x(0), y(0)), Point(x(1), y(1))], .quiet, lineWidth: 1))
    say("certainty", (left + right) / 2, bottom + 38, .middle)
    var legend = right
    for (name, reliability, colour) in series.reversed() {
      let largest = reliability.bins.map(\.count).max() ?? 1
      for bin in reliability.bins {
        guard let accuracy = bin.accuracy, let certainty = bin.certainty else { continue }
        // Areas stand for counts; the smallest is still seen.
        let radius = max(2.5, 11 * (Double(bin.count) / Double(largest)).squareRoot())
        figure.shapes.append(.dot(Point(x(certainty), y(accuracy)), radius: radius, colour))
      }
      figure.shapes.append(
        .text(
          Text(
            name, at: Point(legend, 22), size: 13, colour: colour, anchor: .end, isBold: true)))
      legend -= estimatedWidth(of: name, size: 13, isBold: true) + 14
    }
    figure.shapes.append(.text(Text("Right", at: Point(14, 22), size: 13, colour: .quiet)))
    return figure
  }
}

extension RunReport {
  /// Nothing where there are no answers.
  func calibrationSection(_ validation: Validation) throws(ImageError) -> String {
    guard let fit = validation.calibration, fit.plain.count > 0 else { return "" }
    func text(_ reliability: Reliability) -> String {
      let error = percentage(reliability.expectedCalibrationError ?? .nan)
      return
        "\(formatted(reliability.meanLoss ?? .nan, decimals: 3)), and certainty is off by \(error) on "
        + "average (expected calibration error in \(Reliability.binCount) bins)"
    }
    let figure = try Figure.reliability([
      ("as trained", fit.plain, .orange), ("calibrated", fit.calibrated, .blue),
    ]).svg(title: "How often answers are right by how certain they are")
    return HTML.section(
      "How far to trust the percentages",
      HTML.paragraph(
        "Logits are divided by a temperature of \(formatted(fit.temperature, decimals: 2)), fitted on "
          + "the validation photographs, which changes percentages and no prediction. As trained, the log "
          + "loss is \(text(fit.plain)); with a temperature, fitted on one half of the photographs and "
          + "measured on the other, \(text(fit.calibrated)).")
        + "\n<div class=\"wide\" tabindex=\"0\">\(figure)</div>")
  }
}
