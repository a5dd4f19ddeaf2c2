/// A dense yellow head of hundreds of straps or, gone to seed, a ball of umbrellas.
func paintDandelion(on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice) {
  if dice.happens(0.45) {
    paintSeedBall(on: &canvas, pose, &dice)
  } else {
    paintStraps(on: &canvas, pose, &dice)
  }
}

private func paintStraps(on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice) {
  let outer = dice.near(Colour(244, 200, 24))
  let inner = dice.near(Colour(232, 156, 12))
  let plane = pose.plane(height: 0.1)
  canvas.fill(
    Outlines.ellipse(Point(0, 0), Point(0.55, 0.55)).map { plane($0) },
    inner.lit(0.72 * pose.light))
  let layers = 8
  for layer in 0..<layers {
    let t = Float(layer) / Float(layers - 1)
    let count = 36 - 3 * layer
    let reach = 1 - 0.8 * t
    let profile = Outlines.Profile(
      halfWidth: 1.7 / Float(count), base: 0.7, widest: 0.9, pointedness: 0)
    for index in 0..<count {
      let angle = (Float(index) + dice.between(0, 1)) / Float(count) + 0.37 * t
      let length = reach * dice.between(0.82, 1.04)
      let bend = dice.around(0.1)
      let paint = PetalPaint(
        base: dice.near(inner, 0.08).lit(0.86), tip: dice.near(mix(outer, inner, t * 0.7), 0.07),
        sideShade: 0.3, veinStrength: 0, veins: 1, shadow: layer % 2 == 0 ? 0.2 : 0)
      canvas.paintPetal(
        Outlines.petal(profile, bend: bend, points: 5), profile: profile, bend: bend, paint: paint,
        placement: pose.petal(
          angle: angle, from: length * 0.2, to: length, height: 0.28 * t),
        light: pose.light * dice.between(0.86, 1.08))
    }
  }
}

private func paintSeedBall(on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice) {
  // A ball looks the same from all sides, so that it isn't foreshortened.
  var pose = pose
  pose.foreshortening = 1
  let plane = pose.plane()
  let inverse = plane.inverse
  let down = dice.near(Colour(236, 236, 230), 0.03)
  canvas.fill(Outlines.ellipse(Point(0, 0), Point(1, 1), points: 28).map { plane($0) }) { pixel in
    let distance = inverse(pixel).length
    return down.lit(pose.light * 0.72).withOpacity(0.5 + 0.2 * distance * distance)
  }
  let core = dice.near(Colour(120, 104, 70), 0.1)
  canvas.fill(
    Outlines.ellipse(Point(0, 0), Point(0.13, 0.13)).map { plane($0) }, core.lit(pose.light))
  // Some seeds have flown.
  let bare = dice.happens(0.3) ? dice.between(0.1, 0.3) : 0
  let bareAngle = dice.between(0, 1)
  for index in 0..<110 {
    let angle = Float(index) * 0.381_966
    let distance = ((Float(index) + 0.5) / 110).squareRoot()
    let around = angle - bareAngle
    if abs(around - around.rounded()) < bare / 2 && distance > 0.3 { continue }
    let direction = Angle.direction(angle + dice.around(0.01))
    let end = direction * (distance * dice.between(0.84, 0.93))
    let thread = Outlines.stroke(
      from: plane(direction * 0.1), control: plane(end * 0.5), to: plane(end), startWidth: 0.5,
      endWidth: 0.6)
    canvas.fill(thread, down.lit(pose.light * 0.75).withOpacity(0.5))
    for ray in 0..<7 {
      let tip = end + Angle.direction(angle + Float(ray) / 7) * dice.between(0.1, 0.16)
      let hair = Outlines.stroke(
        from: plane(end), control: plane((end + tip) * 0.5), to: plane(tip), startWidth: 0.8,
        endWidth: 0.35)
      canvas.fill(hair, down.lit(pose.light * 1.05).withOpacity(0.8))
    }
  }
}
