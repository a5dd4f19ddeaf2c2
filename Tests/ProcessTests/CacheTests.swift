import Foundation
import RunFiles
import TestSupport
import Testing

/// Features are kept on disk: what has passed the backbone once need not pass it again.
@Suite struct `The cache of features` {
  private static let sampleCount = 3 * Cluster.photographsPerClass

  private static func cache(_ cluster: Cluster) -> [String: String] {
    ["TL_CACHE": cluster.folder.path + "/cache"]
  }

  /// How many features each start of a run found, and how many it needed.
  private static func found(_ cluster: Cluster, run: String) throws -> [[Int]] {
    try cluster.log(run: run).compactMap { line in
      if case .features(let kept, let needed) = line.event { [kept, needed] } else { nil }
    }
  }

  private static func keptCount(_ cluster: Cluster) throws -> Int {
    let shown = try RunningCommand.run(
      "tl-coord", ["cache", "--json"], environment: cache(cluster))
    let value = try JSONValue(decoding: Array(shown.output.utf8))
    return value["features"]?.integer(as: Int.self) ?? 0
  }

  private static func train(
    _ cluster: Cluster, run: String, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try train(cluster, run: run, arguments)
  }

  private static func train(
    _ cluster: Cluster, run: String, _ arguments: [String]
  ) throws -> RunningCommand.Outcome {
    try cluster.startCoordinator(
      run: run, ["--local-workers", "1", "--worker-threads", "1"] + arguments, epochs: 2,
      environment: cache(cluster)
    ).command.waitForExit()
  }

  private static func head(_ cluster: Cluster, run: String) throws -> String? {
    for line in try cluster.log(run: run).reversed() {
      if case .finished(let result) = line.event { return "\(result.head)" }
    }
    return nil
  }

  @Test func `spares a second run every forward pass, and the head is the same`() throws {
    let cluster = try Cluster()
    #expect(try Self.train(cluster, run: "cold").exitCode == 0)
    #expect(try Self.train(cluster, run: "warm").exitCode == 0)
    #expect(try Self.train(cluster, run: "rate", "--learning-rate", "0.01").exitCode == 0)
    #expect(try Self.found(cluster, run: "cold") == [[0, Self.sampleCount]])
    #expect(try Self.found(cluster, run: "warm") == [[Self.sampleCount, Self.sampleCount]])
    #expect(try Self.found(cluster, run: "rate") == [[Self.sampleCount, Self.sampleCount]])
    let head = try Self.head(cluster, run: "cold")
    #expect(head != nil)
    #expect(try Self.head(cluster, run: "warm") == head)
    #expect(try Self.head(cluster, run: "rate") != head)
  }

  @Test func `has every variant of a run, and only those that its epochs come to`() throws {
    let cluster = try Cluster()
    let (training, validation) = (84, 36)
    let three = validation + 3 * training
    let four = validation + 4 * training
    let variants = ["--variants", "4", "--epochs"]
    #expect(try Self.train(cluster, run: "short", variants + ["3"]).exitCode == 0)
    #expect(try Self.keptCount(cluster) == three)
    #expect(try Self.train(cluster, run: "cold", variants + ["6"]).exitCode == 0)
    #expect(try Self.train(cluster, run: "warm", variants + ["6"]).exitCode == 0)
    #expect(try Self.found(cluster, run: "short") == [[0, three]])
    #expect(try Self.found(cluster, run: "cold") == [[three, four]])
    #expect(try Self.found(cluster, run: "warm") == [[four, four]])
    #expect(try Self.keptCount(cluster) == four)
    #expect(try Self.head(cluster, run: "warm") == Self.head(cluster, run: "cold"))
  }

  @Test func `hides no photograph that was damaged since`() throws {
    let cluster = try Cluster()
    #expect(try Self.train(cluster, run: "before").exitCode == 0)
    let path = "photographs/amber/007.jpg"
    let photograph = try cluster.folder.read(path)
    try cluster.folder.write(Array(photograph.prefix(photograph.count / 2)), to: path)
    let outcome = try Self.train(cluster, run: "after", "--undecodable-max", "0.5")
    #expect(outcome.exitCode == 0)
    #expect(outcome.description.contains("amber/007.jpg"), "\(outcome)")
  }

