import ClusterCore
import Digest
import Monitoring
import RunFiles
import Testing
import Training

/// What the one fold over a run's events makes of them.
struct RunViewTests {
  private let head = ContentDigest.sha256([1])

  private func line(
    _ event: ProgressEvent, step: UInt64 = 0, epoch: Int = 0, seconds: Double = 0
  ) -> ProgressLine {
    ProgressLine(
      time: Timestamp(millisecondsSince1970: 1_000_000 + Int64(seconds * 1000)), step: step,
      epoch: epoch, event: event)
  }

  private func start(minWorkers: Int = 1) -> ProgressEvent {
    .start(
      RunStart(
        run: "x", listen: "127.0.0.1:5555", classes: ["a", "b"], trainingSamples: 40,
        validationSamples: 10, batchSize: 10, epochs: 3, steps: 12, seed: 1,
        inputs: RunInputs(manifest: head, backbone: head), minWorkers: minWorkers))
  }

  private func epoch(_ number: Int, accuracy: Double) -> ProgressLine {
    line(
      .epoch(
        EpochResult(
          samples: 40, skipped: 0,
          metrics: EpochMetrics(
            trainLoss: 1, trainAccuracy: 0.5, validationLoss: 1, validationAccuracy: accuracy),
          head: head)),
      step: UInt64(number * 4), epoch: number - 1, seconds: Double(number))
  }

  private func steps(_ range: ClosedRange<UInt64>, loss: Double) -> ProgressLine {
    line(
      .step(
        StepRange(
          first: range.lowerBound, last: range.upperBound, samples: 10 * range.count, skipped: 0,
          trainLoss: loss, imagesPerSecond: nil)),
      step: range.upperBound + 1, seconds: Double(range.upperBound))
  }

  private func view(_ lines: [ProgressLine]) -> RunView {
    var view = RunView(name: "x", phase: .notStarted)
    for line in lines { view.take(line) }
    return view
  }

  private var twoEpochs: [ProgressLine] {
    [
      line(start()), steps(0...3, loss: 1), epoch(1, accuracy: 0.6), steps(4...7, loss: 0.5),
      epoch(2, accuracy: 0.8), steps(8...8, loss: 0.4),
    ]
  }

  @Test func `epochs, losses and steps follow the log`() {
    let view = view(twoEpochs)
    #expect(view.phase == .running && view.step == 9 && view.stepsTotal == 12)
    #expect(view.epochs.map(\.number) == [1, 2] && view.best?.number == 2)
    #expect(view.stepLosses == [1, 0.5, 0.4])
    #expect(view.epochNumber == 3)
  }

  @Test func `who looks late and misses epochs knows which one goes on`() {
    let view = view([line(start()), epoch(2, accuracy: 0.8), steps(8...8, loss: 0.4)])
    #expect(view.epochs.count == 1 && view.epochNumber == 3)
  }

  @Test
  func `the newest checkpoints are known by the steps of their names, and a rollback ends some`() {
    func name(_ step: Int) -> String { "step-0000000\(step).safetensors" }
    var view = view(twoEpochs)
    // By the time that one is written the run has gone on.
    for step in 3...7 { view.take(line(.checkpoint(file: name(step)), step: UInt64(step + 1))) }
    #expect(view.checkpoints.map(\.step) == [5, 6, 7])
    #expect(view.checkpoints.last?.file == name(7))
    view.take(line(.rollback(fromStep: 6, reason: "x"), step: 6))
    #expect(view.checkpoints.map(\.step) == [5, 6])
    view.take(line(.checkpoint(file: name(6)), step: 6))
    #expect(view.checkpoints.map(\.step) == [5, 6])
    view.take(line(.checkpoint(file: "another"), step: 8))
    #expect(view.checkpoints.map(\.step) == [5, 6, 8])
  }

  @Test func `findings stand below the warning that sums them up, once for all coordinators`() {
    let found: [ProgressEvent] = [
      .warning("2 files are left out"), .finding("a is empty"), .finding("b is empty"),
      .warning("the classes differ"), .warning("1 photograph is a copy"), .finding("c = d"),
      .note("photographs of each class: a 20, b 30"), .features(kept: 10, needed: 50),
      .workerJoined(worker: "anna", threads: 2), .workerJoined(worker: "ben", threads: 4),
      .workerLost(worker: "anna", reason: "gone"), .workerJoined(worker: "anna", threads: 3),
    ]
    let lines = ([start()] + found + [.resume(fromStep: 0), start()] + found).map { line($0) }
    let view = view(lines)
    #expect(view.findings.map(\.summary) == ["2 files are left out", "1 photograph is a copy"])
    #expect(view.findings.map(\.items) == [["a is empty", "b is empty"], ["c = d"]])
    #expect(view.findings.map(\.count) == [2, 1])
    #expect(view.notes == ["photographs of each class: a 20, b 30"])
    #expect(view.stored?.kept == 10 && view.stored?.needed == 50)
    #expect(view.contributors.map(\.name) == ["anna", "ben"])
    #expect(view.contributors.map(\.threads) == [3, 4])
    #expect(view.newestLineAt == lines.last?.time)
  }

  @Test func `of many findings the first are kept and all are counted`() {
    let many = RunView.Findings.itemsMax + 5
    let lines = [line(.warning("many"))] + (0..<many).map { line(.finding("\($0)")) }
    let view = view(lines)
    #expect(view.findings.first?.count == many)
    #expect(view.findings.first?.items.count == RunView.Findings.itemsMax)
  }

