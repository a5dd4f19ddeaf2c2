/// A picture being painted, and the means to fill outlines with smooth edges.
struct Canvas {
  let width: Int
  let height: Int
  /// [height × width]; opacity is not kept.
  var pixels: [Colour]

  // For each pixel of the rectangle around an outline, how the covered share changes there.
  private var changes: [Float] = []

  init(width: Int, height: Int, colour: Colour = Colour(0, 0, 0)) {
    self.width = width
    self.height = height
    pixels = Array(repeating: colour, count: width * height)
  }

  /// Lays a colour over a pixel as far as it is opaque and `coverage` goes.
  @inline(__always)
  mutating func lay(_ colour: Colour, over index: Int, coverage: Float) {
    pixels[index] += (colour - pixels[index]) * (colour.w * coverage)
  }

  /// Fills a closed outline, given in pixels; `shade` gives the colour at a pixel's centre.
  ///
  /// Each pixel is covered by exactly the share of it that lies inside the outline.
  @inline(__always)
  mutating func fill(_ outline: [Point], shade: (Point) -> Colour) {
    guard let box = Box(around: outline, width: width, height: height) else { return }
    accumulate(outline, in: box)
    for y in 0..<box.height {
      var coverage: Float = 0
      let row = y * (box.width + 2)
      let target = (box.top + y) * width + box.left
      for x in 0..<box.width {
        coverage += changes[row + x]
        let share = min(1, abs(coverage))
        if share < 1 / 512 { continue }
        let centre = Point(Float(box.left + x) + 0.5, Float(box.top + y) + 0.5)
        lay(shade(centre), over: target + x, coverage: share)
      }
    }
  }

  /// Fills a closed outline with one colour.
  mutating func fill(_ outline: [Point], _ colour: Colour) {
    fill(outline) { _ in colour }
  }

  /// Sums up, for every pixel, by how much the covered share differs from that of the pixel to its
  /// left. An edge that passes through a pixel at the mean distance f from its left side covers
  /// 1 − f of it and all pixels to the right, for as many rows (or parts of one) as it passes.
  private mutating func accumulate(_ outline: [Point], in box: Box) {
    let stride = box.width + 2
    let count = stride * box.height
    if changes.count < count { changes = Array(repeating: 0, count: count) }
    for index in 0..<count { changes[index] = 0 }
    let offset = Point(Float(box.left), Float(box.top))
    var start = outline[outline.count - 1] - offset
    for point in outline {
      let end = point - offset
      if start.y < end.y {
        addEdge(from: start, to: end, sign: 1, box, stride)
      } else if start.y > end.y {
        addEdge(from: end, to: start, sign: -1, box, stride)
      }
      start = end
    }
  }

  /// An edge that goes down.
  private mutating func addEdge(
    from start: Point, to end: Point, sign: Float, _ box: Box, _ stride: Int
  ) {
    let slope = (end.x - start.x) / (end.y - start.y)
    var y = max(0, start.y)
    let bottom = min(Float(box.height), end.y)
    let right = Float(box.width)
    while y < bottom {
      let row = Int(y)
      let nextY = min(bottom, Float(row + 1))
      // Left of the box an edge counts for the whole row, right of it for nothing.
      let firstX = max(0, min(right, start.x + slope * (y - start.y)))
      let lastX = max(0, min(right, start.x + slope * (nextY - start.y)))
      addPiece(
        row: row * stride, from: min(firstX, lastX), to: max(firstX, lastX),
        amount: sign * (nextY - y))
      y = nextY
    }
  }

  /// A piece of an edge within one row, cut where it passes from pixel to pixel.
  private mutating func addPiece(row: Int, from low: Float, to high: Float, amount: Float) {
    var column = Int(low)
    if high <= Float(column + 1) {
      let mean = (low + high) / 2 - Float(column)
      changes[row + column] += amount * (1 - mean)
      changes[row + column + 1] += amount * mean
      return
    }
    let perPixel = amount / (high - low)
    var x = low
    while x < high {
      let next = min(high, Float(column + 1))
      let part = perPixel * (next - x)
      let mean = (x + next) / 2 - Float(column)
      changes[row + column] += part * (1 - mean)
      changes[row + column + 1] += part * mean
      x = next
      column += 1
    }
  }
}

/// The pixels that an outline can touch.
private struct Box {
  var left: Int
  var top: Int
  var width: Int
  var height: Int

  /// Nil if the outline lies off the canvas or has no area.
  init?(around outline: [Point], width: Int, height: Int) {
    guard outline.count > 2 else { return nil }
    var low = outline[0]
    var high = outline[0]
    for point in outline {
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    low = pointwiseMax(low, Point(0, 0))
    high = pointwiseMin(high, Point(Float(width), Float(height)))
    guard low.x < high.x, low.y < high.y else { return nil }
    left = Int(low.x)
    top = Int(low.y)
    self.width = Int(high.x.rounded(.up)) - left
    self.height = Int(high.y.rounded(.up)) - top
  }
}
