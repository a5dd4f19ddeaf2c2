import Digest
import Images

/// One photograph of the demo dataset: flowers of one kind, as a camera might have caught them.
enum Scene {
  /// The picture that seed, kind and number choose, the same on every machine, and the quality of
  /// the JPEG file that it is to become.
  static func paint(
    _ kind: FlowerKind, seed: UInt64, number: Int
  ) -> (picture: RGBImage, quality: Int) {
    let label = FlowerKind.allCases.firstIndex(of: kind) ?? 0
    var dice = Dice(
      random: SplitMix64(seed: seed, purpose: "demo flowers", UInt64(label), UInt64(number)))
    let (width, height) = dice.pick([(240, 180), (240, 180), (240, 180), (180, 240), (200, 200)])
    let foliage = Foliage(&dice)
    var canvas = Background.paint(width: width, height: height, foliage, &dice)
    if dice.happens(0.5) {
      foliage.paintBlades(
        on: &canvas, count: dice.whole(4...16), width: 2...6, reach: 0.8, opacity: 0.95, &dice)
    }
    for pose in poses(of: kind, width: width, height: height, &dice) {
      foliage.paintStem(of: kind, on: &canvas, pose, &dice)
      kind.paint(on: &canvas, pose, &dice)
    }
    if dice.happens(0.2) { occlude(&canvas, foliage, &dice) }
    let quality = dice.whole(72...92)
    return (Camera(&dice).picture(of: canvas, &dice), quality)
  }

  /// One flower, or several smaller ones that hardly cover each other; from back to front.
  private static func poses(
    of kind: FlowerKind, width: Int, height: Int, _ dice: inout Dice
  ) -> [Pose] {
    let side = Float(min(width, height))
    let count = dice.happens(0.6) ? 1 : dice.whole(2...3)
    let light = dice.between(0.82, 1.08)
    var poses: [Pose] = []
    for _ in 0..<count {
      let radius = side * (count == 1 ? dice.between(0.28, 0.44) : dice.between(0.2, 0.28))
      for _ in 0..<12 {
        let centre = Point(
          Float(width) / 2 + side * dice.between(-0.32, 0.32),
          Float(height) / 2 + side * dice.between(-0.32, 0.28))
        let isFree = poses.allSatisfy {
          (centre - $0.centre).length > 0.85 * (radius + $0.radius)
        }
        guard isFree else { continue }
        let (lean, foreshortening) = kind.leaning(&dice)
        poses.append(
          Pose(
            centre: centre, radius: radius, lean: lean, foreshortening: foreshortening,
            spin: dice.between(0, 1), light: light * dice.between(0.92, 1.06)))
        break
      }
    }
    return poses.sorted { $0.centre.y < $1.centre.y }
  }

  /// Something close to the lens, before the flowers.
  private static func occlude(
    _ canvas: inout Canvas, _ foliage: Foliage, _ dice: inout Dice
  ) {
    if dice.happens(0.6) {
      foliage.paintBlades(
        on: &canvas, count: dice.whole(1...4), width: 5...12, reach: 1, opacity: 0.9, &dice)
      return
    }
    let place = Point(
      dice.between(0, 1) * Float(canvas.width), dice.between(0, 1) * Float(canvas.height))
    let size = dice.between(10, 34)
    let colour = dice.near(dice.happens(0.5) ? foliage.green : Colour(200, 190, 170), 0.2)
    for ring in 0..<5 {
      // Out of focus it has no edge.
      let radius = size * (1 - 0.13 * Float(ring))
      canvas.fill(
        Outlines.ellipse(place, Point(radius, radius * 0.8), points: 20),
        colour.withOpacity(0.3))
    }
  }
}
