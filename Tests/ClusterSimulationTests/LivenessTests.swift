import ClusterSimulation
import Testing

@Suite struct `A run with one good worker` {
  @Test(arguments: [
    [.hog], [.hog, .hog], [.hog, .hog, .hog, .hog], [.flapper], [.decliner], [.replayer],
    Stranger.allCases + Stranger.allCases,
  ])
  func `ends soon among strangers`(strangers: [Stranger]) throws {
    for seed: UInt64 in 1...30 {
      let report = try Liveness.check(seed: seed, among: strangers)
      #expect(report.failure == nil, "seed \(seed)")
    }
  }

  /// Here one silent worker after another has the share that everything waits for.
  @Test func `ends although a share goes to three who give nothing`() throws {
    let report = try Liveness.check(seed: 20_000)
    #expect(report.failure == nil)
  }
}
