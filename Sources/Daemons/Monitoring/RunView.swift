import RunFiles

/// A run as people look at it: what `start` draws while it works, `monitor` from elsewhere, and
/// whatever else shows runs. A plain value that takes in, one after the other, the events of a
/// coordinator or the lines of a progress log.
public struct RunView: Sendable, Equatable {
  public enum Phase: Sendable, Equatable {
    /// Nothing of the run is known yet.
    case notStarted
    /// Reading photographs or the backbone; says which.
    case preparing(String)
    /// No worker serves.
    case waitingForWorkers
    case running
    case finished
    /// Ended before its end; says why.
    case stopped(String)
    /// The log's last line is older than a living coordinator would leave it.
    case silent
  }

  /// What an epoch came to.
  public struct Epoch: Sendable, Equatable {
    /// From 1, as people count.
    public var number: Int
    public var trainLoss: Double
    /// Shares from 0 to 1.
    public var trainAccuracy: Double
    public var validationLoss: Double
    public var validationAccuracy: Double
    /// The mean of the classes' recalls.
    public var validationBalancedAccuracy: Double
    /// Steps complete at its end.
    public var step: Int

    public init(
      number: Int, step: Int, trainLoss: Double, trainAccuracy: Double, validationLoss: Double,
      validationAccuracy: Double, validationBalancedAccuracy: Double = .nan
    ) {
      self.number = number
      self.step = step
      self.trainLoss = trainLoss
      self.trainAccuracy = trainAccuracy
      self.validationLoss = validationLoss
      self.validationAccuracy = validationAccuracy
      self.validationBalancedAccuracy = validationBalancedAccuracy
    }
  }

  /// A worker of the run.
  public struct Worker: Sendable, Equatable {
    public var name: String
    public var threads: Int
    /// Serving, probing, lost.
    public var state: String
    /// Forward passes it has been given; nil where only the coordinator could tell.
    public var leases: Int?
    /// Features it holds.
    public var held: Int?
    /// Since the coordinator last heard of it, or since it was lost; nil where nobody can tell.
    public var silentSeconds: Double?
    /// When the log says that it was lost.
    var lostAt: Timestamp?

    public init(
      name: String, threads: Int, state: String, leases: Int? = nil, held: Int? = nil,
      silentSeconds: Double? = nil
    ) {
      self.name = name
      self.threads = threads
      self.state = state
      self.leases = leases
      self.held = held
      self.silentSeconds = silentSeconds
    }
  }

  /// The mean loss of some steps, and the steps complete after them.
  public struct StepLoss: Sendable, Equatable {
    public var step: Int
    public var loss: Double
    /// How many losses it is the mean of.
    var count = 1

    /// Of both.
    mutating func add(_ other: StepLoss) {
      loss += (other.loss - loss) * Double(other.count) / Double(count + other.count)
      count += other.count
      step = other.step
    }
  }

  /// When so many steps were complete.
  struct StepTime: Sendable, Equatable {
    var step: Int
    var time: Timestamp
  }

  public var name: String
  public var phase: Phase
  /// Steps done and to be done in all.
  public var step = 0
  public var stepsTotal = 0
  public var epochsTotal = 0
  /// Features computed and to be computed; a total of 0 means unknown.
  public var featuresKept = 0
  public var featuresTotal = 0
  /// Progress of what `preparing` names, from 0 to 1; nil where unknown.
  public var preparedShare: Double?
  public var imagesPerSecond: Double?
  public var stepsPerSecond: Double?
  /// Mean losses of steps, each with the steps complete after them, the newest last: of all steps so far,
  /// as many of them together as it takes for `stepLossesMax`.
  public private(set) var losses: [StepLoss] = []
  /// What was told last of the training loss; nil before the first step.
  public private(set) var newestLoss: Double?
  /// How many of those that were told each of `losses` stands for; of the newest maybe fewer.
  private var lossesTogether = 1
  /// The finished epochs, in order.
  public var epochs: [Epoch] = []
  public var workers: [Worker] = []
  /// Samples that the run does without: they went, changed or turned out undecodable while it was under way.
  public var skipped = 0
  /// Those that the log names, since it began or was taken back.
  var skippedSamples: Set<UInt32> = []
  public var elapsedSeconds: Double?
  /// Of the newest line of the log; nil before the first.
  public internal(set) var newestLineAt: Timestamp?
  public var headDigest: String?
  /// What the present coordinator said as it began.
  public internal(set) var start: RunStart?
  /// The step from which it continued the run; nil where it began it.
  public internal(set) var resumedFrom: Int?
  /// What the run came to; nil while it isn't over.
  public internal(set) var result: RunResult?
  /// Why the newest coordinator ended before the run did, as it said itself.
  public internal(set) var stopReason: String?
  public internal(set) var timeSpent = TimeSpent()
  /// The newest last.
  public var warnings: [String] = []
  /// What was taken for granted about photographs and backbone.
  public internal(set) var notes: [String] = []
  /// What warnings sum up, such as the photographs that are left out.
  public internal(set) var findings: [Findings] = []
  /// Of the features that the run needs, how many earlier runs had kept; nil where it isn't known.
  public internal(set) var stored: StoredFeatures?
  /// All workers that ever joined, once each, in the order of their coming.
  public internal(set) var contributors: [Contributor] = []

