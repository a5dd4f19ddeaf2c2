import ClusterCore
import RunFiles

/// What other threads leave for the control thread.
enum CoordinatorLetter: Sendable {
  /// What somebody asked the object server for.
  case object(ObjectServer.Answer)
  /// A check has come to this.
  case checked(CoordinatorEvent)
  /// The object server can't read photographs at the moment; nil when it can again.
  case photographsUnreadable(reason: String?)
  case checkpointWritten(step: UInt64, path: String)
  case checkpointFailed(step: UInt64, reason: String)
  /// The run goes on from this checkpoint, or from the start; `problem` is why no other was read.
  case wentBack(Checkpoint?, problem: String?)
  /// Something that people should know, and what it sums up.
  case warning(String, findings: [String] = [])
}
