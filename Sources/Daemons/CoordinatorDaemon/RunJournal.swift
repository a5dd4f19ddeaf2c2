import ClusterCore
import ClusterShell
import DaemonSupport
import Digest
import Files
import Manifest
import Monitoring
import RunFiles
import Threading
import Training

/// Tells people and files what happens in a run: the progress log, the checkpoints, the observer.
struct RunJournal: ~Copyable {
  private let configuration: RunConfiguration
  private let classes: [String]
  private let observer: any RunObserver
  private let directory: RunDirectory
  private let checkpoints: CheckpointWriter
  /// Over the folder of checkpoints.
  private let watch = StorageWatch()
  /// When it was last told that a checkpoint failed, since the last that didn't.
  private var checkpointFailureToldAt: Instant?
  private static let failurePauseSeconds: UInt64 = 60
  private let startedAt = MonotonicClock.now()

  private var log: ProgressLog<LinuxFileSystem>
  /// Since when lines wait because they can't be written, and why; nil while all are.
  private var logFailure: (since: Instant, reason: String)?
  private var limiter = NoticeLimiter()
  /// Steps done and not yet told of.
  private var steps = StepGatherer(nanoseconds: MonotonicClock.now().nanoseconds)
  /// Steps complete, and the epoch under way.
  private var step: UInt64 = 0
  private var epoch = 0
  private var stepRate = Rate()
  private var imageRate = Rate()
  /// Of the epoch under way.
  private var totals: RunningTotals
  private var metrics: EpochMetrics?
  private var best: Checkpoint.BestEpoch?
  /// Of the test samples, once they are evaluated.
  private var test: Measurement?
  /// What the run had taken before this process began, and whether it was over by then.
  private let earlier: (seconds: Double, isOver: Bool)

  init(
    configuration: RunConfiguration, setup: CoordinatorSetup, directory: RunDirectory,
    continuation: RunClaim.Continuation?, invitation: Invitation,
    letters: Mailbox<CoordinatorLetter>, warnings: [String], observer: any RunObserver
  ) throws(CoordinatorError) {
    self.configuration = configuration
    self.directory = directory
    self.observer = observer
    classes = setup.manifest.classes
    checkpoints = CheckpointWriter(directory: directory, watch: watch, letters: letters)
    totals = RunningTotals()
    earlier = (continuation?.secondsSpent ?? 0, continuation?.isOver ?? false)
    do throws(RunFilesError) {
      log = try ProgressLog(path: directory.progressPath)
    } catch {
      throw CoordinatorError(error)
    }
    goOn(from: continuation?.checkpoint)
    if continuation != nil { write(.resume(fromStep: step)) }
    write(
      .start(
        RunStart(
          run: directory.name, listen: invitation.listen, classes: classes,
          trainingSamples: setup.plan.training.count,
          validationSamples: setup.plan.validation.count,
          testSamples: setup.plan.test.count, batchSize: setup.plan.batchSize,
          epochs: setup.plan.epochs, steps: setup.length.stepCount, seed: setup.plan.seed,
          inputs: setup.inputs, predecessor: configuration.predecessor,
          kernels: setup.backbone.instructionSet.rawValue, minWorkers: configuration.minWorkers,
          unmeasured: setup.unmeasured)))
    observer.observe(.invitation(invitation))
    for text in warnings { warn(text) }
    for text in setup.notes { write(.note(text)) }
    for summary in setup.warnings { warn(summary) }
    for reason in continuation?.skipped ?? [] { warn("a checkpoint was passed over: \(reason)") }
  }

  /// Takes over where a checkpoint, or the start, left the run.
  private mutating func goOn(from checkpoint: Checkpoint?) {
    totals = checkpoint?.state.totals ?? RunningTotals()
    metrics = checkpoint?.metrics
    best = checkpoint?.best
    test = nil
    step = checkpoint?.state.step ?? 0
    epoch = checkpoint?.epoch ?? 0
  }

  /// What the store has of the features that the run needs.
  mutating func noteKeptFeatures(_ kept: Int, of needed: Int) {
    write(.features(kept: kept, needed: needed))
  }

  // MARK: Back

  /// Ends in the letter `wentBack`.
  mutating func goBack(
    withoutAnyOf faultyWorkers: Set<WorkerID>, isUsable: @escaping @Sendable (Checkpoint) -> Bool
  ) {
    tellSteps()
    checkpoints.goBack(withoutAnyOf: Set(faultyWorkers.map(\.number)), isUsable: isUsable)
  }

  mutating func noteRollback(to checkpoint: Checkpoint?) {
    goOn(from: checkpoint)
    steps = StepGatherer(nanoseconds: MonotonicClock.now().nanoseconds)
    write(.rollback(fromStep: step, reason: "a worker gave wrong answers"))
  }

  // MARK: Steps and epochs

  mutating func countImage() { imageRate.count() }

