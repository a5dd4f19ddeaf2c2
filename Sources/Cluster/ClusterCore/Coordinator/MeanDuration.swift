/// How long something usually takes: an exponentially weighted mean of durations, a unit of work.
struct MeanDuration: Sendable {
  private var meanNanoseconds: UInt64?

  /// The weight of one more duration is 1/16.
  mutating func add(nanoseconds duration: UInt64, units: Int = 1) {
    let nanoseconds = duration / UInt64(units)
    guard let mean = meanNanoseconds else {
      meanNanoseconds = nanoseconds
      return
    }
    meanNanoseconds = mean - mean / 16 + nanoseconds / 16
  }

  /// The age from which on one more, of so many units, counts as late. Before the first
  /// was done nobody knows how long one takes, and it gets somewhat longer.
  func lateNanoseconds(units: Int = 1) -> UInt64 {
    guard let mean = meanNanoseconds else { return Limits.firstLateNanoseconds }
    let factor = Limits.lateMeansFactor * UInt64(units)
    let (multiple, overflow) = mean.multipliedReportingOverflow(by: factor)
    return overflow ? .max : max(Limits.lateNanosecondsMin, multiple)
  }
}
