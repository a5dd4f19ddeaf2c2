import CommandLine
import Figures
import Monitoring

extension Figure {
  private static let chartWidth = 450.0
  private static let chartHeight = 340.0
  /// More points than that are more than a chart has pixels for.
  private static let pointsMax = 400

  /// Accuracy of training and validation, epoch by epoch.
  public static func accuracy(_ epochs: [RunView.Epoch]) -> Figure {
    let curves = Curves(training: \.trainAccuracy, validation: \.validationAccuracy)
    // Shares end at 0 and 1, whatever round number lies beyond.
    return chart("Accuracy", epochs, curves, bounds: nil) {
      $0 > 1 + 1e-9 || $0 < -1e-9 ? "" : "\(formatted($0 * 100, decimals: 0)) %"
    }
  }

  /// Loss of training and validation, epoch by epoch.
  public static func loss(_ epochs: [RunView.Epoch]) -> Figure {
    let curves = Curves(training: \.trainLoss, validation: \.validationLoss)
    return chart("Loss", epochs, curves, bounds: 0...0) { formatted($0, decimals: 2) }
  }

  /// Both side by side.
  public static func curves(_ epochs: [RunView.Epoch]) -> Figure {
    .row([.accuracy(epochs), .loss(epochs)])
  }

  /// What a chart shows of an epoch.
  private struct Curves {
    let training: KeyPath<RunView.Epoch, Double>
    let validation: KeyPath<RunView.Epoch, Double>
  }

  private static func chart(
    _ title: String, _ all: [RunView.Epoch], _ curves: Curves, bounds: ClosedRange<Double>?,
    label: (Double) -> String
  ) -> Figure {
    let epochs = thinned(all)
    var chart = Figure(width: chartWidth, height: chartHeight)
    let (left, right, top, bottom) = (58.0, chartWidth - 22, 52.0, chartHeight - 48)
    let (first, last) = (epochs.first?.number ?? 1, epochs.last?.number ?? 1)
    func x(_ epoch: Int) -> Double {
      last == first
        ? (left + right) / 2
        : left + (right - left) * Double(epoch - first) / Double(last - first)
    }
    let training = epochs.map { $0[keyPath: curves.training] }
    let validation = epochs.map { $0[keyPath: curves.validation] }
    let vertical = Axis(of: training + validation, bounds: bounds)
    func y(_ value: Double) -> Double { vertical.place(value, from: bottom, to: top) }
    func say(_ text: String, _ x: Double, _ y: Double, _ anchor: Anchor) {
      chart.shapes.append(
        .text(Text(text, at: Point(x, y), size: 12, colour: .quiet, anchor: anchor)))
    }
    chart.shapes.append(.text(Text(title, at: Point(14, 26), size: 15, isBold: true)))
    for mark in vertical.marks {
      chart.shapes.append(
        .line([Point(left, y(mark)), Point(right, y(mark))], .faint, lineWidth: 1))
      say(label(mark), left - 8, y(mark) + 4, .end)
    }
    for epoch in marks(first, last) { say(String(epoch), x(epoch), bottom + 18, .middle) }
    say("epoch", (left + right) / 2, bottom + 37, .middle)
    if epochs.isEmpty {
      say("no epoch is over yet", (left + right) / 2, (top + bottom) / 2, .middle)
    }
    var legend = right
    for (name, values, colour) in [
      ("validation", validation, Colour.orange), ("training", training, .blue),
    ] {
      let points = zip(epochs, values).filter { $1.isFinite }.map { Point(x($0.number), y($1)) }
      if points.count > 1 { chart.shapes.append(.line(points, colour, lineWidth: 2)) }
      // Dots show single epochs; among many they would hide the line.
      if points.count <= 30 { chart.shapes += points.map { Shape.dot($0, radius: 3, colour) } }
      chart.shapes.append(
        .text(
          Text(name, at: Point(legend, 26), size: 13, colour: colour, anchor: .end, isBold: true)))
      legend -= 92
    }
    return chart
  }

  /// At most so many of them, the first and the last among them.
  private static func thinned(_ epochs: [RunView.Epoch]) -> [RunView.Epoch] {
    let stride = (epochs.count + pointsMax - 1) / pointsMax
    guard stride > 1, let last = epochs.last else { return epochs }
    return epochs.dropLast().enumerated().filter { $0.offset % stride == 0 }.map(\.element) + [last]
  }

  /// At most about ten epochs at round distances.
  private static func marks(_ first: Int, _ last: Int) -> [Int] {
    guard last > first else { return [first] }
    var step = 1
    for factor in [2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]
    where (last - first) / step > 10 {
      step = factor
    }
    // From 1, 11, 21 … people would rather read 10, 20 …
    let begin = step == 1 ? first : (first + step - 1) / step * step
    return [first] + stride(from: begin, through: last, by: step).filter { $0 > first + step / 2 }
  }
}
