/// The colours of a petal or a leaf.
struct PetalPaint {
  var base: Colour
  var tip: Colour
  /// How much darker the sides are than the middle.
  var sideShade: Float = 0.25
  /// How strongly veins run along it, and how many to a side.
  var veinStrength: Float = 0.06
  var veins: Float = 3
  /// How dark a shadow it throws on what lies below.
  var shadow: Float = 0.3
}

extension Canvas {
  /// Paints a petal: `placement` maps its own units, from (0, 0) to (1, 0), to pixels; `light` is
  /// by how much it is lit as a whole.
  mutating func paintPetal(
    _ outline: [Point], profile: Outlines.Profile, bend: Float, paint: PetalPaint,
    placement: Affine, light: Float = 1
  ) {
    let points = outline.map { placement($0) }
    if paint.shadow > 0 {
      let size = placement.xAxis.length
      let drop = Point(0.3, 1) * min(3, max(0.8, size * 0.045))
      fill(points.map { $0 + drop }, Colour(8, 14, 6).withOpacity(paint.shadow))
    }
    let inverse = placement.inverse
    let width = max(profile.halfWidth, 1e-3)
    fill(points) { pixel in
      let local = inverse(pixel)
      let u = max(0, min(1, local.x))
      let v = (local.y - bend * u * u) / width
      let vein = Angle.sine(v * paint.veins * 0.5) * paint.veinStrength
      let side = 1 - paint.sideShade * min(1, v * v)
      // The upper half of the picture's light falls on one side of the ridge.
      let ridge = 1 + 0.06 * v
      return mix(paint.base, paint.tip, smoothStep(0, 0.9, u)).lit(
        light * side * ridge * (1 + vein))
    }
  }
}
