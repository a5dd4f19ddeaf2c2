/// How long a transfer may take for nothing, and how far it may be sent.
public struct TransferLimits: Sendable {
  /// For name and connection, in seconds.
  public var connectSeconds = 20
  /// How long less than ``slowestBytesPerSecond`` may come.
  public var stallSeconds = 30
  /// Slower than any line that a person would wait for.
  public var slowestBytesPerSecond = 512
  /// Servers need one or two; more are a circle.
  public var redirectsMax = 5

  public init() {}
}
