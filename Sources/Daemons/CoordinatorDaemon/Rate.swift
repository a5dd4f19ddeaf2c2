import ClusterCore

/// How often something happens, lately: a mean whose memory fades within seconds.
struct Rate {
  private var weightedSum = 0.0
  /// The part of the mean that is known: 0 at first, then towards 1.
  private var weightTotal = 0.0
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
    // Before the first event there is nothing to be slow at.
    guard pending > 0 || weightTotal > 0 else { return }
    weightedSum += (pending / seconds - weightedSum) * weight
    weightTotal += (1 - weightTotal) * weight
    pending = 0
  }

  var perSecond: Double { weightTotal > 0 ? weightedSum / weightTotal : 0 }
}
