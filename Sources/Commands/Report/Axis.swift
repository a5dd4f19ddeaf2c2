/// An axis: the range that it shows and where its marks are.
public struct Axis: Equatable, Sendable {
  public let low: Double
  public let high: Double
  /// From low to high, at round numbers.
  public let marks: [Double]

  /// Shows all of the values, with about so many marks.
  ///
  /// - Parameters:
  ///   - values: those that are no numbers don't count.
  ///   - bounds: what it shows at least; nil leaves that to the values.
  public init(
    of values: [Double], bounds: ClosedRange<Double>? = nil, marks countWanted: Int = 5
  ) {
    let finite = values.filter(\.isFinite)
    var low = min(finite.min() ?? 0, bounds?.lowerBound ?? .infinity)
    var high = max(finite.max() ?? 1, bounds?.upperBound ?? -.infinity)
    if high - low < 1e-9 * max(abs(high), 1) { (low, high) = (low - 0.5, high + 0.5) }
    let step = Axis.roundStep((high - low) / Double(max(countWanted - 1, 1)))
    let first = (low / step).rounded(.down)
    let last = (high / step).rounded(.up)
    self.low = first * step
    self.high = last * step
    marks = (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is at least so large.
  private static func roundStep(_ least: Double) -> Double {
    var power = 1.0
    while power > least { power /= 10 }
    while power * 10 <= least { power *= 10 }
    for factor in [1.0, 2, 5] where power * factor >= least * (1 - 1e-9) { return power * factor }
    return power * 10
  }

  /// Where a value lies between two places.
  func place(_ value: Double, from start: Double, to end: Double) -> Double {
    start + (end - start) * (value - low) / (high - low)
  }
}
