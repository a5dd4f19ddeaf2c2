import Digest
import Glibc
import RunFiles

/// Measures how long real processes need to get over one loss after the other.
final class Recovery {
  /// What happens in each round.
  enum Loss: Sendable, Hashable {
    /// A worker is killed: its connection ends.
    case killedWorker
    /// A worker is frozen for good: its connection stays, as if its cable had been pulled.
    case frozenWorker
    /// A worker is frozen and goes on after so many seconds.
    case thawedWorker(Double)
    /// The coordinator is killed, and started again after so many seconds.
    case coordinator(Double)
  }

  /// What a round took, in seconds; nil where there is nothing of the kind.
  struct Times {
    /// From the loss to its line in the progress log.
    var noticed: Double?
    /// The longest time without a step.
    var longestPause: Double?
    /// All the time without steps.
    var stoodStill: Double?
    /// From the coordinator's start until all workers were there again.
    var back: Double?
  }

  private static let workerCount = 3
  /// As long as the longest pause between two attempts, and then some.
  private static let patienceSeconds = 90

  private let arena: Arena
  private let name: String
  private let address: String
  private let log: LogFollower
  private var coordinator: ChildProcess
  private var workers: [ChildProcess] = []
  private var workersStarted = 0

  init(name: String) throws {
    self.name = name
    // More epochs than any number of rounds takes, with samples by the pair, so that epochs are not
    // all that happens.
    arena = try Arena(epochs: 100_000, batchSize: 2)
    var random = SplitMix64(state: UInt64.random(in: 0...UInt64.max))
    address = "127.0.0.1:\(10_000 + random.below(20_000))"
    coordinator = try arena.startCoordinator(name, listen: address, resume: false)
    log = LogFollower(path: "\(arena.runFolder(name))/progress.jsonl")
    _ = try log.wait(from: 0, secondsMax: Self.patienceSeconds, "start") { line in
      if case .start = line.event { true } else { false }
    }
    for _ in 0..<Self.workerCount { try addWorker() }
  }

  func round(_ loss: Loss) throws -> Times {
    try log.waitForSteps()
    return switch loss {
    case .killedWorker: try lose { $0.kill() }
    case .frozenWorker: try lose { $0.send(SIGSTOP) }
    case .thawedWorker(let seconds): try thaw(after: seconds)
    case .coordinator(let seconds): try restart(after: seconds)
    }
  }

  // MARK: Workers

  private func addWorker() throws(ChaosError) {
    workersStarted += 1
    let worker = try arena.startWorker(name, address: address, threads: 1, number: workersStarted)
    workers.append(worker)
    _ = try log.wait(from: 0, secondsMax: Self.patienceSeconds, "worker") { line in
      if case .workerJoined(let name, _) = line.event { worker.isCalled(name) } else { false }
    }
  }

  private func lose(_ strike: (ChildProcess) -> Void) throws(ChaosError) -> Times {
    let worker = workers.removeFirst()
    let (from, start) = (log.lines.count, Timestamp.now)
    strike(worker)
    let line = try log.wait(from: from, secondsMax: Self.patienceSeconds, "loss") { line in
      if case .workerLost(let name, _) = line.event { worker.isCalled(name) } else { false }
    }
    try log.waitForSteps()
    worker.kill()
    let pauses = log.pauses(since: start)
    try addWorker()
    return Times(
      noticed: line.time.seconds(since: start), longestPause: pauses.longest,
      stoodStill: pauses.sum)
  }

  private func thaw(after seconds: Double) throws(ChaosError) -> Times {
    let start = Timestamp.now
    workers[0].send(SIGSTOP)
    pause(milliseconds: Int(seconds * 1e3))
    workers[0].send(SIGCONT)
    try log.waitForSteps()
    let pauses = log.pauses(since: start)
    return Times(longestPause: pauses.longest, stoodStill: pauses.sum)
  }

  // MARK: The coordinator

  private func restart(after seconds: Double) throws(ChaosError) -> Times {
    coordinator.kill()
    pause(milliseconds: Int(seconds * 1e3))
    try log.read()
    let (from, start) = (log.lines.count, Timestamp.now)
    coordinator = try arena.startCoordinator(name, listen: address, resume: true)
    var joined = 0
    let line = try log.wait(from: from, secondsMax: Self.patienceSeconds, "workers") { line in
      if case .workerJoined = line.event { joined += 1 }
      return joined == workers.count
    }
    guard workers.allSatisfy({ $0.exitCode() == nil }) else {
      throw ChaosError("a worker ended\n\(arena.story(name))")
    }
    return Times(back: line.time.seconds(since: start))
  }
}

extension ChildProcess {
  /// Workers are called by their machine and process.
  fileprivate func isCalled(_ name: String) -> Bool { name.hasSuffix("-\(processID)") }
}
