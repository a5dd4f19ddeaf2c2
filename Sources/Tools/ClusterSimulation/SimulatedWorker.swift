import ClusterCore
import ClusterShell
import Digest
import Wire

/// A worker process: the real core and shell, and around them sockets, threads and a clock that are
/// simulated.
struct SimulatedWorker {
  let number: Int
  var shell: WorkerShell
  var isRunning = true
  /// When it ended.
  var endedAt: UInt64?
  /// Stopped until it is thawed; what happens meanwhile waits in `missed`.
  var isFrozen = false
  var missed: [Happening] = []
  /// Its clock runs ahead of the others by this.
  var clockOffset: UInt64
  /// How much slower it computes than the fastest.
  var slowness: UInt64

  /// Counts the sockets it has opened; the last is open.
  var socket = 0
  var connection: Int?
  /// Sent while there was no connection.
  var outbox: [Packet] = []

  /// Counts the sessions whose work it has begun; objects and probes of earlier ones are dropped.
  var work = 0
  let isFaulty: Bool
  /// What it is where it is of no use.
  let stranger: Stranger?
  /// The share that it has computed last.
  var shareUnderWay: Share?

  func instant(_ now: UInt64) -> Instant { Instant(nanoseconds: now &+ clockOffset) }
}

extension Simulation {
  // MARK: Life

  func startWorker() {
    let number = workers.count
    let offset = 1_000_000_000_000 + numbers.below(1_000_000_000_000)
    let stranger = drawsStranger()
    let (id, threads) = (WorkerID(number: numbers.next()), 1 + Int(numbers.below(3)))
    let identity = WorkerIdentity(
      id: id, name: "worker \(number)",
      threads: stranger == .hog ? Limits.threadsPerWorkerMax : threads,
      softwareVersion: "simulated",
      retryMaxNanoseconds: .max)
    let worker = SimulatedWorker(
      number: number,
      shell: WorkerShell(
        core: Worker(identity: identity, at: Instant(nanoseconds: now &+ offset))),
      clockOffset: offset, slowness: 1 << numbers.below(isCalm ? 1 : 5),
      isFaulty: drawsFaulty(), stranger: stranger)
    workers.append(worker)
    workerByIdentity[identity.id] = number
    trace(
      "worker \(number) starts with \(identity.threads) threads\(worker.isFaulty ? ", a faulty worker" : "")"
    )
    deliver(.started, to: number)
    agenda.plan(.workerTick(worker: number), at: now + numbers.below(100_000_000))
  }

  func killWorker(_ number: Int) {
    trace("worker \(number) is killed")
    end(number)
  }

  private func end(_ number: Int) {
    workers[number].isRunning = false
    workers[number].endedAt = now
    workers[number].missed = []
    breakConnection(of: number, isNoticed: numbers.below(2) == 0)
  }

  func thawWorker(_ number: Int) {
    guard workers[number].isRunning, workers[number].isFrozen else { return }
    trace("worker \(number) thaws")
    workers[number].isFrozen = false
    let missed = workers[number].missed
    workers[number].missed = []
    for happening in missed { happen(happening) }
  }

  // MARK: Events

  func deliver(_ event: WorkerEvent, tensor: Tensor = .none, to number: Int) {
    advance(number) { shell, now in shell.receive(event, tensor: tensor, at: now) }
  }

  /// Tells a worker's shell something and carries out what follows.
  func advance(_ number: Int, _ tell: (inout WorkerShell, Instant) -> [WorkerEffect]) {
    guard workers[number].isRunning else { return }
    let instant = workers[number].instant(now)
    for effect in tell(&workers[number].shell, instant) { carryOut(effect, by: number) }
  }

