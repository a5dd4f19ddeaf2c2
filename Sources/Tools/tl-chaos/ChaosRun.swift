import Access
import Digest
import Glibc
import MeddlingRelay
import RunFiles
import ZeroMQ

/// One run, disturbed from a seed: processes are killed, frozen, restarted and added, the
/// coordinator included, while the run goes on.
final class ChaosRun {
  enum Fault: CaseIterable {
    case killWorker
    case restartWorker
    case freezeWorker
    case addWorker
    case killCoordinator
    case freezeCoordinator
    case interruptCoordinator
  }

  private let name: String
  private let address: String
  /// What part of the answers is audited.
  let audit: String
  /// A member that does what it can against the run; nil in a quarter of the runs.
  let hostility: Hostility?
  private var relay: MeddlingRelay?
  /// Messages that the hostile member has sent.
  var hostileMessages: Int { relay?.parcelsSent ?? 0 }
  private var random: SplitMix64
  private var coordinator: ChildProcess
  private var workers: [ChildProcess] = []
  private var hostileWorkers: [ChildProcess] = []
  private var workersStarted = 0
  /// What was done, for people.
  private(set) var faults: [String] = []

  static let workersAtStart = 4
  private static let hostileWorkerCount = 2
  private static let workersMax = 7
  /// Without progress for so long a run counts as hung: worker retries pause for up to 32 s.
  private static let patienceSeconds = 120

  init(_ arena: Arena, name: String, seed: UInt64, number: Int) throws(ChaosError) {
    self.name = name
    random = SplitMix64(seed: seed, purpose: "chaos", UInt64(number))
    // Below the ports that the system gives to outgoing connections, so that none of those takes
    // this one while the coordinator is away.
    address = "127.0.0.1:\(10_000 + random.below(20_000))"
    // A quarter of the runs look at answers twice; a resumed one goes on with that by itself.
    audit = random.below(4) == 0 ? ["0.1", "1"][Int(random.below(2))] : "0"
    hostility = Hostility.allCases.randomElement(orNoneOf: 4, &random)
    coordinator = try arena.startCoordinator(
      name, listen: address, resume: false, arguments: ["--audit", audit])
    try waitForStart(arena)
    for _ in 0..<ChaosRun.workersAtStart { try addWorker(arena) }
    if let hostility { try addHostileMember(arena, hostility, seed: random.next()) }
  }

  private func addHostileMember(
    _ arena: Arena, _ hostility: Hostility, seed: UInt64
  ) throws(ChaosError) {
    do {
      let door = CoordinatorDoor(ownMachine: try Endpoint(address), arena.environment)
      relay = try MeddlingRelay(to: door) { hostility.meddler(seed: seed) }
    } catch {
      throw ChaosError("no hostile member can be made: \(error)")
    }
    try startHostileWorkers(arena)
  }

  /// Behind the relay they would not notice for seconds that the coordinator was another one, so they
  /// are started anew with it.
  private func startHostileWorkers(_ arena: Arena) throws(ChaosError) {
    guard let relay else { return }
    for worker in hostileWorkers { worker.kill() }
    hostileWorkers = []
    for _ in 0..<ChaosRun.hostileWorkerCount {
      hostileWorkers.append(
        try arena.startWorker(
          name, address: relay.address, threads: 1, number: 0, arguments: ["--insecure"]))
    }
  }

  private func waitForStart(_ arena: Arena) throws(ChaosError) {
    for _ in 0..<ChaosRun.patienceSeconds * 100 {
      if !arena.log(name).isEmpty { return }
      if let code = coordinator.exitCode() {
        throw ChaosError("the coordinator ended with \(code) at its start\n\(arena.story(name))")
      }
      pause(milliseconds: 10)
    }
    throw ChaosError("the coordinator does not start\n\(arena.story(name))")
  }

  /// Disturbs the run until it has had its faults, then lets it finish.
  ///
  /// - Returns: the head's digest.
  func run(
    _ arena: Arena, faultCount: Int
  ) throws(ChaosError) -> ContentDigest {
    while faults.count < faultCount, coordinator.exitCode() == nil {
      pause(milliseconds: 20 + Int(random.below(230)))
      thawSome()
      try inflict(arena)
    }
    for worker in workers where worker.isFrozen { worker.send(SIGCONT) }
    if workers.allSatisfy({ $0.exitCode() != nil }) { try addWorker(arena) }
    return try finish(arena)
  }

