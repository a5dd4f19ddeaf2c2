import ClusterCore

/// How often something happens, lately: a mean whose memory fades within seconds.
struct Rate {
  private var perSecondValue = 0.0
  private var pending = 0.0
  private var last: Instant?

  /// After this long, two thirds of what was known are forgotten.
  private static let memorySeconds = 3.0

  mutating func count(_ events: Int = 1) { pending += Double(events) }

  /// Takes in what was counted since the last call.
  mutating func update(at now: Instant) {
    defer { last = now }
    guard let last, now > last else { return }
    let seconds = Double(now.nanoseconds(since: last)) / 1e9
    let weight = min(1, seconds / Rate.memorySeconds)
    perSecondValue += (pending / seconds - perSecondValue) * weight
    pending = 0
  }

  var perSecond: Double { perSecondValue }
}