  private func carryOut(_ effect: WorkerEffect, by number: Int) {
    if neglects(effect, number) { return }
    switch effect {
    case .connect:
      breakConnection(of: number, isNoticed: false)
      workers[number].outbox = []
      workers[number].socket += 1
      planConnection(of: number)
    case .send(let envelope, let tensor): send(envelope, tensor, from: number)
    case .fetchObjects(let terms, _, _):
      check(terms == self.terms, "a worker is told the run's terms")
      workers[number].work += 1
      let time = now + 1_000_000 + numbers.below(200_000_000)
      let isLost = numbers.below(20) == 0 && !isCalm
      agenda.plan(
        isLost
          ? .workerResult(
            worker: number, work: workers[number].work,
            .objectsFailed(reason: "no object came", isFinal: false))
          : .objectsReady(worker: number, work: workers[number].work), at: time)
    case .runProbe:
      agenda.plan(
        .workerResult(worker: number, work: workers[number].work, .probeFinished(probe)),
        at: now + numbers.below(100_000_000))
    case .fetchPhotograph(let content): fetch(content, by: number)
    case .extract(let pass): extract(pass, by: number)
    case .compute(let work):
      // One in a while finds its machine busy with something else.
      let most: UInt64 = !isCalm && numbers.below(16) == 0 ? 100_000_000 : 500_000
      let time = (50_000 + numbers.below(most)) * workers[number].slowness
      agenda.plan(.shareDone(worker: number, work), at: now + time)
    case .notice(let notice): trace("worker \(number): \(notice)")
    case .finish(let outcome):
      trace("worker \(number) ends: \(outcome)")
      check(
        outcome == .dismissed || scenario.mustRefuse || workers[number].isFaulty
          || workers[number].stranger != nil,
        "a sound worker is neither refused nor unable: \(outcome)")
      end(number)
      // Whoever sees that starts another.
      if workers[number].isFaulty { agenda.plan(.workerStart, at: now + 1_000_000_000) }
    }
  }

  // MARK: Work

  func giveObjects(to number: Int) {
    advance(number) { shell, now in shell.use(catalog, at: now) }
    advance(number) { shell, now in shell.use(backbone: terms.backbone, at: now) }
  }

  private func fetch(_ content: ContentDigest, by number: Int) {
    let sample = sampleByContent[content]
    check(sample != nil, "worker \(number) asks for photographs of the run")
    // A file may be away for longer than a worker asks for it, and be back when the coordinator looks.
    if !isCalm, numbers.below(100) == 0 {
      awayUntil[content] = now + numbers.below(20_000_000_000)
    }
    let reply: PhotographReply =
      if isCalm {
        .bytes(scenario.photograph(sample ?? 0))
      } else if now < awayUntil[content] ?? 0 {
        .missing(reason: "it isn't there")
      } else if numbers.below(50) == 0 {
        .failed(reason: "no chunk came")
      } else {
        .bytes(scenario.photograph(sample ?? 0))
      }
    agenda.plan(
      .photographDone(worker: number, reply, of: content), at: now + numbers.below(10_000_000))
  }

  private func extract(_ pass: ForwardPass, by number: Int) {
    check(
      pass.photograph == scenario.photograph(pass.item.sample),
      "worker \(number) computes \(pass.item) from its photograph")
    let time = (1_000_000 + numbers.below(20_000_000)) * workers[number].slowness
    let isUndecodable = scenario.undecodable.contains(pass.item.sample)
    let isLie = lies(number, rarely: 8)
    let row = scenario.features(pass.item)
    let result: ForwardResult =
      isUndecodable != isLie
      ? .undecodable(reason: "premature end")
      : .features(isUndecodable ? distorted(row) : row)
    agenda.plan(.passDone(worker: number, pass, result), at: now + time)
  }

  func finish(_ work: ShareWork, by number: Int) {
    guard workers[number].isRunning else { return }
    workers[number].shareUnderWay = work.share
    do {
      let whole = try calculator.answer(work)
      advance(number) { shell, now in shell.take(whole, at: now) }
    } catch {
      fail("\(work.share.id) can't be computed: \(error)")
    }
  }

  private func send(
    _ envelope: Envelope<WorkerMessage>, _ tensor: Tensor, from number: Int
  ) {
    var packet = Packet(control: envelope.encoded())
    switch tensor {
    case .none: break
    case .floats(let values): packet.tensor = TensorFrame.bytes(values)
    case .sums(let values): packet.tensor = TensorFrame.bytes(values)
    }
    if lies(number, rarely: 4) { distort(&packet, envelope) }
    behaveStrangely(&packet, envelope, number)
    if let connection = workers[number].connection {
      send(packet, toCoordinatorOver: connection)
    } else if workers[number].outbox.count < 1_000 {
      workers[number].outbox.append(packet)
    }
  }
}
