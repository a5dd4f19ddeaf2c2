/// Where a flower's head stands and how it is turned.
struct Pose {
  var centre: Point
  /// In pixels.
  var radius: Float
  /// The direction, in turns on the canvas, in which the head leans away from the viewer.
  var lean: Float
  /// Cosine of the angle by which it leans: 1 seen from straight above.
  var foreshortening: Float
  /// By how much the head is turned around its own axis, in turns.
  var spin: Float
  /// How brightly the flower stands in the light, around 1.
  var light: Float

  /// From the plane of the head, in units of its radius, to pixels; `height` lifts the plane along
  /// the head's axis.
  func plane(height: Float = 0) -> Affine {
    let direction = Angle.direction(lean)
    let lift = direction * (height * radius * (1 - foreshortening * foreshortening).squareRoot())
    return Affine.translated(centre.x - lift.x, centre.y - lift.y)
      .after(.rotated(lean))
      .after(.scaled(radius * foreshortening, radius))
      .after(.rotated(spin - lean))
  }

  /// Where a petal or leaf at `angle` turns lies in the plane, stretching from `start` to `end`.
  func petal(angle: Float, from start: Float, to end: Float, height: Float = 0) -> Affine {
    plane(height: height).after(.rotated(angle)).after(.translated(start, 0))
      .after(.scaled(end - start, end - start))
  }
}

/// A kind of flower: a class of the demo dataset.
enum FlowerKind: String, CaseIterable, Sendable {
  case daisy, dandelion, rose, sunflower, tulip

  /// Paints the head of one flower.
  func paint(on canvas: inout Canvas, _ pose: Pose, _ dice: inout Dice) {
    switch self {
    case .daisy: paintDaisy(on: &canvas, pose, &dice)
    case .dandelion: paintDandelion(on: &canvas, pose, &dice)
    case .rose: paintRose(on: &canvas, pose, &dice)
    case .sunflower: paintSunflower(on: &canvas, pose, &dice)
    case .tulip: paintTulip(on: &canvas, pose, &dice)
    }
  }

  /// The flower seen from above leans as it grows, one seen from the side stands upright.
  func leaning(_ dice: inout Dice) -> (lean: Float, foreshortening: Float) {
    switch self {
    case .tulip: (0.25, 0.8)
    case .rose: (dice.between(0.15, 0.35), dice.between(0.72, 1))
    case .daisy, .dandelion, .sunflower: (dice.between(0.1, 0.4), dice.between(0.5, 1))
    }
  }

  /// Half the stem's thickness where it meets the head, in radii.
  var stemThickness: Float {
    switch self {
    case .daisy: 0.07
    case .dandelion: 0.09
    case .rose: 0.1
    case .sunflower: 0.12
    case .tulip: 0.13
    }
  }
}
