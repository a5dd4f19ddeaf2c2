/// An upright cup of six broad petals, of which the front ones hide the others; seldom a wide open
/// star seen from above.
func paintTulip(on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice) {
  let colours: [(tip: Colour, base: Colour)] = [
    (Colour(214, 24, 36), Colour(150, 10, 30)), (Colour(250, 208, 40), Colour(226, 160, 20)),
    (Colour(238, 120, 170), Colour(250, 206, 216)), (Colour(124, 40, 140), Colour(80, 16, 96)),
    (Colour(250, 246, 236), Colour(220, 226, 190)), (Colour(244, 128, 40), Colour(214, 62, 26)),
    (Colour(250, 214, 70), Colour(206, 36, 30)),
  ]
  let colour = dice.pick(colours)
  let paint = PetalPaint(
    base: dice.near(colour.base), tip: dice.near(colour.tip), sideShade: 0.34, veinStrength: 0.07,
    veins: 5, shadow: 0.3)
  if dice.happens(0.08) {
    paintStar(on: &canvas, pose, paint, &dice)
  } else {
    paintCup(on: &canvas, pose, paint, &dice)
  }
}

private func paintCup(
  on canvas: inout Canvas, _ pose: Pose, _ paint: PetalPaint, _ dice: inout Dice
) {
  let tilt = dice.around(0.05)
  let opening = dice.between(0.55, 1.5)
  let slimness = dice.between(0.85, 1.12)
  let upright = Affine.translated(pose.centre.x, pose.centre.y)
    .after(.rotated(tilt - 0.25))
    .after(.scaled(pose.radius, pose.radius))
    // The cup's base lies below the centre of the head.
    .after(.translated(-0.85, 0))
  // The round bottom in which all petals meet.
  let bottom = Outlines.ellipse(Point(0.16, 0), Point(0.2, 0.34 * slimness), points: 20)
  canvas.fill(bottom.map { upright($0) }, paint.base.lit(0.72 * pose.light))
  // (lean to a side in turns, offset at the base, length, width, light), from back to front.
  let petals: [(lean: Float, offset: Float, length: Float, width: Float, light: Float)] = [
    (0.03, 0.1, 1.72, 0.46, 0.66), (-0.035, -0.1, 1.75, 0.46, 0.7), (0.0, 0, 1.66, 0.5, 0.62),
    (0.05, 0.2, 1.6, 0.5, 0.9), (-0.05, -0.2, 1.6, 0.5, 0.95), (0.0, 0, 1.5, 0.62, 1.05),
  ]
  for petal in petals {
    let profile = Outlines.Profile(
      halfWidth: petal.width / petal.length * slimness, base: 0.35,
      widest: dice.between(0.36, 0.46),
      pointedness: dice.between(0.35, 0.8))
    let bend = petal.lean * 1.2 * opening + dice.around(0.02)
    let length = petal.length * dice.between(0.94, 1.05)
    let placement = upright.after(.translated(0, petal.offset * slimness))
      .after(.rotated(petal.lean * opening + dice.around(0.008)))
      .after(.scaled(length, length))
    canvas.paintPetal(
      Outlines.petal(profile, bend: bend, points: 14), profile: profile, bend: bend, paint: paint,
      placement: placement, light: pose.light * petal.light * dice.between(0.95, 1.04))
  }
}

private func paintStar(
  on canvas: inout Canvas, _ pose: Pose, _ paint: PetalPaint, _ dice: inout Dice
) {
  let profile = Outlines.Profile(halfWidth: 0.36, base: 0.5, widest: 0.5, pointedness: 0.55)
  for layer in 0..<2 {
    for index in 0..<3 {
      let angle = (Float(index) + Float(layer) * 0.5 + dice.around(0.04)) / 3
      let length = 1 - 0.08 * Float(layer)
      let bend = dice.around(0.05)
      canvas.paintPetal(
        Outlines.petal(profile, bend: bend, points: 12), profile: profile, bend: bend,
        paint: paint, placement: pose.petal(angle: angle, from: 0, to: length),
        light: pose.light * dice.between(0.88, 1.05))
    }
  }
  let heart = dice.happens(0.5) ? Colour(40, 22, 40) : Colour(236, 206, 80)
  let plane = pose.plane(height: 0.05)
  canvas.fill(
    Outlines.ellipse(Point(0, 0), Point(0.24, 0.24)).map { plane($0) },
    heart.lit(pose.light).withOpacity(0.8))
  for index in 0..<6 {
    let place = Angle.direction(Float(index) / 6 + 0.04) * 0.2
    let stamen = Outlines.stroke(
      from: plane(Point(0, 0)), control: plane(place * 0.5), to: plane(place),
      startWidth: pose.radius * 0.05, endWidth: pose.radius * 0.09)
    canvas.fill(stamen, Colour(60, 40, 30).lit(pose.light))
  }
  canvas.fill(
    Outlines.ellipse(Point(0, 0), Point(0.07, 0.07), points: 8).map { plane($0) },
    Colour(190, 200, 110).lit(pose.light))
}
