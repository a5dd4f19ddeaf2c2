import ClusterCore
import ClusterShell
import Glibc

/// The time that this thread has had a processor, which doesn't depend on who else wants one.
func processorSeconds() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What a coordinator answers to an event, as far as its workers and its disk are concerned.
enum LoadOutput {
  case send(PeerID, Envelope<CoordinatorMessage>)
  case tookStep
  case writeCheckpoint(step: UInt64)
}

/// A core alone or with its shell.
protocol LoadedCoordinator {
  mutating func receive(_ event: CoordinatorEvent, _ sums: [Int64], at now: Instant)
    -> [LoadOutput]
}

struct LoadedCore: LoadedCoordinator {
  private var core: Coordinator

  init(_ core: Coordinator) { self.core = core }

  mutating func receive(
    _ event: CoordinatorEvent, _ sums: [Int64], at now: Instant
  ) -> [LoadOutput] {
    core.receive(event, at: now).compactMap { action in
      switch action {
      case .send(let peer, let envelope): .send(peer, envelope)
      case .applyStep: .tookStep
      case .writeCheckpoint(let request): .writeCheckpoint(step: request.position.step)
      default: nil
      }
    }
  }
}

struct LoadedShell: LoadedCoordinator {
  private var shell: CoordinatorShell

  init(_ shell: CoordinatorShell) { self.shell = shell }

  mutating func receive(
    _ event: CoordinatorEvent, _ sums: [Int64], at now: Instant
  ) -> [LoadOutput] {
    let tensor: Tensor =
      if case .received(_, let envelope) = event, case .gradientSum = envelope.message {
        .sums(sums)
      } else {
        .none
      }
    return shell.receive(event, tensor: tensor, at: now).compactMap { effect in
      switch effect {
      case .send(let peer, let envelope, _): .send(peer, envelope)
      case .tookStep: .tookStep
      case .writeCheckpoint(let request, _, _): .writeCheckpoint(step: request.position.step)
      default: nil
      }
    }
  }
}

/// Workers that answer at once, on virtual time, and how long the coordinator takes.
struct LoadDriver<Loaded: LoadedCoordinator> {
  private var coordinator: Loaded
  private let workers: Int
  private let stepsPerEpoch: Int
  private let sums: [Int64]
  private let answer: (PeerID, Envelope<CoordinatorMessage>) -> WorkerMessage?
  private var queue: [CoordinatorEvent] = []
  /// Heartbeats of all workers.
  private var heartbeats: [CoordinatorEvent] = []
  private var now = Instant(nanoseconds: 1)
  private var steps = 0
  private var shares = 0
  /// Spent in the coordinator.
  private var seconds = 0.0

  /// - Parameters:
  ///   - sums: what every share is answered with.
  ///   - answer: a worker's, to a message.
  init(
    _ coordinator: Loaded, workers: Int, stepsPerEpoch: Int, sums: [Int64],
    answer: @escaping (PeerID, Envelope<CoordinatorMessage>) -> WorkerMessage?
  ) {
    self.coordinator = coordinator
    self.workers = workers
    self.stepsPerEpoch = stepsPerEpoch
    self.sums = sums
    self.answer = answer
  }

  /// Delivers events one after the other. What it takes to make the workers' answers is counted too:
  /// it is little, and a clock around each event would cost more.
  private mutating func deliver(_ events: [CoordinatorEvent]) {
    let start = processorSeconds()
    for event in events { deliver(event) }
    seconds += processorSeconds() - start
  }

  private mutating func deliver(_ event: CoordinatorEvent) {
    for output in coordinator.receive(event, sums, at: now) {
      switch output {
      case .tookStep: steps += 1
      case .writeCheckpoint(let step): queue.append(.checkpointWritten(step: step))
      case .send(let peer, let envelope):
        if case .step = envelope.message { shares += 1 }
        if case .welcome = envelope.message { heartbeats.append(heartbeat(peer, envelope)) }
        guard let message = answer(peer, envelope) else { continue }
        queue.append(
          .received(
            peer,
            Envelope(
              incarnation: envelope.incarnation, session: envelope.session, message: message)))
      }
    }
  }

  /// Everybody says hello and joins; the last one begins the first step.
  ///
  /// - Returns: the seconds that it took the coordinator.
  mutating func join() -> Double {
    seconds = 0
    deliver(
      (0..<UInt64(workers)).map { number in
        .received(
          PeerID(number: number),
          Envelope(
            incarnation: .none, session: .none,
            message: .hello(
              Hello(
                protocolVersion: Limits.protocolVersion, worker: WorkerID(number: number),
                attempt: 1, threads: 1, name: "worker \(number)", softwareVersion: "bench"))))
      })
    // The welcomes are answered; what steps follow are not yet begun.
    let joins = queue
    queue = []
    deliver(joins)
    return seconds
  }

  private func heartbeat(
    _ peer: PeerID, _ envelope: Envelope<CoordinatorMessage>
  ) -> CoordinatorEvent {
    .received(
      peer,
      Envelope(incarnation: envelope.incarnation, session: envelope.session, message: .heartbeat))
  }

  /// - Returns: the seconds that a tick and what it gives rise to take, in the mean.
  private mutating func tick() -> Double {
    now = now.advanced(byNanoseconds: Limits.tickIntervalNanoseconds)
    deliver(heartbeats)
    let before = seconds
    deliver([.tick])
    return seconds - before
  }

  /// - Parameter seconds: how long it goes on, in the time of the coordinator.
  /// - Returns: of steps once samples and workers are where they belong, and of ticks between them.
  mutating func step(
    seconds duration: Double
  ) -> (perStep: Double, sharesPerStep: Double, perTick: Double) {
    // Newcomers show their worth, and an epoch begins with everybody.
    for _ in 0..<2 {
      _ = tick()
      let end = steps + stepsPerEpoch
      run(until: { $0.steps >= end })
    }
    (seconds, steps, shares) = (0, 0, 0)
    run(until: { $0.seconds >= duration && $0.steps > 0 })
    let (perStep, perShare) = (seconds / Double(steps), Double(shares) / Double(steps))
    let ticks = (0..<10).map { _ in tick() }
    return (perStep, perShare, ticks.reduce(0, +) / Double(ticks.count))
  }

  private mutating func run(until isOver: (Self) -> Bool) {
    while !isOver(self) {
      precondition(!queue.isEmpty, "workers that answer keep a run going")
      let events = queue
      queue = []
      deliver(events)
    }
  }
}