  private func finish(_ arena: Arena) throws(ChaosError) -> ContentDigest {
    var waited = 0
    var stepBefore: UInt64 = 0
    while coordinator.exitCode() == nil {
      pause(milliseconds: 10)
      waited += 1
      guard waited % 100 == 0 else { continue }
      let step = arena.log(name).last?.step ?? 0
      if step != stepBefore { waited = 0 }
      stepBefore = step
      guard waited < ChaosRun.patienceSeconds * 100 else {
        throw ChaosError("the run hangs at step \(step)\n\(arena.story(name))")
      }
    }
    for worker in hostileWorkers { worker.kill() }
    relay?.stop()
    if let problem = relay?.problem { throw ChaosError("the hostile member ended: \(problem)") }
    guard coordinator.exitCode() == 0, let head = arena.head(name) else {
      throw ChaosError(
        "the coordinator ended with \(coordinator.exitCode() ?? -1)\n\(arena.story(name))")
    }
    return head
  }

  // MARK: Faults

  private func inflict(_ arena: Arena) throws(ChaosError) {
    let fault = Fault.allCases[Int(random.below(UInt64(Fault.allCases.count)))]
    switch fault {
    case .killWorker:
      guard let victim = pickWorker() else { return try addWorkerAsFault(arena) }
      victim.kill()
      note("kill a worker")
    case .restartWorker:
      guard let victim = pickWorker() else { return try addWorkerAsFault(arena) }
      victim.kill()
      try addWorker(arena)
      note("restart a worker")
    case .freezeWorker:
      guard let victim = pickWorker() else { return try addWorkerAsFault(arena) }
      victim.send(SIGSTOP)
      note("freeze a worker")
    case .addWorker:
      try addWorkerAsFault(arena)
    case .killCoordinator:
      guard coordinator.exitCode() == nil else { return }
      coordinator.kill()
      note("kill the coordinator")
      try restartCoordinator(arena)
    case .freezeCoordinator:
      coordinator.send(SIGSTOP)
      // Rarely longer than the silence after which workers give up.
      pause(milliseconds: random.below(8) == 0 ? 5_500 : 50 + Int(random.below(500)))
      coordinator.send(SIGCONT)
      note("freeze the coordinator")
    case .interruptCoordinator:
      coordinator.send(SIGTERM)
      note("interrupt the coordinator")
      try waitForInterruption(arena)
    }
  }

  private func waitForInterruption(_ arena: Arena) throws(ChaosError) {
    for _ in 0..<ChaosRun.patienceSeconds * 100 where coordinator.exitCode() == nil {
      pause(milliseconds: 10)
    }
    switch coordinator.exitCode() {
    // It may have been done at that very moment.
    case 0: return
    // 143: it had only just been started and didn't listen to signals yet.
    case 75, 143: try restartCoordinator(arena)
    case let code:
      throw ChaosError(
        "interrupted, the coordinator ended with \(code ?? -1)\n\(arena.story(name))")
    }
  }

  private func restartCoordinator(_ arena: Arena) throws(ChaosError) {
    // Killed after its last line, it has nothing left to do, and says so when resumed.
    coordinator = try arena.startCoordinator(name, listen: address, resume: true)
    try startHostileWorkers(arena)
  }

  private func addWorkerAsFault(_ arena: Arena) throws(ChaosError) {
    guard workers.filter({ $0.exitCode() == nil }).count < ChaosRun.workersMax else { return }
    try addWorker(arena)
    note("add a worker")
  }

  private func addWorker(_ arena: Arena) throws(ChaosError) {
    workersStarted += 1
    workers.append(
      try arena.startWorker(
        name, address: address, threads: 1 + Int(random.below(2)), number: workersStarted))
  }

  /// A worker that lives and isn't frozen, or nil where there is none.
  private func pickWorker() -> ChildProcess? {
    let candidates = workers.filter { $0.exitCode() == nil && !$0.isFrozen }
    guard !candidates.isEmpty else { return nil }
    return candidates[Int(random.below(UInt64(candidates.count)))]
  }

  private func thawSome() {
    for worker in workers where worker.isFrozen && random.below(4) == 0 { worker.send(SIGCONT) }
  }

  private func note(_ fault: String) { faults.append(fault) }
}

extension [Hostility] {
  /// None of them in one of so many cases.
  fileprivate func randomElement(orNoneOf rarity: UInt64, _ random: inout SplitMix64) -> Hostility?
  {
    let choice = self[Int(random.below(UInt64(count)))]
    return random.below(rarity) == 0 ? nil : choice
  }
}
