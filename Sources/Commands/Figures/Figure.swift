import Images

/// A drawing of a few shapes, of which pages get SVG and slides PNG. Lengths are in pixels of a screen;
/// the origin is at the top left.
public struct Figure: Equatable, Sendable {
  public let width: Double
  public let height: Double
  /// In the order in which they are drawn.
  public var shapes: [Shape] = []

  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  public struct Point: Equatable, Sendable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
  }

  public struct Box: Equatable, Sendable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
      (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }
  }

  /// Which point of a text lies at its place, on the base line.
  public enum Anchor: Equatable, Sendable {
    case start
    case middle
    case end
  }

  public struct Text: Equatable, Sendable {
    public var text: String
    public var at: Point
    public var size: Double
    public var colour: Colour
    public var anchor: Anchor
    public var isBold: Bool
    /// Clockwise, around its place.
    public var turnedDegrees: Double

    public init(
      _ text: String, at: Point, size: Double = 13, colour: Colour = .ink,
      anchor: Anchor = .start, isBold: Bool = false, turnedDegrees: Double = 0
    ) {
      (self.text, self.at, self.size, self.colour) = (text, at, size, colour)
      (self.anchor, self.isBold, self.turnedDegrees) = (anchor, isBold, turnedDegrees)
    }
  }

  public enum Shape: Equatable, Sendable {
    /// - Parameters:
    ///   - opacity: how much of the colour covers what is below, from 0 to 1.
    ///   - note: what a page tells of it when it is pointed at.
    case filled(Box, Colour, opacity: Double = 1, note: String? = nil)
    case framed(Box, Colour, lineWidth: Double)
    case line([Point], Colour, lineWidth: Double)
    case dot(Point, radius: Double, Colour)
    case text(Text)
    case picture(RGBImage, Box)
  }

  /// Figures side by side, at the top of one.
  public static func row(_ figures: [Figure]) -> Figure {
    var row = Figure(
      width: figures.reduce(0) { $0 + $1.width }, height: figures.map(\.height).max() ?? 0)
    var left = 0.0
    for figure in figures {
      row.shapes += figure.shapes.map { $0.moved(right: left) }
      left += figure.width
    }
    return row
  }
}

extension Figure.Shape {
  fileprivate func moved(right distance: Double) -> Figure.Shape {
    func moved(_ box: Figure.Box) -> Figure.Box {
      Figure.Box(x: box.x + distance, y: box.y, width: box.width, height: box.height)
    }
    func moved(_ point: Figure.Point) -> Figure.Point {
      Figure.Point(point.x + distance, point.y)
    }
    switch self {
    case .filled(let box, let colour, let opacity, let note):
      return .filled(moved(box), colour, opacity: opacity, note: note)
    case .framed(let box, let colour, let width):
      return .framed(moved(box), colour, lineWidth: width)
    case .line(let points, let colour, let width):
      return .line(points.map(moved), colour, lineWidth: width)
    case .dot(let center, let radius, let colour):
      return .dot(moved(center), radius: radius, colour)
    case .text(var text):
      text.at = moved(text.at)
      return .text(text)
    case .picture(let image, let box): return .picture(image, moved(box))
    }
  }
}
