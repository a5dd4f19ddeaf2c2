/// How long a transfer may take for nothing, and how far it may be sent.
public struct TransferLimits: Sendable {
  /// For name and connection, in seconds.
  public var connectSeconds = 20
  /// How long less than ``slowestBytesPerSecond`` may come.
  public var stallSeconds = 30
  /// Slower than any line that a person would wait for.
  public var slowestBytesPerSecond = 512
  /// How long a transfer may take in all; nil where a file may be of any size.
  public var secondsMax: Int?
  /// Servers need one or two; more are a circle. With 0 a file is where it is asked for, or nowhere.
  public var redirectsMax = 5

  public init() {}
}