  mutating func noteStep(_ report: StepReport, _ counted: RunningTotals) {
    stepRate.count()
    totals += counted
    step = report.step + 1
    epoch = Int(report.epoch)
    if let range = steps.add(
      step: report.step, counted, nanoseconds: MonotonicClock.now().nanoseconds)
    {
      write(.step(range))
    }
  }

  private mutating func tellSteps() {
    if let range = steps.flush(nanoseconds: MonotonicClock.now().nanoseconds) {
      write(.step(range))
    }
  }

  mutating func noteEpoch(_ report: EpochReport, _ result: EpochResult) {
    tellSteps()
    totals = RunningTotals()
    metrics = result.metrics
    epoch = Int(report.epoch)
    if report.isBest {
      best = Checkpoint.BestEpoch(
        epoch: epoch, correct: Int(report.validationCorrect), step: report.step)
    }
    write(.epoch(result))
    epoch += 1
  }

  mutating func noteTest(_ measurement: Measurement) { test = measurement }

  // MARK: Checkpoints

  mutating func writeCheckpoint(
    _ request: CheckpointRequest, _ state: TrainerState, _ openAudits: [OpenFeatureAudit]
  ) {
    tellSteps()
    checkpoints.write(
      Checkpoint(
        configuration: configuration, classes: classes, epoch: Int(request.position.epoch),
        state: state, best: best, metrics: metrics,
        contributors: CheckpointContributors(request.contributors), openAudits: openAudits))
  }

  mutating func noteCheckpoint(step: UInt64, path: String) {
    checkpointFailureToldAt = nil
    write(.checkpoint(file: String(PathNames.last(of: path))))
  }

  // MARK: Notices

  mutating func warn(_ text: String) { write(.warning(text)) }

  /// A sentence for people; the log has every finding as well.
  private mutating func warn(_ summary: Finding.Summary) {
    warn(summary.text, findings: summary.findings.map(\.description))
  }

  mutating func warn(_ text: String, findings: [String]) {
    warn(text)
    for finding in findings { write(.finding(finding)) }
  }

  /// Tells of an event, to the log and then to whoever observes. A log that can't be written is told
  /// of at once, and ends the run after a while.
  private mutating func write(_ event: ProgressEvent) {
    let line = ProgressLine(time: .now, step: step, epoch: epoch, event: event)
    defer { observer.observe(.logged(line)) }
    do throws(RunFilesError) {
      try log.append(line)
      logFailure = nil
    } catch {
      if logFailure == nil {
        logFailure = (MonotonicClock.now(), error.description)
        observer.observe(
          .warning(
            "\(error); if that lasts for \(RunJournal.logPatienceSeconds) s, the run stops"))
      }
    }
  }

  private mutating func synchronizeLog() {
    do throws(RunFilesError) {
      try ProgressLog.synchronize(directory.progressPath)
    } catch {
      if logFailure == nil { logFailure = (MonotonicClock.now(), error.description) }
    }
  }

  /// A full disk may be given room meanwhile; what isn't written waits in memory.
  private static let logPatienceSeconds: UInt64 = 10

  /// Whether the log hasn't been written for so long that the run must stop: it accounts for what the
  /// run's result is made of.
  func hasLostLog(at now: Instant) -> Bool {
    guard let since = logFailure?.since else { return false }
    return now.nanoseconds(since: since) > RunJournal.logPatienceSeconds * 1_000_000_000
  }

  mutating func note(_ notice: CoordinatorNotice, _ photographs: PhotographFiles) {
    switch notice {
    case .workerJoined, .workerLost, .workerRefused:
      let (isTold, summary) = limiter.admit(at: MonotonicClock.now())
      if let summary { warn(summary) }
      guard isTold else { return }
    default: break
    }
    switch notice {
    case .workerJoined(_, let name, let threads):
      write(.workerJoined(worker: name, threads: Int(threads)))
    case .workerLost(_, let name, let reason):
      write(.workerLost(worker: name, reason: reason))
    case .workerStalled(_, let name, let nanoseconds, let isAlone):
      warn(
        "worker \(name) is there but has given nothing for \(nanoseconds / 1_000_000_000) s; "
          + (isAlone
            ? "the run waits for it: look at that machine, or start another worker"
            : "others do its work; if this goes on, end it"))
    case .workerRefused(_, _, let reason):
      warn("a worker was refused: \(reason)")
    case .workerFaulty(let worker, let name, let reason):
      write(.workerFaulty(worker: name, id: worker.number, reason: reason))
    case .auditFailed(let item, let reason):
      warn("the features of \(photographs.path(item.sample)) could not be audited: \(reason)")
    case .sampleSkipped(let sample, let reason):
      warn("\(photographs.path(sample)) is skipped: \(reason)")
    case .samplesLeftOut(let samples, let isEvaluation):
      for start in stride(from: 0, to: samples.count, by: SkippedSamples.samplesMax) {
        let part = samples[start..<min(start + SkippedSamples.samplesMax, samples.count)]
        write(
          .skipped(
            SkippedSamples(
              fromStep: step, isEvaluation: isEvaluation, samples: Array(part))))
      }
    case .shortage(let reason):
      warn(
        "photographs can't be read at the moment: \(reason); trying again for up to "
          + "\(Limits.shortageNanosecondsMax / 1_000_000_000) s")
    case .shortageOver:
      warn("photographs can be read again")
    case .waitingForWorkers(let serving, let needed):
      warn(
        serving == 0
          ? "waiting for workers: all that were here are gone"
          : "waiting for workers: \(serving) of the \(needed) that --min-workers asks for "
            + (serving == 1 ? "is here" : "are here"))
    case .checkpointFailed(let step, let reason):
      // Each epoch would say so.
      let now = MonotonicClock.now()
      let pause = Self.failurePauseSeconds * 1_000_000_000
      guard checkpointFailureToldAt.map({ now.nanoseconds(since: $0) > pause }) ?? true else {
        return
      }
      checkpointFailureToldAt = now
      warn("the checkpoint of step \(step) failed and will be tried again: \(reason)")
    case .lastCheckpointFailed(let reason):
      warn(
        "the run's last checkpoint can't be written: \(reason); \(remedy): it is tried again for up to "
          + "\(Limits.lastCheckpointPatienceNanoseconds / 1_000_000_000) s")
    }
  }

