/// Broad petals in rings that lie around each other, the inner ones ever smaller and steeper, down
/// to a tight bud.
func paintRose(on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice) {
  let colours: [(light: Colour, dark: Colour)] = [
    (Colour(214, 26, 48), Colour(96, 4, 22)), (Colour(240, 128, 160), Colour(178, 48, 96)),
    (Colour(240, 226, 216), Colour(190, 150, 136)), (Colour(246, 204, 90), Colour(196, 112, 30)),
    (Colour(246, 150, 92), Colour(196, 70, 44)), (Colour(206, 60, 140), Colour(112, 14, 76)),
  ]
  let colour = dice.pick(colours)
  let light = dice.near(colour.light)
  let dark = dice.near(colour.dark)
  let radii: [Float] = [1, 0.86, 0.7, 0.55, 0.42, 0.3, 0.2, 0.11]
  let counts = [5, 5, 5, 4, 4, 3, 3, 2]
  let cup = dice.between(0.2, 0.5)
  var turn = dice.between(0, 1)
  for (ring, (radius, count)) in zip(radii, counts).enumerated() {
    let depth = Float(ring) / Float(radii.count - 1)
    turn += 0.5 / Float(count) + dice.around(0.04)
    for index in 0..<count {
      let angle = turn + (Float(index) + dice.around(0.08)) / Float(count)
      let petal = RosePetal(
        radius: radius * dice.between(0.93, 1.06), angle: angle,
        spread: dice.between(0.62, 0.76) / Float(count), waviness: dice.between(0.01, 0.06),
        phase: dice.between(0, 1), depth: depth, light: light, dark: dark,
        brightness: pose.light * dice.between(0.9, 1.06))
      petal.paint(on: &canvas, pose.plane(height: cup * depth))
    }
  }
}

private struct RosePetal {
  var radius: Float
  var angle: Float
  var spread: Float
  var waviness: Float
  var phase: Float
  /// 0 for the outermost ring, 1 for the bud.
  var depth: Float
  var light: Colour
  var dark: Colour
  var brightness: Float

  func paint(on canvas: inout Canvas, _ plane: Affine) {
    let outline = Outlines.fan(
      angle: angle, spread: spread, radius: radius, waviness: waviness, phase: phase)
    // The petal throws its shadow outwards, on the ring around it; the outermost has none there.
    let shadow = outline.map { plane($0 * 1.06) + Point(0.2, 0.8) }
    canvas.fill(shadow, dark.lit(0.35).withOpacity(depth > 0 ? 0.42 : 0.12))
    let inverse = plane.inverse
    let direction = Angle.direction(angle)
    let side = Point(-direction.y, direction.x)
    canvas.fill(outline.map { plane($0) }) { pixel in
      let local = inverse(pixel)
      let distance = local.length / radius
      let across = local.dot(side) / radius
      // The rim curls outwards into the light, what lies under the next ring is dark.
      let body = smoothStep(0.35, 0.92, distance)
      let rim = smoothStep(0.86, 0.97, distance)
      let tone = (0.25 + 0.6 * body + 0.22 * rim) * (1 - 0.35 * depth)
      let fold = 1 - 0.35 * across * across + 0.08 * across
      return mix(dark, light, min(1, tone * 1.25)).lit(brightness * fold * (0.94 + 0.12 * rim))
    }
  }
}
