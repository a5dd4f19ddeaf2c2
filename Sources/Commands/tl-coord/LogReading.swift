import ClusterCore
import CommandLine
import Options
import RunFiles

/// A run as its progress log tells it, and on as the log grows.
struct LogReading {
  let directory: RunDirectory
  private(set) var view: RunView
  /// Where its coordinator listens, or listened last.
  private(set) var address: HostPort?
  private var reader: ProgressReader
  /// The step at the end of each epoch in `view.epochs`, by which a resume makes it void.
  private var epochSteps: [UInt64] = []
  private var isFinished = false
  /// When this coordinator's part of the log begins and when it was written last.
  private var firstTime: Timestamp?
  private var lastTime: Timestamp?
  /// The newest steps and their times, for the speed.
  private var recentSteps: [(time: Timestamp, step: Int)] = []

  /// Enough for an average over a few seconds.
  private static let recentStepsMax = 30

  init(_ directory: RunDirectory) {
    self.directory = directory
    view = RunView(name: directory.name, phase: .notStarted)
    reader = ProgressReader(path: directory.progressPath)
  }

  /// Takes in what was written since the last call.
  mutating func update() throws(RunFilesError) {
    for line in try reader.next() { apply(line) }
    let isInUse = directory.isInUse
    if isFinished {
      view.phase = .finished
    } else if lastTime == nil {
      view.phase = isInUse ? .preparing("starting") : .notStarted
    } else if isInUse {
      view.phase = .running
    } else {
      let folder = directory.root == "runs" ? "" : " --runs \(directory.root)"
      view.phase = .stopped("go on with 'tl-coord start\(folder) --run \(view.name) --resume'")
    }
    if let firstTime, let lastTime {
      let end = isFinished || !isInUse ? lastTime : max(lastTime, .now)
      view.elapsedSeconds = seconds(from: firstTime, to: end)
    }
    if !isInUse { view.workers = [] }
  }

  /// Takes over what only the coordinator itself knows.
  mutating func add(_ status: StatusReply) { view.take(status) }

  private mutating func apply(_ line: ProgressLine) {
    lastTime = line.time
    switch line.event {
    case .start(let start):
      firstTime = line.time
      address = HostPort(start.listen)
      view.epochsTotal = start.epochs
      view.stepsTotal = Int(clamping: start.steps)
      view.workers = []
      recentSteps = []
    case .workerJoined(let worker, let threads):
      view.workers.removeAll { $0.name == worker }
      view.workers.append(RunView.Worker(name: worker, threads: threads, state: "serving"))
    case .workerLost(let worker, _):
      for index in view.workers.indices where view.workers[index].name == worker {
        view.workers[index].state = "gone"
      }
    case .workerFaulty(let worker, let id, let reason):
      view.add(warning: printable(faultDescription(worker: worker, id: id, reason: reason)))
    case .step(let range):
      view.step = Int(clamping: range.last) + 1
      if let loss = range.trainLoss { view.add(stepLoss: loss) }
      noteSpeed(line.time)
    case .epoch(let result):
      // A run that goes on from before an evaluation comes to it once more.
      while let last = view.epochs.last, last.number > line.epoch {
        view.epochs.removeLast()
        epochSteps.removeLast()
      }
      view.epochs.append(RunView.Epoch(result, epoch: line.epoch))
      epochSteps.append(line.step)
      view.headDigest = "\(result.head)"
    case .resume(let step), .rollback(let step, _):
      isFinished = false
      view.step = Int(clamping: step)
      while let last = epochSteps.last, last > step {
        epochSteps.removeLast()
        view.epochs.removeLast()
      }
    case .warning(let text): view.add(warning: printable(text))
    case .finished(let result):
      isFinished = true
      view.headDigest = "\(result.head)"
    case .checkpoint, .note, .unknown: break
    }
  }

  private mutating func noteSpeed(_ time: Timestamp) {
    recentSteps.append((time, view.step))
    if recentSteps.count > LogReading.recentStepsMax { recentSteps.removeFirst() }
    guard let first = recentSteps.first else { return }
    let elapsed = seconds(from: first.time, to: time)
    view.stepsPerSecond = elapsed > 0 ? Double(view.step - first.step) / elapsed : nil
  }

  private func seconds(from first: Timestamp, to last: Timestamp) -> Double {
    Double(max(0, last.millisecondsSince1970 - first.millisecondsSince1970)) / 1000
  }
}
