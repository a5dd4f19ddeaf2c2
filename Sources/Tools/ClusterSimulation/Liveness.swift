import Digest

/// One good worker does its run at its own speed, whoever else connects.
public struct Liveness {
  /// How many times as long as alone a run may take among strangers: twice, because what they were
  /// asked for the good worker computes when it has done everything else, and that is less than all.
  public static let factor = 2.0
  /// And so much more for each stranger, however short the run is: its first lateness takes most of a
  /// second, and where two strangers hold the same lease, patience doubles before a third gets it. Four
  /// that give nothing were seen to cost 12 s.
  public static let latenessSecondsPerStranger = 4.0

  /// Runs the plan of a seed twice, with one good worker alone and among strangers. Fails where the
  /// second takes too long or ends otherwise.
  public static func check(
    seed: UInt64, among strangers: [Stranger]? = nil, trace: ((String) -> Void)? = nil
  ) throws -> Simulation.Report {
    let alone = try Simulation(Scenario(seed: seed, oneGoodWorkerAmong: [])).run()
    let strangers = strangers ?? draw(seed)
    var among = try Simulation(
      Scenario(seed: seed, oneGoodWorkerAmong: strangers), trace: trace
    ).run()
    let secondsMax =
      factor * alone.virtualSeconds + latenessSecondsPerStranger * Double(strangers.count)
    if among.failure == nil, alone.failure == nil, among.virtualSeconds > secondsMax {
      among.failure =
        "among strangers the run takes \(among.virtualSeconds) s, alone \(alone.virtualSeconds) s"
    }
    if among.failure == nil { among.failure = alone.failure }
    return among
  }

  private static func draw(_ seed: UInt64) -> [Stranger] {
    var numbers = SplitMix64(seed: seed, purpose: "strangers-about")
    return (0...numbers.below(4)).map { _ in
      Stranger.allCases[Int(numbers.below(UInt64(Stranger.allCases.count)))]
    }
  }
}