  @Test(arguments: [true, false])
  func `going back takes back epochs and losses after the step, and nothing before`(
    isRollback: Bool
  ) {
    let event: (UInt64) -> ProgressEvent = {
      isRollback
        ? .rollback(fromStep: $0, reason: "a worker gave wrong answers") : .resume(fromStep: $0)
    }
    // Within the third epoch, at the very end of the second, and before that.
    for (step, epochs, losses) in [(9, 2, 3), (8, 2, 2), (7, 1, 1), (4, 1, 1), (0, 0, 0)] {
      let view = view(twoEpochs + [line(event(UInt64(step)), step: UInt64(step))])
      #expect(view.step == step)
      #expect(view.epochs.count == epochs, "back to \(step)")
      #expect(view.stepLosses.count == losses, "back to \(step)")
    }
  }

  @Test func `an epoch that is evaluated once more counts once`() {
    let again = twoEpochs + [line(.resume(fromStep: 8), step: 8), epoch(2, accuracy: 0.7)]
    #expect(view(again).epochs.map(\.validationAccuracy) == [0.6, 0.7])
  }

  @Test func `a coordinator that ends early says why, until the next begins`() {
    var view = view(twoEpochs + [line(.stopped("interrupted"), step: 9)])
    #expect(view.phase == .stopped("interrupted") && view.stopReason == "interrupted")
    view.take(line(.resume(fromStep: 8), step: 8))
    view.take(line(start(), step: 8))
    #expect(view.phase == .running && view.stopReason == nil && view.resumedFrom == 8)
  }

  @Test func `time between two coordinators doesn't count, and a finished run keeps its time`() {
    let result = RunResult(validationAccuracy: 0.8, head: head, seconds: 12)
    var lines = [
      line(start(), seconds: 0), line(.warning("w"), seconds: 5),
      line(.resume(fromStep: 0), seconds: 100), line(start(), seconds: 100),
      line(.warning("w"), seconds: 103),
    ]
    #expect(view(lines).elapsedSeconds == 8)
    #expect(view(lines).timeSpent.secondsBefore == 5)
    lines += [
      line(.finished(result), seconds: 107), line(.resume(fromStep: 12), seconds: 200),
      line(start(), seconds: 200),
    ]
    #expect(view(lines).elapsedSeconds == 12 && view(lines).result == nil)
    lines.append(line(.finished(result), seconds: 201))
    #expect(view(lines).elapsedSeconds == 12 && view(lines).phase == .finished)
  }

  private func status(_ workers: [WorkerStatus]) -> StatusReply {
    StatusReply(
      run: "x",
      progress: CoordinatorSummary(
        step: 3, stepsTotal: 12, epoch: 0, epochsTotal: 3, samples: 50, featuresKept: 50,
        featuresTotal: 50, undecodable: 0, workersServing: UInt32(workers.count)),
      trainLoss: 1, stepsPerSecond: 1, imagesPerSecond: 1, validationAccuracy: -1,
      validationBalancedAccuracy: -1, elapsedSeconds: 1, workers: workers)
  }

  private func worker(_ name: String, silentMilliseconds: UInt32) -> WorkerStatus {
    WorkerStatus(
      name: name, threads: 2, isServing: true, leases: 0, held: 0,
      silentMilliseconds: silentMilliseconds)
  }

  @Test func `who misses a heartbeat is silent, and comes first`() {
    var view = view([line(start())])
    view.take(
      status([
        worker("a", silentMilliseconds: 900), worker("b", silentMilliseconds: 1_600),
        worker("c", silentMilliseconds: 1_500),
      ]))
    #expect(view.workersByUrgency.map(\.name) == ["b", "a", "c"])
    #expect(view.workersByUrgency.map(\.condition) == ["silent", "serving", "serving"])
    #expect(view.workersByUrgency.map(\.silentSeconds) == [1.6, 0.9, 1.5])
    view.loseSightOfWorkers()
    #expect(view.workers.allSatisfy { $0.silentSeconds == nil && !$0.isSilent })
  }

  @Test func `who was lost stays in sight, with the time since, until it is back`() {
    var view = view(
      [line(start())]
        + ["a", "b"].map { line(.workerJoined(worker: $0, threads: 2)) }
        + [line(.workerLost(worker: "a", reason: "silent"), seconds: 10)])
    for _ in 0..<2 { view.take(status([worker("b", silentMilliseconds: 0)])) }
    view.tellTime(Timestamp(millisecondsSince1970: 1_000_000 + 17_900))
    #expect(view.workersByUrgency.map(\.name) == ["b", "a"])
    #expect(view.workers.last?.condition == "gone" && view.workers.last?.silentSeconds == 7)
    view.take(line(.workerJoined(worker: "a", threads: 3), seconds: 20))
    view.take(status(["b", "a"].map { worker($0, silentMilliseconds: 0) }))
    #expect(view.workers.map(\.name) == ["b", "a"] && !view.workers.contains(where: \.isGone))
  }

  @Test func `of many that were lost the latest are remembered`() {
    var view = view([line(start())])
    for number in 0..<100 {
      view.take(line(.workerJoined(worker: "\(number)", threads: 1)))
      view.take(line(.workerLost(worker: "\(number)", reason: "silent")))
    }
    view.take(status([]))
    #expect(view.workers.map(\.name) == (80..<100).map(String.init))
  }

  @Test func `workers that come back are listed once`() {
    let view = view([
      line(start()), line(.workerJoined(worker: "a", threads: 2)),
      line(.workerLost(worker: "a", reason: "silent")),
      line(.workerJoined(worker: "a", threads: 4)),
      line(.workerFaulty(worker: "b", id: 7, reason: "features")),
    ])
    #expect(view.workers == [RunView.Worker(name: "a", threads: 4, state: "serving")])
    #expect(view.warnings.count == 1 && view.warnings[0].contains("b"))
  }
}
