/// A large dark disc of seeds in spirals, with pointed rays in two rows around it.
func paintSunflower(on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice) {
  let colours: [(tip: Colour, base: Colour)] = [
    (Colour(252, 204, 22), Colour(230, 140, 8)), (Colour(250, 186, 14), Colour(206, 104, 10)),
    (Colour(246, 226, 110), Colour(226, 176, 40)), (Colour(204, 84, 20), Colour(122, 30, 12)),
  ]
  let colour = dice.happens(0.3) ? colours[0] : dice.pick(colours)
  let disc = dice.between(0.4, 0.54)
  let count = dice.whole(17...26)
  let profile = Outlines.Profile(
    halfWidth: dice.between(4.2, 5.4) / Float(count), base: 0.6, widest: 0.38,
    pointedness: dice.between(0.75, 1))
  for layer in 0..<2 {
    for index in 0..<count {
      let angle = (Float(index) + Float(layer) * 0.5 + dice.around(0.14)) / Float(count)
      let length = dice.between(0.88, 1.02) - Float(layer) * 0.05
      let bend = dice.around(0.14)
      let paint = PetalPaint(
        base: dice.near(colour.base, 0.06), tip: dice.near(colour.tip, 0.05), sideShade: 0.22,
        veinStrength: 0.07, veins: 4, shadow: 0.28)
      canvas.paintPetal(
        Outlines.petal(profile, bend: bend), profile: profile, bend: bend, paint: paint,
        placement: pose.petal(angle: angle, from: disc * 0.8, to: length),
        light: pose.light * dice.between(0.84, 1.05))
    }
  }
  paintSeeds(on: &canvas, pose, disc: disc, &dice)
}

private func paintSeeds(
  on canvas: inout Canvas, _ pose: Pose, disc: Float, _ dice: inout Dice
) {
  let rim = dice.near(Colour(74, 42, 18), 0.1)
  let ring = dice.near(Colour(122, 76, 24), 0.1)
  let heart =
    dice.happens(0.5) ? dice.near(Colour(112, 116, 48), 0.1) : dice.near(Colour(40, 26, 14))
  let plane = pose.plane(height: 0.03)
  let inverse = plane.inverse
  canvas.fill(Outlines.ellipse(Point(0, 0), Point(disc, disc), points: 32).map { plane($0) }) {
    pixel in
    let distance = inverse(pixel).length / disc
    let inside = mix(heart, ring, smoothStep(0.25, 0.6, distance))
    return mix(inside, rim, smoothStep(0.6, 1, distance)).lit(pose.light * 0.8)
  }
  let seeds = 210
  let phase = dice.between(0, 1)
  for index in 0..<seeds {
    let share = ((Float(index) + 0.5) / Float(seeds)).squareRoot()
    let direction = Angle.direction(phase + Float(index) * 0.381_966)
    let place = direction * (share * disc * 0.97)
    let size = disc * (0.045 + 0.03 * share)
    let tone = mix(heart, ring, smoothStep(0.2, 0.7, share))
    let spot = plane.after(.translated(place.x, place.y))
    let outline = Outlines.ellipse(Point(0, 0), Point(size, size), points: 5)
    let brightness = dice.happens(0.35) ? dice.between(1.3, 2) : dice.between(0.4, 0.8)
    canvas.fill(
      outline.map { spot($0) }, tone.lit(pose.light * brightness).withOpacity(0.8))
  }
}
