import ClusterCore
import RunFiles

/// What a coordinator tells of its run. All that happens to a run is a line of the progress log; the
/// rest says how far something has come, or belongs to no run, or is a secret.
public enum RunEvent: Sendable {
  /// Something that takes a while before workers are needed.
  case preparing(Preparation, done: Int, total: Int)
  /// A line of the progress log, once it is written.
  case logged(ProgressLine)
  /// Workers can join.
  case invitation(Invitation)
  /// The state of everything, several times a second.
  case status(StatusReply)
  /// Something is not as it should be, and the log can't say so: there is none yet, or it can't be
  /// written.
  case warning(String)

  public enum Preparation: Sendable, Equatable {
    /// Photographs are read and hashed.
    case manifest
    /// Photographs are decoded, to see whether they can be.
    case screening
    case backbone
    /// Photographs run through the backbone in float32, for the ranges of int8.
    case calibration
    /// Photographs run through the backbone in each way that they may become its input.
    case trial
    case probe
  }
}

/// Is told what happens, on the control thread: it must return at once.
public protocol RunObserver: Sendable {
  func observe(_ event: RunEvent)
}