  /// Whether somebody has removed the run's files, which were made when it began: no room helps then.
  private var isGone: Bool { byteCount(ofFile: directory.progressPath) == nil }

  /// Against a checkpoint that can't be written, as an order.
  private var remedy: String {
    isGone
      ? "files of \(directory.path) are gone: put them back where there is a copy"
      : "make room in \(directory.checkpointsPath)"
  }

  // MARK: Status and end

  /// Called with every tick.
  mutating func tick(at now: Instant, _ summary: CoordinatorSummary, _ workers: [WorkerStatus]) {
    stepRate.update(at: now)
    imageRate.update(at: now)
    tellSteps()
    switch watch.news(at: now) {
    case .stuck(let path):
      warn(
        "\(path) hasn't answered for \(StorageWatch.patienceSeconds) s: look at its disk or network "
          + "drive")
    case .answers: warn("checkpoints can be written again")
    case nil: break
    }
    observer.observe(.status(status(summary, workers)))
  }

  func status(_ summary: CoordinatorSummary, _ workers: [WorkerStatus]) -> StatusReply {
    StatusReply(
      run: configuration.run, progress: summary, trainLoss: totals.meanLoss ?? 0,
      stepsPerSecond: stepRate.perSecond, imagesPerSecond: imageRate.perSecond,
      validationAccuracy: metrics?.validationAccuracy ?? -1,
      validationBalancedAccuracy: metrics?.validationBalancedAccuracy ?? -1,
      elapsedSeconds: elapsedSeconds, workers: workers)
  }

  private var elapsedSeconds: Double {
    Double(MonotonicClock.now().nanoseconds(since: startedAt)) / 1e9
  }

  /// Tells how it ended, after everything that had to be written is written.
  mutating func end(_ outcome: CoordinatorOutcome, _ learner: Learner) -> RunOutcome {
    tellSteps()
    checkpoints.stop()
    let description: String
    switch outcome {
    case .completed:
      let result = RunResult(
        validationAccuracy: metrics?.validationAccuracy,
        validationBalancedAccuracy: metrics?.validationBalancedAccuracy, test: test,
        head: learner.head.digest,
        seconds: earlier.seconds + (earlier.isOver ? 0 : elapsedSeconds))
      write(.finished(result))
      synchronizeLog()
      description = "run '\(configuration.run)' is done"
    case .interrupted:
      description =
        "run '\(configuration.run)' was interrupted at step \(learner.step); continue it with "
        + "--resume"
    case .shortage(let reason):
      description =
        "run '\(configuration.run)' stopped at step \(learner.step), because photographs could not "
        + "be read: \(reason); mend that, then continue it with --resume"
    case .tooManyUndecodable(let count):
      description =
        "\(count == 1 ? "1 photograph has" : "\(count) photographs have") gone or changed since the run began, more than "
        + "--undecodable-max allows; put them back and resume, or start a new run on what there is"

    case .diverged(let step, let reason):
      description =
        "training diverged at step \(step) with learning rate \(learner.learningRate): \(reason); "
        + "start again with a lower --learning-rate"
    case .checkpointFailed(let reason):
      description =
        "the last checkpoint could not be written: \(reason); \(remedy), then continue the run with "
        + "--resume: it goes on from its newest checkpoint"
    }
    if case .completed = outcome {} else { write(.stopped(description)) }
    guard let reason = logFailure?.reason else {
      return RunOutcome(outcome: outcome, description: description)
    }
    return RunOutcome(
      outcome: outcome,
      description: "\(description); but \(reason): "
        + (isGone
          ? "files of the run are gone; without a copy of them, start anew"
          : "mend that, then continue the run with --resume"),
      isLogged: false)
  }
}
