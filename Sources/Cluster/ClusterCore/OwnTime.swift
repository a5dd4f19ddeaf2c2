/// The time that a process has lived through, as far as it can tell: it neither runs backwards nor
/// leaps.
///
/// A process that was stopped hears its peers only when it goes on, so their silence in between
/// proves nothing, and neither does a clock that was set. A gap between two events counts for no
/// more than a moment, and a step back for nothing.
struct OwnTime: Sendable {
  private(set) var now: Instant
  private var lastReading: Instant

  init(_ reading: Instant) {
    now = reading
    lastReading = reading
  }

  mutating func advance(to reading: Instant) {
    let gap = reading.nanoseconds(since: lastReading)
    now = now.advanced(byNanoseconds: min(gap, Limits.momentNanosecondsMax))
    lastReading = reading
  }
}
