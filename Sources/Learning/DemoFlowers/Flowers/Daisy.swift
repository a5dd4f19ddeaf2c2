/// Long narrow rays around a small domed yellow disc.
func paintDaisy(on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice) {
  let colours: [(tip: Colour, base: Colour)] = [
    (Colour(250, 250, 246), Colour(226, 228, 222)), (Colour(250, 250, 246), Colour(214, 220, 226)),
    (Colour(246, 238, 214), Colour(232, 214, 160)), (Colour(240, 170, 200), Colour(206, 92, 150)),
    (Colour(176, 120, 206), Colour(120, 70, 170)), (Colour(226, 84, 76), Colour(170, 30, 44)),
  ]
  // White is the most common, as in any meadow.
  let colour = dice.happens(0.25) ? colours[dice.whole(0...1)] : dice.pick(colours)
  let tip = dice.near(colour.tip)
  let base = dice.near(colour.base)
  let disc = dice.between(0.22, 0.32)
  let count = dice.whole(11...19)
  let profile = Outlines.Profile(
    halfWidth: dice.between(0.85, 1.15) * 1.75 / Float(count), base: 0.55, widest: 0.62,
    pointedness: dice.between(0, 0.35))
  for layer in 0..<2 {
    for index in 0..<count {
      let angle = (Float(index) + Float(layer) * 0.5 + dice.around(0.12)) / Float(count)
      let length = dice.between(0.88, 1) - Float(layer) * 0.06
      let bend = dice.around(0.06)
      let paint = PetalPaint(
        base: base, tip: dice.near(tip, 0.03), sideShade: 0.16, veinStrength: 0.04, veins: 2,
        shadow: 0.22)
      canvas.paintPetal(
        Outlines.petal(profile, bend: bend), profile: profile, bend: bend, paint: paint,
        placement: pose.petal(angle: angle, from: disc * 0.6, to: length),
        light: pose.light * dice.between(0.92, 1.04))
    }
  }
  paintDome(
    on: &canvas, pose, radius: disc, rim: dice.near(Colour(206, 140, 16)),
    top: dice.near(Colour(250, 206, 50)), seeds: 70, &dice)
}

/// A disc that rises towards its middle, set with small florets in the order of a sunflower's
/// seeds: each a golden angle further than the one before.
func paintDome(
  on canvas: inout Canvas, _ pose: Pose, radius: Float, rim: Colour, top: Colour, seeds: Int,
  _ dice: inout Dice
) {
  let plane = pose.plane(height: 0.05)
  let inverse = plane.inverse
  canvas.fill(Outlines.ellipse(Point(0, 0), Point(radius, radius), points: 24).map { plane($0) }) {
    pixel in
    let distance = inverse(pixel).length / radius
    return mix(top, rim, smoothStep(0.2, 1.05, distance)).lit(pose.light)
  }
  let phase = dice.between(0, 1)
  for index in 0..<seeds {
    let share = ((Float(index) + 0.5) / Float(seeds)).squareRoot()
    let angle = phase + Float(index) * 0.381_966
    let place = Angle.direction(angle) * (share * radius * 0.95)
    let size = radius * 0.9 / Float(seeds).squareRoot()
    let lift = plane.after(.translated(place.x, place.y))
    let lightness = dice.happens(0.5) ? 1.22 : dice.between(0.62, 0.85)
    canvas.fill(
      Outlines.ellipse(Point(0, 0), Point(size, size), points: 6).map { lift($0) },
      mix(top, rim, share).lit(lightness * pose.light).withOpacity(0.75))
  }
}
