/// What lies behind the flowers, out of focus.
enum Background: CaseIterable {
  case meadow, sky, shade, bokeh, wall, soil

  static func paint(width: Int, height: Int, _ foliage: Foliage, _ dice: inout Dice) -> Canvas {
    // Out of focus half the resolution does.
    var canvas = Canvas(width: (width + 1) / 2 + 1, height: (height + 1) / 2 + 1)
    let kind = dice.pick(allCases)
    kind.paintGround(on: &canvas, foliage, &dice)
    switch kind {
    case .meadow, .shade:
      foliage.paintBlades(
        on: &canvas, count: 60, width: 1...4, reach: dice.between(0.6, 1.2), opacity: 0.8, &dice)
    case .sky:
      foliage.paintBlades(on: &canvas, count: 25, width: 1...3, reach: 0.5, opacity: 0.9, &dice)
    case .bokeh: paintLights(on: &canvas, count: 30, &dice)
    case .wall, .soil: break
    }
    // Other things in bloom, in any colour: colour alone tells no flower.
    if dice.happens(0.45) { paintSpots(on: &canvas, count: dice.whole(3...14), &dice) }
    canvas.blur(radius: kind == .wall || kind == .soil ? 1 : dice.whole(1...4))
    return canvas.enlarged(width: width, height: height)
  }

  private func paintGround(
    on canvas: inout Canvas, _ foliage: Foliage, _ dice: inout Dice
  ) {
    let (top, bottom): (Colour, Colour) =
      switch self {
      case .meadow: (dice.near(foliage.green, 0.15).lit(1.2), dice.near(foliage.green).lit(0.6))
      case .sky: (dice.near(Colour(96, 150, 220), 0.1), dice.near(Colour(206, 222, 236), 0.08))
      case .shade: (Colour(16, 24, 16), dice.near(Colour(34, 46, 26), 0.1))
      case .bokeh: (dice.near(Colour(110, 120, 90), 0.3), dice.near(Colour(60, 70, 50), 0.3))
      case .wall: (dice.near(Colour(180, 164, 146), 0.2), dice.near(Colour(140, 126, 116), 0.2))
      case .soil: (dice.near(Colour(112, 88, 66), 0.15), dice.near(Colour(74, 54, 40), 0.15))
      }
    let grain: Float = self == .soil ? 0.3 : self == .wall ? 0.16 : 0.1
    let coarse = Noise(cell: dice.between(14, 30), canvas.width, canvas.height, &dice)
    let fine = Noise(cell: self == .soil ? 2.5 : 6, canvas.width, canvas.height, &dice)
    for y in 0..<canvas.height {
      let colour = mix(top, bottom, Float(y) / Float(canvas.height))
      for x in 0..<canvas.width {
        let noise = 0.35 * coarse.at(x, y) + grain * fine.at(x, y)
        canvas.pixels[y * canvas.width + x] = colour.lit(1 + noise)
      }
    }
  }

  private static func paintSpots(on canvas: inout Canvas, count: Int, _ dice: inout Dice) {
    let hue = Colour(dice.between(90, 255), dice.between(40, 250), dice.between(30, 250))
    for _ in 0..<count {
      let place = Point(
        dice.between(0, 1) * Float(canvas.width), dice.between(0, 1) * Float(canvas.height))
      let size = dice.between(1.5, 8)
      canvas.fill(
        Outlines.ellipse(place, Point(size, size * dice.between(0.6, 1)), points: 10),
        dice.near(hue, 0.12).withOpacity(dice.between(0.4, 0.9)))
    }
  }

  private static func paintLights(on canvas: inout Canvas, count: Int, _ dice: inout Dice) {
    for _ in 0..<count {
      let place = Point(
        dice.between(0, 1) * Float(canvas.width), dice.between(0, 1) * Float(canvas.height))
      let size = dice.between(3, 11)
      let colour = dice.near(
        dice.pick([Colour(200, 220, 140), Colour(250, 240, 200), Colour(120, 170, 90)]), 0.15)
      canvas.fill(
        Outlines.ellipse(place, Point(size, size)), colour.withOpacity(dice.between(0.15, 0.5)))
    }
  }

  private func paintLights(on canvas: inout Canvas, count: Int, _ dice: inout Dice) {
    Self.paintLights(on: &canvas, count: count, &dice)
  }
}

/// Smooth random values between −1 and 1.
struct Noise {
  private let cell: Float
  private let columns: Int
  private let values: [Float]

  /// `cell` is the distance, in pixels, over which the values change.
  init(cell: Float, _ width: Int, _ height: Int, _ dice: inout Dice) {
    self.cell = cell
    columns = Int(Float(width) / cell) + 3
    let rows = Int(Float(height) / cell) + 3
    values = (0..<columns * rows).map { _ in dice.between(-1, 1) }
  }

  func at(_ x: Int, _ y: Int) -> Float {
    let (fx, fy) = (Float(x) / cell, Float(y) / cell)
    let (column, row) = (Int(fx), Int(fy))
    let across = smoothStep(0, 1, fx - Float(column))
    let down = smoothStep(0, 1, fy - Float(row))
    let index = row * columns + column
    let upper = values[index] + (values[index + 1] - values[index]) * across
    let below = values[index + columns]
    let lower = below + (values[index + columns + 1] - below) * across
    return upper + (lower - upper) * down
  }
}
