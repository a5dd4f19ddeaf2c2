/// Stems, leaves and blades of grass.
struct Foliage {
  /// The green of this picture's plants.
  var green: Colour

  init(_ dice: inout Dice) {
    green = dice.near(
      dice.pick([
        Colour(74, 124, 44), Colour(52, 100, 48), Colour(104, 140, 60), Colour(60, 110, 80),
        Colour(120, 130, 50),
      ]), 0.12)
  }

  /// The stem of a flower, from the head down to the edge of the picture, and its leaves.
  func paintStem(
    of kind: FlowerKind, on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice
  ) {
    let width = max(1.6, pose.radius * kind.stemThickness * dice.between(0.8, 1.2))
    let foot = Point(
      pose.centre.x + dice.around(0.8) * pose.radius, Float(canvas.height) + pose.radius * 0.5)
    let control = Point(
      pose.centre.x + dice.around(0.25) * pose.radius, (pose.centre.y + foot.y) / 2)
    let stem = Outlines.stroke(
      from: pose.centre, control: control, to: foot, startWidth: width * 1.7, endWidth: width * 2.2)
    let colour = dice.near(green, 0.06)
    canvas.fill(stem.map { $0 + Point(1, 0.6) }, Colour(10, 16, 8).withOpacity(0.35))
    canvas.fill(stem) { pixel in
      colour.lit(pose.light * (0.82 + 0.25 * smoothStep(-width, width, control.x - pixel.x)))
    }
    for _ in 0..<dice.whole(kind == .sunflower || kind == .rose ? 2...4 : 1...3) {
      let along = dice.between(0.35, 0.95)
      let place = pose.centre + (foot - pose.centre) * along
      paintLeaf(of: kind, on: &canvas, at: place, size: pose.radius, light: pose.light, &dice)
    }
  }

  private func paintLeaf(
    of kind: FlowerKind, on canvas: inout Canvas, at place: Point, size: Float, light: Float,
    _ dice: inout Dice
  ) {
    let isLeft = dice.happens(0.5)
    var profile = Outlines.Profile(halfWidth: 0.14, base: 0.4, widest: 0.4, pointedness: 0.9)
    var length = size * dice.between(0.9, 1.5)
    var rise = dice.between(0.02, 0.14)
    var (teeth, depth): (Int, Float) = (0, 0)
    switch kind {
    case .daisy: (profile.halfWidth, teeth, depth) = (0.15, 5, 0.25)
    case .dandelion: (profile.halfWidth, teeth, depth, profile.widest) = (0.18, 5, 0.5, 0.7)
    case .rose: (profile.halfWidth, teeth, depth) = (0.3, 9, 0.1)
    case .sunflower: (profile.halfWidth, profile.base, profile.widest) = (0.4, 0.5, 0.3)
    case .tulip:
      (profile.halfWidth, rise) = (0.12, dice.between(0.13, 0.22))
      length *= 1.5
    }
    let bend = dice.around(0.2)
    let colour = dice.near(green, 0.08)
    let paint = PetalPaint(
      base: colour.lit(0.8), tip: colour.lit(1.15), sideShade: 0.2, veinStrength: 0.12, veins: 4,
      shadow: 0.3)
    // Leaves rise from the stem to either side.
    let angle = isLeft ? 0.5 + rise : -rise
    let placement = Affine.translated(place.x, place.y).after(.rotated(angle))
      .after(.scaled(length, length))
    canvas.paintPetal(
      Outlines.petal(profile, bend: bend, teeth: teeth, toothDepth: depth, points: 10),
      profile: profile, bend: bend, paint: paint, placement: placement,
      light: light * dice.between(0.8, 1.1))
  }

  /// Blades of grass from the lower edge up, `reach` of the height at most.
  func paintBlades(
    on canvas: inout Canvas, count: Int, width: ClosedRange<Float>, reach: Float, opacity: Float,
    _ dice: inout Dice
  ) {
    let height = Float(canvas.height)
    for _ in 0..<count {
      let foot = Point(dice.between(-0.1, 1.1) * Float(canvas.width), height * 1.05)
      let tip = Point(
        foot.x + dice.around(0.35) * height, height * (1 - reach * dice.between(0.3, 1)))
      let control = Point(foot.x + dice.around(0.1) * height, (foot.y + tip.y) / 2)
      let blade = Outlines.stroke(
        from: foot, control: control, to: tip,
        startWidth: dice.between(width.lowerBound, width.upperBound), endWidth: 0.3)
      canvas.fill(
        blade, dice.near(green, 0.14).lit(dice.between(0.55, 1.15)).withOpacity(opacity))
    }
  }
}
