/// A run as people look at it: what `start` draws while it works and `monitor` from elsewhere.
/// Plain values, filled from the daemon, from a progress log or from a status reply.
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

    public init(
      number: Int, trainLoss: Double, trainAccuracy: Double, validationLoss: Double,
      validationAccuracy: Double
    ) {
      self.number = number
      self.trainLoss = trainLoss
      self.trainAccuracy = trainAccuracy
      self.validationLoss = validationLoss
      self.validationAccuracy = validationAccuracy
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

    public init(name: String, threads: Int, state: String, leases: Int? = nil, held: Int? = nil) {
      self.name = name
      self.threads = threads
      self.state = state
      self.leases = leases
      self.held = held
    }
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
  /// Mean losses of the latest steps, the newest last.
  public var stepLosses: [Double] = []
  /// The finished epochs, in order.
  public var epochs: [Epoch] = []
  public var workers: [Worker] = []
  /// Samples left out because they can't be decoded.
  public var skipped = 0
  public var elapsedSeconds: Double?
  public var headDigest: String?
  /// The newest last.
  public var warnings: [String] = []

  /// More losses than a screen has dots; older ones are dropped.
  public static let stepLossesMax = 4096
  public static let warningsMax = 100

  public init(name: String, phase: Phase) {
    self.name = name
    self.phase = phase
  }

  public mutating func add(stepLoss: Double) {
    stepLosses.append(stepLoss)
    if stepLosses.count > RunView.stepLossesMax { stepLosses.removeFirst() }
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

  /// What is left at the present speed, in seconds; nil where no speed is known.
  public var secondsRemaining: Double? {
    guard case .running = phase, stepsTotal > 0 else { return nil }
    let features = max(0, featuresTotal - featuresKept)
    if features > 0 {
      // Steps wait for features, which take nearly all the time; the steps' own speed is unknown
      // until then.
      guard let speed = imagesPerSecond, speed > 0 else { return nil }
      return Double(features) / speed
    }
    guard let speed = stepsPerSecond, speed > 0 else { return nil }
    return Double(max(0, stepsTotal - step)) / speed
  }

  /// The epoch under way, from 1.
  public var epochNumber: Int { min(epochs.count + 1, max(epochsTotal, 1)) }
}
