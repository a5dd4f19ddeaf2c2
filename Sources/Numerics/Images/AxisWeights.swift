import Kernels

/// How a stretch of source pixels becomes a stretch of output pixels along one axis: a triangle
/// filter that is as wide as the larger of an input and an output pixel, so that scaling down
/// averages (antialiasing) and scaling up interpolates linearly.
struct AxisWeights {
  /// What is resized and what is kept of it, in whole pixels.
  struct Window: Equatable {
    /// The source pixels that take part; what lies outside them is not looked at.
    var source: Range<Int>
    /// The length to which all of `source` is resized.
    var resizedLength: Int
    /// The part of the resized pixels that is wanted.
    var kept: Range<Int>
    /// Whether the kept pixels come out in reverse.
    var isMirrored = false
  }

  /// The number of weights of each output.
  private(set) var taps = 0
  /// The first source pixel of each output, counted from the first one that any output needs.
  private(set) var first: [Int32] = []
  /// [outputs × taps]; those of one output sum to `ResizeKernels.one`.
  private(set) var weights: [Int16] = []
  /// The source pixels that the outputs need.
  private(set) var needed = 0..<0

  /// Replaces the weights, reusing their memory.
  ///
  /// Output i has its centre at (i + ½) · n / m of n source pixels resized to m, and source pixel j
  /// at j + ½ weighs max(0, 1 − |distance| / max(1, n / m)). Times 2 · max(n, m) that is a whole
  /// number, max(0, 2 · max(n, m) − |(2j + 1) · m − (2i + 1) · n|). The weights are these numbers
  /// scaled to a sum of 2¹⁴, rounding half up the running sum and not each of them, so that the
  /// sum is exact.
  mutating func update(_ window: Window) {
    let n = window.source.count
    let m = window.resizedLength
    precondition(n > 0 && m > 0 && !window.kept.isEmpty)
    precondition(window.kept.lowerBound >= 0 && window.kept.upperBound <= m)
    let support = 2 * max(n, m)
    // Pixels at a distance below max(1, n / m): fewer than 2 · max(1, n / m) + 1 of them.
    taps = min(n, (support + m - 1) / m + 1)
    first.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)

    let firstNeeded = firstSource(of: window.kept.lowerBound, n, m)
    let lastFirst = firstSource(of: window.kept.upperBound - 1, n, m)
    needed = window.source.lowerBound + firstNeeded..<window.source.lowerBound + lastFirst + taps
    for output in 0..<window.kept.count {
      let i =
        window.isMirrored
        ? window.kept.upperBound - 1 - output : window.kept.lowerBound + output
      let start = firstSource(of: i, n, m)
      first.append(Int32(start - firstNeeded))
      appendWeights(of: i, from: start, n, m, support)
    }
  }

  /// The first of the `taps` source pixels that output i takes, all of them inside the source.
  private func firstSource(of i: Int, _ n: Int, _ m: Int) -> Int {
    // The smallest j whose weight is positive has (2j + 1) · m > (2i + 1) · n − support.
    let bound = (2 * i + 1) * n - 2 * max(n, m) - m
    let smallest = bound < 0 ? 0 : bound / (2 * m) + 1
    return min(smallest, n - taps)
  }

  private mutating func appendWeights(
    of i: Int, from start: Int, _ n: Int, _ m: Int, _ support: Int
  ) {
    var total = 0
    for j in start..<start + taps {
      total += max(0, support - abs((2 * j + 1) * m - (2 * i + 1) * n))
    }
    var sum = 0
    var rounded = 0
    for j in start..<start + taps {
      sum += max(0, support - abs((2 * j + 1) * m - (2 * i + 1) * n))
      let next = (2 * sum * ResizeKernels.one + total) / (2 * total)
      weights.append(Int16(next - rounded))
      rounded = next
    }
  }
}
