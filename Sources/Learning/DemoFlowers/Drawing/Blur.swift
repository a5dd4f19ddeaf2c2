extension Canvas {
  /// Blurs as a lens out of focus does, roughly: two passes of a running mean along both axes,
  /// each over 2 · radius + 1 pixels.
  mutating func blur(radius: Int) {
    guard radius > 0 else { return }
    var target = pixels
    for _ in 0..<2 {
      for y in 0..<height {
        Self.average(pixels, into: &target, from: y * width, step: 1, count: width, radius)
      }
      for x in 0..<width {
        Self.average(target, into: &pixels, from: x, step: width, count: height, radius)
      }
    }
  }

  /// The running mean along one line, whose ends go on as they are.
  private static func average(
    _ source: [Colour], into target: inout [Colour], from start: Int, step: Int, count: Int,
    _ radius: Int
  ) {
    let share = 1 / Float(2 * radius + 1)
    var sum = Colour(repeating: 0)
    for index in -radius...radius {
      sum += source[start + max(0, min(count - 1, index)) * step]
    }
    for index in 0..<count {
      target[start + index * step] = sum * share
      sum += source[start + min(count - 1, index + radius + 1) * step]
      sum -= source[start + max(0, index - radius) * step]
    }
  }

  /// The same picture, twice as wide and high, interpolated; `width` and `height` are at most
  /// twice those of this canvas.
  func enlarged(width: Int, height: Int) -> Canvas {
    var result = Canvas(width: width, height: height)
    for y in 0..<height {
      let sourceY = min(Float(self.height - 1), max(0, (Float(y) - 0.5) / 2))
      let row = min(self.height - 2, Int(sourceY))
      let down = sourceY - Float(row)
      for x in 0..<width {
        let sourceX = min(Float(self.width - 1), max(0, (Float(x) - 0.5) / 2))
        let column = min(self.width - 2, Int(sourceX))
        let across = sourceX - Float(column)
        let index = row * self.width + column
        let upper = mix(pixels[index], pixels[index + 1], across)
        let lower = mix(pixels[index + self.width], pixels[index + self.width + 1], across)
        result.pixels[y * width + x] = mix(upper, lower, down)
      }
    }
    return result
  }
}