  /// The newest checkpoints that are durable, the newest last.
  public internal(set) var checkpoints: [Checkpoint] = []

  /// The newest steps and their times, for the speed.
  var recentSteps: [StepTime] = []

  /// More losses than a screen has dots, and even: then two by two become one.
  public static let stepLossesMax = 4096
  public static let warningsMax = 100

  public init(name: String, phase: Phase) {
    self.name = name
    self.phase = phase
  }

  /// Mean losses of all steps so far, the newest last.
  public var stepLosses: [Double] { losses.map(\.loss) }

  /// - Parameter step: steps complete.
  public mutating func add(stepLoss loss: Double, step: Int) {
    newestLoss = loss
    let new = StepLoss(step: step, loss: loss)
    if let last = losses.last, last.count < lossesTogether {
      losses[losses.count - 1].add(new)
      return
    }
    if losses.count == RunView.stepLossesMax {
      losses = stride(from: 0, to: losses.count, by: 2).map { place in
        var both = losses[place]
        both.add(losses[place + 1])
        return both
      }
      lossesTogether *= 2
    }
    losses.append(new)
  }

  /// Takes back what came after a step, which the run takes anew.
  mutating func goBack(to step: Int) {
    self.step = step
    epochs.removeAll { $0.step > step }
    losses.removeAll { $0.step > step }
    newestLoss = losses.last?.loss
    checkpoints.removeAll { $0.step > step }
    result = nil
    skippedSamples = []
    skipped = 0
  }

  public mutating func add(warning: String) {
    warnings.append(warning)
    if warnings.count > RunView.warningsMax { warnings.removeFirst() }
  }

  /// The epoch whose validation accuracy is highest, the earliest on ties.
  public var best: Epoch? {
    epochs.reduce(nil) { best, epoch in
      guard let best, best.validationAccuracy >= epoch.validationAccuracy else { return epoch }
      return best
    }
  }

  /// Forward passes a second, while there are any.
  public var imageRate: Double? { phase == .running ? imagesPerSecond : nil }

  /// Steps a second, while there are any.
  public var stepRate: Double? { phase == .running ? stepsPerSecond : nil }

  /// Photographs, with their variants, that have their features, and all that need them; nil where only
  /// a coordinator that is gone could tell.
  public var photographsDone: (done: Int, total: Int)? {
    if featuresTotal > 0 { return (featuresKept, featuresTotal) }
    guard result != nil, let stored else { return nil }
    return (stored.needed, stored.needed)
  }

  /// What is left at the present speed, in seconds; nil where no speed is known, or where it is that of
  /// something that stands still.
  public var secondsRemaining: Double? {
    guard case .running = phase, stepsTotal > 0 else { return nil }
    let features = max(0, featuresTotal - featuresKept)
    // Steps wait for features, which take nearly all the time; the steps' own speed is unknown until
    // then.
    let (left, speed) =
      features > 0 ? (features, imagesPerSecond) : (max(0, stepsTotal - step), stepsPerSecond)
    guard let speed, speed > Self.speedMin else { return nil }
    let seconds = Double(left) / speed
    return seconds < Self.secondsRemainingMax ? seconds : nil
  }

  /// One in a minute: what is slower stands still, and its average goes down to nothing.
  private static let speedMin = 1.0 / 60

  /// 11 days: what is shown as a time has no more.
  private static let secondsRemainingMax = 1e6

  /// The epoch under way, from 1.
  public var epochNumber: Int { min((epochs.last?.number ?? 0) + 1, max(epochsTotal, 1)) }
}