  @Test func `serves another network or precision with nothing`() throws {
    let cluster = try Cluster()
    #expect(try Self.train(cluster, run: "int8").exitCode == 0)
    #expect(try Self.train(cluster, run: "fp32", "--precision", "fp32").exitCode == 0)
    #expect(try Self.found(cluster, run: "fp32") == [[0, Self.sampleCount]])
  }

  @Test func `keeps what had arrived when everything is killed`() throws {
    let cluster = try Cluster()
    let undisturbed = try Cluster.undisturbedHead.get()
    let first = try cluster.startCoordinator(run: "killed", environment: Self.cache(cluster))
    let worker = try cluster.startWorker(try first.address())
    try first.waitForEpoch(0)
    // Without a worker the run stands still, and the store's thread comes to what was given to it.
    worker.send(signal: SIGKILL)
    _ = try worker.waitForExit()
    let deadline = Date(timeIntervalSinceNow: RunningCommand.patienceSeconds)
    var kept = 0
    while kept < Self.sampleCount && Date.now < deadline { kept = try Self.keptCount(cluster) }
    try first.kill()

    let second = try cluster.startCoordinator(
      run: "killed", ["--resume", "--local-workers", "1"], environment: Self.cache(cluster))
    #expect(try second.finishedHead() == undisturbed)
    let all = [Self.sampleCount, Self.sampleCount]
    #expect(try Self.found(cluster, run: "killed") == [[0, Self.sampleCount], all])
  }

  @Test func `is audited like workers' answers`() throws {
    let cluster = try Cluster()
    #expect(try Self.train(cluster, run: "cold").exitCode == 0)
    #expect(try Self.train(cluster, run: "audited", "--audit", "1").exitCode == 0)
    #expect(try Self.found(cluster, run: "audited") == [[Self.sampleCount, Self.sampleCount]])
    #expect(try Self.head(cluster, run: "audited") == Self.head(cluster, run: "cold"))
  }

  @Test func `is done without where it can't be opened`() throws {
    let cluster = try Cluster()
    try cluster.folder.write([1], to: "cache")
    let outcome = try Self.train(cluster, run: "run")
    #expect(outcome.exitCode == 0)
    #expect(outcome.output.contains("features are not kept for later runs"))
    #expect(try Self.head(cluster, run: "run") != nil)
  }

  @Test func `never gives a wrong feature however often the coordinator is killed`() throws {
    let cluster = try Cluster()
    let undisturbed = try Cluster.undisturbedHead.get()
    for round in 0..<8 {
      let name = "killed-\(round)"
      let killed = try cluster.startCoordinator(
        run: name, ["--local-workers", "1"], environment: Self.cache(cluster))
      // Somewhere between the first feature and the last step: the machine's pace decides.
      if round.isMultiple(of: 2) { try killed.waitForEvent("worker_joined") }
      if round > 3 { try killed.waitForEpoch(round) }
      killed.command.send(signal: SIGKILL)
      _ = try killed.command.waitForExit()
      let shown = try RunningCommand.run(
        "tl-coord", ["cache", "--verify"], environment: Self.cache(cluster))
      #expect(shown.exitCode == 0 && shown.output.contains("damaged   0"), "\(shown)")
    }
    let last = try cluster.startCoordinator(
      run: "last", ["--local-workers", "1"], environment: Self.cache(cluster))
    #expect(try last.finishedHead() == undisturbed)
  }

  @Test func `is shown, checked and emptied by a command`() throws {
    let cluster = try Cluster()
    #expect(try Self.train(cluster, run: "run").exitCode == 0)
    func cache(_ arguments: String...) throws -> RunningCommand.Outcome {
      try RunningCommand.run("tl-coord", ["cache"] + arguments, environment: Self.cache(cluster))
    }
    let shown = try cache("--verify", "--json")
    #expect(shown.exitCode == 0)
    #expect(shown.output.contains("\"features\": \(Self.sampleCount)"), "\(shown)")
    #expect(shown.output.contains("\"damaged\": 0"), "\(shown)")
    #expect(try cache("--clear").output.contains("features  0"))
    let off = try RunningCommand.run("tl-coord", ["cache", "--cache", "off"])
    #expect(off.exitCode == 64)
  }
}
