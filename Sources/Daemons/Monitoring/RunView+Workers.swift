import ClusterCore
import RunFiles

extension RunView.Worker {
  /// A sound worker says something every second: from here on it is told that one doesn't.
  private static let silentSecondsMin = Double(Limits.quietNanoseconds) / 1e9

  public var isGone: Bool { state == "gone" }

  /// Whether it is here, and has missed a heartbeat.
  public var isSilent: Bool { !isGone && silentSeconds.map { $0 > Self.silentSecondsMin } ?? false }

  /// What it does, in a word.
  public var condition: String { isSilent ? "silent" : state }
}

/// Who is here, who says nothing, and who was here.
extension RunView {
  /// More of those that are gone are forgotten, the earliest first.
  static let goneMax = 20

  /// All of them: whoever is silent first, whoever is gone last.
  public var workersByUrgency: [Worker] {
    workers.filter(\.isSilent) + workers.filter { !$0.isSilent && !$0.isGone }
      + workers.filter(\.isGone)
  }

  /// Those that are here, as the coordinator says; of others remains that they are gone.
  mutating func takeWorkers(_ present: [WorkerStatus]) {
    let names = Set(present.map(\.name))
    // A coordinator with very many workers lists some of them: whoever isn't listed needn't be gone.
    let gone =
      present.count < Limits.workersInStatusMax
      ? workers.filter { $0.lostAt != nil && !names.contains($0.name) } : []
    workers =
      present.map { worker in
        Worker(
          name: worker.name, threads: Int(worker.threads),
          state: worker.isServing ? "serving" : "joining", leases: Int(worker.leases),
          held: Int(worker.held), silentSeconds: Double(worker.silentMilliseconds) / 1000)
      } + gone.suffix(Self.goneMax)
  }

  /// A worker was lost.
  mutating func lose(_ name: String, at time: Timestamp) {
    guard let place = workers.firstIndex(where: { $0.name == name }) else { return }
    // The latest to go is the last to be forgotten.
    var worker = workers.remove(at: place)
    (worker.state, worker.lostAt) = ("gone", time)
    (worker.leases, worker.held, worker.silentSeconds) = (nil, nil, nil)
    workers.append(worker)
  }

  /// Says how long ago workers were lost, in whole seconds.
  public mutating func tellTime(_ now: Timestamp) {
    for place in workers.indices {
      guard let lostAt = workers[place].lostAt else { continue }
      let milliseconds = now.millisecondsSince1970 - lostAt.millisecondsSince1970
      workers[place].silentSeconds = Double(max(0, milliseconds / 1000))
    }
  }

  /// Nobody can tell any more of whom the coordinator hears.
  public mutating func loseSightOfWorkers() {
    for place in workers.indices { workers[place].silentSeconds = nil }
  }
}
