import CommandLine
import Figures
import Images
import Inspection
import MobileNet

extension Figure {
  /// A photograph as the network gets it, and beside it which of its places speak for a class (orange)
  /// and against it (blue).
  public static func explanation(_ explanation: Explanation, classes: [String]) -> Figure {
    let (side, gap) = (360.0, 20.0)
    let input = explanation.input
    let height = side * Double(input.height) / Double(input.width)
    let caption = explanation.parts.count > 1 ? 92.0 : 68
    var figure = Figure(width: 2 * side + 3 * gap, height: height + 2 * gap + caption)
    let boxes = [gap, 2 * gap + side].map { Box(x: $0, y: gap, width: side, height: height) }
    figure.shapes = [
      .picture(input, boxes[0]),
      .picture(Overlay(explanation.map, on: input).image, boxes[1]),
    ]
    func say(_ text: String, _ x: Double, _ y: Double, _ colour: Colour, isBold: Bool = false) {
      figure.shapes.append(
        .text(
          Text(
            shortened(text, toWidth: side, size: 14, isBold: isBold),
            at: Point(x, height + gap + y), size: 14, colour: colour, isBold: isBold)))
    }
    func percent(_ place: Int) -> String { percentage(Double(explanation.probabilities[place])) }
    say(
      "seen: \(classes[explanation.predicted]) \(percent(explanation.predicted))", gap, 26, .ink,
      isBold: true)
    say(
      "for \(classes[explanation.label]) \(percent(explanation.label))", boxes[1].x, 26, .orange,
      isBold: true)
    say(
      "orange speaks for it, blue against it", boxes[1].x, 50, .quiet)
    say(
      explanation.method == .occlusion
        ? "how far a grey square lowers the logit" : "the head's weights over what it sees", gap,
      50,
      .quiet)
    if explanation.parts.count > 1 {
      say(
        "sum of \(explanation.parts.count) layers, enlarged to one grid", gap, 74, .quiet
      )
    }
    return figure
  }
}

/// A photograph in grey, with the places of a map in colours.
struct Overlay {
  let image: RGBImage

  /// How much of a colour lies over the strongest place.
  private static let opacity = 0.85

  init(_ map: Heatmap, on picture: RGBImage) {
    let strongest = map.values.reduce(0) { max($0, abs($1)) }
    let (positive, negative) = (Figure.Colour.orange.light, Figure.Colour.blue.light)
    var pixels = [UInt8](repeating: 0, count: picture.pixels.count)
    for row in 0..<picture.height {
      for column in 0..<picture.width {
        let first = (row * picture.width + column) * 3
        let value = map.value(
          atRow: (Double(row) + 0.5) / Double(picture.height),
          column: (Double(column) + 0.5) / Double(picture.width))
        let share = strongest > 0 ? Self.opacity * abs(value) / strongest : 0
        // Luma of ITU-R BT.601, darkened so that colours are seen on white, too.
        let grey =
          0.8
          * (0.299 * Double(picture.pixels[first]) + 0.587 * Double(picture.pixels[first + 1])
            + 0.114 * Double(picture.pixels[first + 2]))
        let colour = value > 0 ? positive : negative
        for (place, part) in [colour.red, colour.green, colour.blue].enumerated() {
          pixels[first + place] = UInt8(
            (grey * (1 - share) + Double(part) * share).rounded().clamped(to: 0...255))
        }
      }
    }
    image = RGBImage(width: picture.width, height: picture.height, pixels: pixels)
  }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}

/// The channels of a layer side by side, each from its smallest value in black to its largest in white.
public func contactSheet(_ map: FeatureMap) -> RGBImage {
  let channelsMax = 64
  let sideMin = 56
  let shown = min(map.channels, channelsMax)
  let columns = max(1, Int(Double(shown).squareRoot().rounded(.up)))
  let rows = (shown + columns - 1) / columns
  // Whole pixels each, so that what is seen are the layer's own.
  let scale = max(1, (sideMin + map.width - 1) / map.width)
  let gap = 2
  let (cellWidth, cellHeight) = (map.width * scale + gap, map.height * scale + gap)
  let (width, height) = (columns * cellWidth + gap, rows * cellHeight + gap)
  var pixels = [UInt8](repeating: 255, count: width * height * 3)
  for channel in 0..<shown {
    let values = (0..<map.height * map.width).map { map.values[$0 * map.channels + channel] }
    let low = values.reduce(Float.infinity) { min($0, $1) }
    let high = values.reduce(-Float.infinity) { max($0, $1) }
    let (left, top) = (gap + channel % columns * cellWidth, gap + channel / columns * cellHeight)
    for row in 0..<map.height * scale {
      for column in 0..<map.width * scale {
        let value = values[row / scale * map.width + column / scale]
        let grey = high > low ? UInt8(((value - low) / (high - low) * 255).rounded()) : 0
        let first = ((top + row) * width + left + column) * 3
        for place in 0..<3 { pixels[first + place] = grey }
      }
    }
  }
  return RGBImage(width: width, height: height, pixels: pixels)
}
