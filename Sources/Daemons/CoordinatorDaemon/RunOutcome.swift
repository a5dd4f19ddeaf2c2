import ClusterCore

/// How a coordinator ended.
public struct RunOutcome: Sendable, CustomStringConvertible {
  public var outcome: CoordinatorOutcome
  /// What to tell people, and what to do next.
  public var description: String
  /// Whether the progress log has everything. Where it hasn't, the run must be continued.
  public var isLogged = true
  /// The features of the photographs that the last epoch was validated with; those that were skipped
  /// have none. Nil where an earlier coordinator validated it.
  public var validationFeatures: [SampleIndex: [Float]]?
}
