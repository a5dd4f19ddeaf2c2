import Access
import ClusterCore

/// Tells of connections that were turned away: at once, and then at most once a minute with their
/// number, so that who knocks a thousand times a second fills no log.
struct RefusalReport {
  private var pending = Gate.Refusals()
  private var floodsEnded = 0
  private var toldAt: Instant?

  private static let intervalNanoseconds: UInt64 = 60_000_000_000

  /// - Returns: a sentence, where it is time for one.
  mutating func add(_ refusals: Gate.Refusals?, floodsEnded: Int, at now: Instant) -> String? {
    self.floodsEnded += floodsEnded
    if let refusals {
      pending.strangers += refusals.strangers
      pending.expired += refusals.expired
      pending.postponed += refusals.postponed
      pending.problem = refusals.problem ?? pending.problem
    }
    guard pending != Gate.Refusals() || self.floodsEnded > 0 else { return nil }
    if let toldAt, now.nanoseconds(since: toldAt) < RefusalReport.intervalNanoseconds { return nil }
    toldAt = now
    defer {
      pending = Gate.Refusals()
      self.floodsEnded = 0
    }
    if let problem = pending.problem { return "nobody new is let in: \(problem)" }
    let parts = [
      self.floodsEnded > 0 ? "\(self.floodsEnded) with messages that never ended" : nil,
      pending.strangers > 0 ? "\(pending.strangers) without a valid token" : nil,
      pending.expired > 0 ? "\(pending.expired) with an expired token" : nil,
      pending.postponed > 0 ? "\(pending.postponed) for now, as too many came at once" : nil,
    ]
    return "connections were turned away: \(parts.compactMap { $0 }.joined(separator: ", "))"
  }
}
