import ClusterCore

/// Bounds what is told of workers that come, go and are refused: a whole cluster may come and go at
/// once, but who does so all the time is counted and not repeated.
package struct NoticeLimiter {
  private var allowance = NoticeLimiter.burst
  private var countedAt: Instant?
  private var suppressed = 0

  package init() {}

  private static let burst = 4_096.0
  private static let perSecond = 1.0

  /// - Returns: whether a notice is to be told, and a sentence about those that weren't.
  package mutating func admit(
    at now: Instant
  ) -> (isTold: Bool, summary: String?) {
    let seconds = countedAt.map { Double(now.nanoseconds(since: $0)) / 1e9 } ?? 0
    countedAt = now
    allowance = min(NoticeLimiter.burst, allowance + seconds * NoticeLimiter.perSecond)
    guard allowance >= 1 else {
      suppressed += 1
      return (false, nil)
    }
    allowance -= 1
    defer { suppressed = 0 }
    let summary =
      suppressed > 0 ? "workers came, left or were refused \(suppressed) more times" : nil
    return (true, summary)
  }
}
