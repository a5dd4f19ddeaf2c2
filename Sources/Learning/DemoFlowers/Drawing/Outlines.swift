/// Closed outlines of what flowers are made of, in units of their own.
enum Outlines {
  /// How wide a petal or a leaf is along its length.
  struct Profile {
    /// Half of the largest width, for a length of 1.
    var halfWidth: Float
    /// The width at the base, as a share of the largest.
    var base: Float
    /// Where along the length it is widest, between 0 and 1.
    var widest: Float
    /// 0 for a round tip, 1 for a pointed one.
    var pointedness: Float

    func callAsFunction(_ u: Float) -> Float {
      if u < widest {
        let t = u / widest
        return halfWidth * (base + (1 - base) * t * (2 - t))
      }
      let t = (u - widest) / (1 - widest)
      let round = max(0, 1 - t * t).squareRoot()
      let pointed = (1 - t) * (1 + 0.6 * t)
      return halfWidth * (round + (pointed - round) * pointedness)
    }
  }

  /// A petal from (0, 0) to (1, bend), first along one side, then back along the other.
  static func petal(
    _ profile: Profile, bend: Float = 0, teeth: Int = 0, toothDepth: Float = 0, points: Int = 9
  ) -> [Point] {
    let count = max(points, teeth * 2)
    var upper: [Point] = []
    var lower: [Point] = []
    upper.reserveCapacity(2 * count)
    for index in 0...count {
      // Closer together towards the tip, where the outline turns.
      let t = Float(index) / Float(count)
      let u = teeth > 0 ? t : t * (2 - t) * 0.5 + t * 0.5
      let tooth = teeth > 0 && index % 2 == 1 ? 1 - toothDepth : 1
      let half = profile(u) * tooth
      let centre = bend * u * u
      upper.append(Point(u, centre - half))
      lower.append(Point(u, centre + half))
    }
    return upper + lower.reversed()
  }

  static func ellipse(_ centre: Point, _ radius: Point, points: Int = 16) -> [Point] {
    (0..<points).map { index in
      centre + radius * Angle.direction(Float(index) / Float(points))
    }
  }

  /// The part of a disc around (0, 0) within `spread` turns on both sides of `angle`, its corners
  /// rounded and its rim wavy: a petal of a rose, seen from above.
  static func fan(
    angle: Float, spread: Float, radius: Float, waviness: Float, phase: Float
  ) -> [Point] {
    let count = 14
    var points = [Point(0, 0)]
    for index in 0...count {
      let s = 2 * Float(index) / Float(count) - 1
      let corner = 1 - 0.42 * s * s * s * s
      let wave = 1 + waviness * Angle.sine(s * 1.3 + phase)
      points.append(Angle.direction(angle + s * spread) * (radius * corner * wave))
    }
    return points
  }

  /// A stroke along a curve from `start` to `end` that is drawn towards `control`, in pixels.
  static func stroke(
    from start: Point, control: Point, to end: Point, startWidth: Float, endWidth: Float
  ) -> [Point] {
    let count = 10
    var left: [Point] = []
    var right: [Point] = []
    for index in 0...count {
      let t = Float(index) / Float(count)
      let point = start * ((1 - t) * (1 - t)) + control * (2 * t * (1 - t)) + end * (t * t)
      let tangent = (control - start) * (1 - t) + (end - control) * t
      let length = max(tangent.length, 1e-3)
      let normal = Point(-tangent.y, tangent.x) / length
      let half = (startWidth + (endWidth - startWidth) * t) / 2
      left.append(point + normal * half)
      right.append(point - normal * half)
    }
    return left + right.reversed()
  }
}
