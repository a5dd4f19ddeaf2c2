import Figures
import Training

extension Figure {
  /// More classes than that have no names beside their cells.
  private static let namesMax = 40
  /// More classes than that have no numbers in their cells.
  static let confusionNumbersMax = 20
  /// In pixels: what names may take.
  private static let nameWidthMax = 116.0
  /// More cells than that would make a page of many megabytes; the fullest are shown.
  private static let cellsMax = 10_000

  /// Which class was taken for which: a row for each true class, a column for each predicted one. The
  /// fuller a cell's colour, the larger its part of the row; blue where right, red where wrong.
  public static func confusion(_ matrix: ConfusionMatrix, classes: [String]) -> Figure {
    let count = classes.count
    let showsNames = count <= namesMax
    let cell = max(2, min(52, 640 / Double(count)))
    let side = cell * Double(count)
    let names = showsNames ? nameWidth(classes, size: nameSize(cell)) : 0
    // Names of columns rise at half a right angle.
    let (left, top) = (max(names + 16, 130), names * 0.72 + 34)
    var figure = Figure(width: left + side + names * 0.72 + 16, height: top + side + 8)
    let ground = Box(x: left, y: top, width: side, height: side)
    if cell > 8 { figure.addGrid(ground, count: count) }
    for (label, predicted, samples, share) in cells(of: matrix) {
      let box = Box(
        x: left + cell * Double(predicted), y: top + cell * Double(label), width: cell,
        height: cell)
      let note = "\(noted(classes[label])) taken for \(noted(classes[predicted])): \(samples)"
      // A single mistake among many is still to be seen, and ink is to be read on the fullest.
      let opacity = count <= confusionNumbersMax ? 0.12 + 0.43 * share : 0.3 + 0.7 * share
      figure.shapes.append(
        .filled(
          box, label == predicted ? .blue : .red, opacity: opacity, note: note))
      if count <= confusionNumbersMax {
        figure.shapes.append(
          .text(
            Text(
              String(samples), at: Point(box.x + cell / 2, box.y + cell / 2 + 4), size: 12,
              anchor: .middle)))
      }
    }
    figure.shapes.append(.framed(ground, .quiet, lineWidth: 1))
    if showsNames { figure.addNames(classes, left: left, top: top, cell: cell) }
    figure.shapes.append(
      .text(
        Text(
          "true ↓  predicted →", at: Point(left - 8, top - 8), size: 12, colour: .quiet,
          anchor: .end)))
    return figure
  }

  /// A name in a note, of which there may be thousands.
  private static func noted(_ name: String) -> String {
    shortened(name, toWidth: 400, size: 13)
  }

  /// Those that aren't empty.
  private static func cells(
    of matrix: ConfusionMatrix
  ) -> [(label: Int, predicted: Int, samples: Int, share: Double)] {
    var cells: [(label: Int, predicted: Int, samples: Int, share: Double)] = []
    for label in 0..<matrix.classCount {
      let total = matrix.sampleCount(of: label)
      guard total > 0 else { continue }
      for predicted in 0..<matrix.classCount {
        let samples = matrix[label: label, predicted: predicted]
        guard samples > 0 else { continue }
        cells.append((label, predicted, samples, Double(samples) / Double(total)))
      }
    }
    guard cells.count > cellsMax else { return cells }
    return Array(cells.sorted { $0.samples > $1.samples }.prefix(cellsMax))
  }

  private mutating func addGrid(_ ground: Box, count: Int) {
    for index in 1..<max(count, 1) {
      let shift = ground.width * Double(index) / Double(count)
      shapes.append(
        .line(
          [Point(ground.x + shift, ground.y), Point(ground.x + shift, ground.y + ground.height)],
          .faint, lineWidth: 1))
      shapes.append(
        .line(
          [Point(ground.x, ground.y + shift), Point(ground.x + ground.width, ground.y + shift)],
          .faint, lineWidth: 1))
    }
  }

  private static func nameSize(_ cell: Double) -> Double { min(13, cell - 1) }

  private static func nameWidth(_ classes: [String], size: Double) -> Double {
    min(nameWidthMax, classes.map { estimatedWidth(of: $0, size: size) }.max() ?? 0)
  }

  private mutating func addNames(_ classes: [String], left: Double, top: Double, cell: Double) {
    let size = Self.nameSize(cell)
    for (index, name) in classes.enumerated() {
      let middle = cell * (Double(index) + 0.5)
      let shown = shortened(name, toWidth: Self.nameWidthMax, size: size)
      shapes.append(
        .text(Text(shown, at: Point(left - 8, top + middle + size / 3), size: size, anchor: .end)))
      shapes.append(
        .text(
          Text(
            shown, at: Point(left + middle + size / 3, top - 8), size: size, turnedDegrees: -45)))
    }
  }
}
