import ClusterCore
import Digest
import Training
import Wire

/// A worker process: the real core and a shell around it whose sockets, threads and clock are
/// simulated.
struct SimulatedWorker {
  let number: Int
  var core: Worker
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

  /// Counts the sessions whose work it has begun; results of earlier ones are dropped.
  var work = 0
  /// What it has computed, across its sessions.
  var features: [SampleVariant: [Float]] = [:]
  /// What the coordinator gave in this session.
  var given: [SampleVariant: [Float]] = [:]
  let isFaulty: Bool
  var answers: [ShareID: [UInt8]] = [:]

  func instant(_ now: UInt64) -> Instant { Instant(nanoseconds: now &+ clockOffset) }
}

extension Simulation {
  // MARK: Life

  func startWorker() {
    let number = workers.count
    let offset = 1_000_000_000_000 + numbers.below(1_000_000_000_000)
    let identity = WorkerIdentity(
      id: WorkerID(number: numbers.next()), name: "worker \(number)",
      threads: 1 + Int(numbers.below(3)), softwareVersion: "simulated",
      retryMaxNanoseconds: .max)
    let worker = SimulatedWorker(
      number: number,
      core: Worker(identity: identity, at: Instant(nanoseconds: now &+ offset)),
      clockOffset: offset, slowness: 1 << numbers.below(isCalm ? 1 : 5),
      isFaulty: drawsFaulty())
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
    workers[number].features = [:]
    workers[number].given = [:]
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

  func deliver(_ event: WorkerEvent, tensor: [UInt8] = [], to number: Int) {
    guard workers[number].isRunning else { return }
    let actions = workers[number].core.receive(event, at: workers[number].instant(now))
    for action in actions { perform(action, tensor, by: number) }
  }

  private func perform(_ action: WorkerAction, _ tensor: [UInt8], by number: Int) {
    switch action {
    case .connect:
      breakConnection(of: number, isNoticed: false)
      workers[number].outbox = []
      workers[number].socket += 1
      planConnection(of: number)
    case .send(let envelope): send(envelope, from: number)
    case .fetchObjects(let terms):
      check(terms == self.terms, "a worker is told the run's terms")
      workers[number].work += 1
      workers[number].answers = [:]
      workers[number].given = [:]
      let isLost = numbers.below(20) == 0 && !isCalm
      plan(
        isLost
          ? .objectsFailed(reason: "no object came", isFinal: false)
          : .objectsReady(held: []),
        of: number, after: 1_000_000 + numbers.below(200_000_000))
    case .runProbe:
      plan(.probeFinished(probe), of: number, after: numbers.below(100_000_000))
    case .fetchPhotograph(let item):
      let fails = numbers.below(50) == 0 && !isCalm
      plan(
        fails ? .photographFailed(item, reason: "no chunk came") : .photographReady(item),
        of: number, after: numbers.below(10_000_000))
    case .extract(let item):
      let time = (1_000_000 + numbers.below(20_000_000)) * workers[number].slowness
      let isBad = scenario.undecodable.contains(item.sample) != lies(number, rarely: 8)
      plan(
        isBad ? .undecodable(item, reason: "premature end") : .featuresReady(item),
        of: number, after: time)
    case .cancel: break
    case .keepFeatures(let item):
      workers[number].given[item] = decodeFloats(tensor, scenario.shape.featureCount)
    case .forgetFeatures(let variant, let samples):
      for sample in samples {
        let item = SampleVariant(sample: sample, variant: variant)
        workers[number].features[item] = nil
        workers[number].given[item] = nil
      }
    case .computeShare(let share, let kind): compute(share, kind, head: tensor, by: number)
    case .notice(let notice): trace("worker \(number): \(notice)")
    case .finish(let outcome):
      trace("worker \(number) ends: \(outcome)")
      check(
        outcome == .dismissed || scenario.mustRefuse || workers[number].isFaulty,
        "a sound worker is neither refused nor unable: \(outcome)")
      end(number)
      // Whoever sees that starts another.
      if workers[number].isFaulty { agenda.plan(.workerStart, at: now + 1_000_000_000) }
    }
  }

  private func plan(_ event: WorkerEvent, of number: Int, after time: UInt64) {
    agenda.plan(
      .workerResult(worker: number, work: workers[number].work, event), at: now + time)
  }

  private func compute(_ share: Share, _ kind: ShareKind, head: [UInt8], by number: Int) {
    let rows = share.samples.map { sample -> [Float] in
      let item = SampleVariant(sample: sample, variant: share.variant)
      guard let row = workers[number].given[item] ?? workers[number].features[item] else {
        fail("worker \(number) computes \(share.id) without the features of \(item)")
        return scenario.features(item)
      }
      return row
    }
    let work = SimulatedShare(
      share: share, kind: kind,
      parameters: decodeFloats(head, scenario.shape.parameterCount), features: rows)
    // One in a while finds its machine busy with something else.
    let most: UInt64 = !isCalm && numbers.below(16) == 0 ? 100_000_000 : 500_000
    let time = (50_000 + numbers.below(most)) * workers[number].slowness
    agenda.plan(
      .shareDone(worker: number, work: workers[number].work, work), at: now + time)
  }

  func finish(_ work: SimulatedShare, by number: Int) {
    let labels = work.share.samples.map(scenario.label)
    let count = UInt32(labels.count)
    do {
      let head = try Head(shape: scenario.shape, parameters: work.parameters)
      let result: ShareResult
      switch work.kind {
      case .step:
        let sum = try engine.gradientSum(head: head, features: work.features, labels: labels)
        workers[number].answers[work.share.id] = TensorFrame.bytes(sum.values)
        result = .gradient(count: count, correct: UInt32(sum.correct), lossSum: sum.lossSum)
      case .evaluation:
        let sum = try engine.evaluation(head: head, features: work.features, labels: labels)
        workers[number].answers[work.share.id] = TensorFrame.bytes(
          sum.confusion.counts.map { Int64($0) })
        result = .evaluation(count: count, correct: UInt32(sum.correct), lossSum: sum.lossSum)
      }
      deliver(.shareComputed(work.share.id, result), to: number)
    } catch {
      fail("\(work.share.id) can't be computed: \(error)")
    }
  }

  private func send(_ envelope: Envelope<WorkerMessage>, from number: Int) {
    var packet = Packet(control: envelope.encoded())
    switch envelope.message {
    case .features(let features):
      guard let row = workers[number].features[features.item] else {
        return fail("worker \(number) reports features of \(features.item) that it doesn't have")
      }
      packet.tensor = TensorFrame.bytes(row)
    case .gradientSum(let sum): packet.tensor = takeAnswer(sum.share, of: number)
    case .evaluation(let evaluation): packet.tensor = takeAnswer(evaluation.share, of: number)
    default: break
    }
    if lies(number, rarely: 4) { distort(&packet, envelope) }
    if let connection = workers[number].connection {
      send(packet, toCoordinatorOver: connection)
    } else if workers[number].outbox.count < 1_000 {
      workers[number].outbox.append(packet)
    }
  }

  private func takeAnswer(_ share: ShareID, of number: Int) -> [UInt8] {
    guard let answer = workers[number].answers.removeValue(forKey: share) else {
      fail("worker \(number) answers \(share) without having computed it")
      return []
    }
    return answer
  }
}
