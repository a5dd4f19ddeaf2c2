/// What a server has done since it began.
public struct HTTPCounts: Sendable {
  /// Requests answered, by their status.
  public private(set) var answered: [Int: Int] = [:]
  /// Requests whose client went, or was hung up on, before the answer was sent.
  public private(set) var brokenOff = 0
  /// Of requests with a body that a handler got: from the end of the head to the end of the answer.
  public private(set) var handlerSeconds = Histogram()
  /// Requests that are being read, worked on or answered.
  public internal(set) var open = 0
  /// Of all bodies that are here.
  public internal(set) var bodyBytes = 0

  public init() {}

  mutating func note(status: Int?, handlerSeconds seconds: Double?) {
    guard let status else {
      brokenOff += 1
      return
    }
    answered[status, default: 0] += 1
    if let seconds { handlerSeconds.add(seconds) }
  }
}

/// How many values there were up to each of some bounds.
public struct Histogram: Equatable, Sendable {
  /// Seconds; those that Prometheus' own clients begin with.
  public static let bounds = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  /// Values up to each bound and above the one before it; the last is of those above all.
  public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  public private(set) var sum = 0.0

  public init() {}

  public var count: Int { counts.reduce(0, +) }

  public mutating func add(_ value: Double) {
    counts[Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count] += 1
    sum += value
  }
}
