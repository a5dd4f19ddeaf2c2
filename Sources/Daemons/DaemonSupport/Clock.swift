import ClusterCore
import Glibc

/// The clock that the daemons give their cores.
public enum MonotonicClock {
  /// Never goes backwards, and stands still while the machine sleeps.
  public static func now() -> Instant {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }
}

extension Incarnation {
  /// A new one, from the system's random numbers.
  public static func random() -> Incarnation {
    var numbers = SystemRandomNumberGenerator()
    // `.none` is what a worker writes before it knows one.
    return Incarnation(high: numbers.next() | 1, low: numbers.next())
  }
}

extension WorkerID {
  /// A new one, from the system's random numbers.
  public static func random() -> WorkerID {
    var numbers = SystemRandomNumberGenerator()
    return WorkerID(number: numbers.next())
  }
}
