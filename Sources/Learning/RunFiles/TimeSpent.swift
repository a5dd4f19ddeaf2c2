/// The time that the coordinators of a run have spent on it, by the lines of its log. Pauses between
/// two of them don't count.
public struct TimeSpent: Equatable, Sendable {
  /// By coordinators before the one whose lines come now.
  public private(set) var secondsBefore = 0.0
  /// Of the present one; nil before its first line and after its last.
  private var lines: Lines?

  public init() {}

  public mutating func take(_ line: ProgressLine) {
    switch line.event {
    case .resume:
      secondsBefore = seconds
      lines = nil
    case .start:
      secondsBefore = seconds
      lines = Lines(first: line.time, last: line.time)
    case .finished(let result):
      secondsBefore = result.seconds
      lines = nil
    default: lines?.last = line.time
    }
  }

  /// Until the newest line.
  public var seconds: Double { seconds(until: nil) }

  /// Until a time after that, where the run goes on.
  public func seconds(until time: Timestamp?) -> Double {
    guard let lines else { return secondsBefore }
    let end = max(lines.last, time ?? lines.last)
    let milliseconds = end.millisecondsSince1970 - lines.first.millisecondsSince1970
    return secondsBefore + Double(max(0, milliseconds)) / 1000
  }

  /// The first and the newest line of a coordinator.
  private struct Lines: Equatable {
    let first: Timestamp
    var last: Timestamp
  }
}

extension RunDirectory {
  /// On the run so far.
  public func timeSpent() throws(RunFilesError) -> TimeSpent {
    var reader = ProgressReader(path: progressPath)
    var spent = TimeSpent()
    for line in try reader.next() { spent.take(line) }
    return spent
  }
}
