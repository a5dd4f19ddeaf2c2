/// How long something usually takes: an exponentially weighted mean of durations.
struct MeanDuration: Sendable {
  private var meanNanoseconds: UInt64?

  /// The weight of one more duration is 1/16.
  mutating func add(nanoseconds: UInt64) {
    guard let mean = meanNanoseconds else {
      meanNanoseconds = nanoseconds
      return
    }
    meanNanoseconds = mean - mean / 16 + nanoseconds / 16
  }

  /// The age from which on one more counts as late. Nothing is late before the first was done
  /// within a heartbeat's time.
  var lateNanoseconds: UInt64 {
    guard let mean = meanNanoseconds else { return Limits.heartbeatIntervalNanoseconds }
    let (multiple, overflow) = mean.multipliedReportingOverflow(by: Limits.lateMeansFactor)
    return overflow ? .max : max(Limits.lateNanosecondsMin, multiple)
  }
}
