import CommandLine
import Figures

extension ShownPrediction {
  var colour: Figure.Colour { isRight ? .blue : .red }

  /// The predicted class is marked in more than colour, for those who don't see it.
  var mark: String { isRight ? "✓" : "✗" }

  var certaintyText: String { "\(formatted(certainty * 100, decimals: 0)) %" }
}

extension Figure {
  private static let tileSide = 150.0

  /// At which a thumbnail keeps its pixels.
  public static let tileScale = Double(Thumbnails.side) / tileSide

  /// Photographs in rows of `columns`, with the predicted class below each: in a blue frame where it is
  /// right; in a red one, with the true class, where it is wrong.
  public static func predictions(_ shown: [ShownPrediction], columns: Int = 6) -> Figure {
    let (side, gap, caption) = (tileSide, 16.0, 44.0)
    let rows = max(1, (shown.count + columns - 1) / columns)
    var figure = Figure(
      width: Double(columns) * (side + gap) + gap,
      height: Double(rows) * (side + caption + gap) + gap)
    for (index, prediction) in shown.enumerated() {
      let box = Box(
        x: gap + Double(index % columns) * (side + gap),
        y: gap + Double(index / columns) * (side + caption + gap), width: side, height: side)
      figure.add(prediction, in: box)
    }
    if shown.isEmpty {
      figure.shapes.append(
        .text(
          Text(
            "There are no predictions yet.",
            at: Point(figure.width / 2, figure.height / 2), colour: .quiet, anchor: .middle)))
    }
    return figure
  }

  private mutating func add(_ prediction: ShownPrediction, in box: Box) {
    if let thumbnail = prediction.thumbnail {
      shapes.append(.picture(thumbnail, box))
    } else {
      shapes.append(.filled(box, .faint))
      shapes.append(
        .text(
          Text(
            "no longer there", at: Point(box.x + box.width / 2, box.y + box.height / 2),
            size: 12, colour: .quiet, anchor: .middle)))
    }
    shapes.append(.framed(box, prediction.colour, lineWidth: 3))
    let below = box.y + box.height
    func say(_ text: String, _ tail: String, _ y: Double, _ colour: Colour, isBold: Bool) {
      // A little smaller where that saves a name from being cut: at its end, which tells least.
      let sizes = isBold ? [13.5, 12.5, 11.5] : [12.5, 11.5]
      let size =
        sizes.first { estimatedWidth(of: text + tail, size: $0, isBold: isBold) <= box.width }
        ?? sizes[0]
      let room = box.width - estimatedWidth(of: tail, size: size, isBold: isBold)
      let shown = shortened(text, toWidth: room, size: size, isBold: isBold)
      shapes.append(
        .text(
          Text(
            shown + tail, at: Point(box.x, below + y), size: size, colour: colour, isBold: isBold)))
    }
    say(
      "\(prediction.mark) \(prediction.predictedClass)", " \(prediction.certaintyText)", 19,
      prediction.colour, isBold: true)
    if !prediction.isRight { say("is \(prediction.trueClass)", "", 36, .ink, isBold: false) }
  }
}
