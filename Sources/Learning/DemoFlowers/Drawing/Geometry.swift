/// A point or a direction, in pixels or in units of a flower, x to the right and y down.
typealias Point = SIMD2<Float>

extension SIMD2<Float> {
  var length: Float { (self * self).sum().squareRoot() }

  func dot(_ other: Self) -> Float { (self * other).sum() }
}

/// Angles are counted in turns: 0.25 is a right angle, clockwise on the canvas.
enum Angle {
  /// (cos, sin) of an angle in turns, to about 1e-6.
  ///
  /// A polynomial of our own and not the system's: only operations that IEEE 754 rounds correctly
  /// take part in painting, so that the same seed paints the same files on every machine.
  static func direction(_ turns: Float) -> Point {
    Point(sine(turns + 0.25), sine(turns))
  }

  static func sine(_ turns: Float) -> Float {
    // Reduced to -0.5...0.5 and folded to -0.25...0.25, where the Taylor series converges fast.
    var x = turns - turns.rounded()
    if x > 0.25 { x = 0.5 - x } else if x < -0.25 { x = -0.5 - x }
    let y = x * 6.283_185_5
    let square = y * y
    let tail = -1 / 5040 + square * (1 / 362_880 - square / 39_916_800)
    return y * (1 + square * (-1 / 6 + square * (1 / 120 + square * tail)))
  }
}

/// A map of the plane that keeps straight lines straight: from a flower's own units to pixels.
struct Affine {
  var xAxis = Point(1, 0)
  var yAxis = Point(0, 1)
  var origin = Point(0, 0)

  func callAsFunction(_ point: Point) -> Point {
    xAxis * point.x + yAxis * point.y + origin
  }

  /// First `other`, then self.
  func after(_ other: Affine) -> Affine {
    Affine(
      xAxis: xAxis * other.xAxis.x + yAxis * other.xAxis.y,
      yAxis: xAxis * other.yAxis.x + yAxis * other.yAxis.y, origin: self(other.origin))
  }

  /// The point that is mapped to `point`; for maps that don't flatten the plane.
  var inverse: Affine {
    let determinant = xAxis.x * yAxis.y - xAxis.y * yAxis.x
    let scale = 1 / determinant
    let x = Point(yAxis.y, -xAxis.y) * scale
    let y = Point(-yAxis.x, xAxis.x) * scale
    return Affine(xAxis: x, yAxis: y, origin: -(x * origin.x + y * origin.y))
  }

  static func translated(_ x: Float, _ y: Float) -> Affine { Affine(origin: Point(x, y)) }

  static func scaled(_ x: Float, _ y: Float) -> Affine {
    Affine(xAxis: Point(x, 0), yAxis: Point(0, y))
  }

  static func rotated(_ turns: Float) -> Affine {
    let direction = Angle.direction(turns)
    return Affine(xAxis: direction, yAxis: Point(-direction.y, direction.x))
  }
}

/// 0 below `low`, 1 above `high`, and a smooth rise between them.
func smoothStep(_ low: Float, _ high: Float, _ x: Float) -> Float {
  let t = max(0, min(1, (x - low) / (high - low)))
  return t * t * (3 - 2 * t)
}
