import ClusterSimulation
import Testing

/// Schedules that once failed, by what was wrong.
@Suite struct `A schedule that once failed` {
  private func run(_ seed: UInt64) throws {
    let report = try Simulation(Scenario(seed: seed)).run()
    #expect(report.failure == nil, "seed \(seed)")
  }

  /// A clock set back stopped the coordinator's heartbeats until it had caught up.
  @Test func `with clocks set back`() throws {
    for seed: UInt64 in [496, 2_912] { try run(seed) }
  }
}
