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

    /// The number of weights of each output: source pixels at a distance below max(1, n / m) of a
    /// point, which are fewer than 2 · max(1, n / m) + 1.
    var taps: Int {
      min(source.count, (2 * max(source.count, resizedLength) - 1) / resizedLength + 1)
    }

    /// The first source pixel of those whose weights output i takes, counted from the source's first
    /// one. All of them are inside the source.
    func first(of i: Int) -> Int {
      let (n, m) = (source.count, resizedLength)
      // The smallest j whose weight is positive has (2j + 1) · m > (2i + 1) · n − 2 · max(n, m).
      let bound = (2 * i + 1) * n - 2 * max(n, m) - m
      let smallest = bound < 0 ? 0 : bound / (2 * m) + 1
      return min(smallest, n - taps)
    }

    /// The source pixels that the kept ones are made of.
    var neededSource: Range<Int> {
      let start = source.lowerBound + first(of: kept.lowerBound)
      return start..<source.lowerBound + first(of: kept.upperBound - 1) + taps
    }
  }

  /// What the weights are for.
  private var window: Window?

  /// The number of weights of each output.
  private(set) var taps = 0
  /// The first source pixel of each output, counted from the first one that any output needs.
  private(set) var first: [Int32] = []
  /// [outputs × taps]; those of one output sum to `ResizeKernels.one`.
  private(set) var weights: [Int16] = []
  /// The source pixels that the outputs need.
  private(set) var needed = 0..<0

  /// Replaces the weights, reusing their memory. They stay where they are wanted again: many
  /// photographs have the same height.
  ///
  /// Output i has its centre at (i + ½) · n / m of n source pixels resized to m, and source pixel j
  /// at j + ½ weighs max(0, 1 − |distance| / max(1, n / m)). Times 2 · max(n, m) that is a whole
  /// number, max(0, 2 · max(n, m) − |(2j + 1) · m − (2i + 1) · n|). The weights are these numbers
  /// scaled to a sum of 2¹⁴, rounding half up the running sum and not each of them, so that the
  /// sum is exact.
  mutating func update(_ window: Window) {
    if window == self.window { return }
    self.window = window
    precondition(!window.source.isEmpty && window.resizedLength > 0 && !window.kept.isEmpty)
    precondition(
      window.kept.lowerBound >= 0 && window.kept.upperBound <= window.resizedLength)
    taps = window.taps
    needed = window.neededSource
    first.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    let firstNeeded = window.first(of: window.kept.lowerBound)
    for output in 0..<window.kept.count {
      let i =
        window.isMirrored
        ? window.kept.upperBound - 1 - output : window.kept.lowerBound + output
      let start = window.first(of: i)
      first.append(Int32(start - firstNeeded))
      appendWeights(of: i, from: start, window)
    }
  }

  private mutating func appendWeights(of i: Int, from start: Int, _ window: Window) {
    let (n, m) = (window.source.count, window.resizedLength)
    let support = 2 * max(n, m)
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
