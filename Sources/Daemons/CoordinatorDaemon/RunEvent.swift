import ClusterCore
import RunFiles
import ZeroMQ

/// What a running coordinator tells the command that started it, for people.
public enum RunEvent: Sendable {
  /// Something that takes a while before workers are needed.
  case preparing(Preparation, done: Int, total: Int)
  /// The run begins or continues.
  case started(Start)
  /// Workers can join here.
  case listening(Endpoint)
  case workerJoined(name: String, threads: Int)
  case workerLost(name: String, reason: String)
  /// Some steps of an epoch, counted from 0, were done.
  case steps(StepRange, epoch: Int)
  /// An epoch, counted from 0, is over.
  case epoch(EpochResult, epoch: Int, isBest: Bool)
  case checkpoint(path: String, step: UInt64)
  /// The run returned to a step, in an epoch counted from 0, because a worker had lied.
  case rolledBack(toStep: UInt64, epoch: Int)
  /// Something is not as it should be, and the run goes on.
  case warning(String)
  /// What the coordinator took for granted about its input.
  case note(String)
  /// The state of everything, several times a second.
  case status(StatusReply)
  /// The run has its result; accuracies are from 0 to 1, epochs from 0.
  case finished(RunResult, bestEpoch: Int, bestValidationAccuracy: Double?)

  public enum Preparation: Sendable, Equatable {
    /// Photographs are read and hashed.
    case manifest
    case backbone
    /// Photographs run through the backbone in float32, for the ranges of int8.
    case calibration
    case probe
  }

  public struct Start: Sendable {
    public var run: String
    public var classes: [String]
    public var trainingCount: Int
    public var validationCount: Int
    public var epochs: Int
    public var stepsTotal: UInt64
    /// Of the backbone.
    public var instructionSet: String
    /// The step that a resumed run continues from.
    public var resumedFrom: UInt64?
  }
}

/// Is told what happens, on the control thread: it must return at once.
public protocol RunObserver: Sendable {
  func observe(_ event: RunEvent)
}

/// How a coordinator ended.
public struct RunOutcome: Sendable, CustomStringConvertible {
  public var outcome: CoordinatorOutcome
  /// What to tell people, and what to do next.
  public var description: String
}
