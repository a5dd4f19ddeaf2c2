import ClusterSimulation
import Testing

@Suite struct `A simulated cluster` {
  /// Thirty at a time, so that both of a small machine's processors have something to do.
  @Test(arguments: 0..<10)
  func `ends with the reference's head whatever happens to it`(part: UInt64) throws {
    for seed in (part * 30 + 1)...(part * 30 + 30) {
      let report = try Simulation(Scenario(seed: seed)).run()
      #expect(report.failure == nil, "seed \(seed); tl-simulate --seed \(seed) --trace tells more")
    }
  }

  /// In their order: nobody looked at an answer because somebody who hung might have; a copy was
  /// revoked while its holder's answer was on its way (two); who was asked last was taken for as slow as
  /// those who hung before.
  @Test(arguments: [5_889, 102_520, 104_358, 102_770] as [UInt64])
  func `ends where it once did not`(seed: UInt64) throws {
    let report = try Simulation(Scenario(seed: seed)).run()
    #expect(report.failure == nil)
  }

  @Test func `ends with the reference's head when nothing happens to it`() throws {
    for seed: UInt64 in 1...50 {
      let report = try Simulation(Scenario(seed: seed, isCalm: true)).run()
      #expect(report.failure == nil, "seed \(seed)")
      #expect(report.faults == 0 && report.incarnations == 1, "seed \(seed)")
    }
  }

  @Test func `does the same again from the same seed`() throws {
    for seed: UInt64 in 1...5 {
      var first: [String] = []
      var second: [String] = []
      _ = try Simulation(Scenario(seed: seed), trace: { first.append($0) }).run()
      _ = try Simulation(Scenario(seed: seed), trace: { second.append($0) }).run()
      #expect(first == second, "seed \(seed)")
      #expect(first.count > 5)
    }
  }
}
