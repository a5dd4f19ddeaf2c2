import RunFiles

/// Reads a run's progress log as it grows.
final class LogFollower {
  private var reader: ProgressReader
  private(set) var lines: [ProgressLine] = []

  init(path: String) { reader = ProgressReader(path: path) }

  func read() throws(ChaosError) {
    do throws(RunFilesError) {
      lines += try reader.next()
    } catch {
      throw ChaosError(error.description)
    }
  }

  /// Waits for a line, and returns it; one that is there already counts from this place on.
  func wait(
    from start: Int, secondsMax: Int, _ what: String, _ isIt: (ProgressLine) -> Bool
  ) throws(ChaosError) -> ProgressLine {
    var next = start
    for _ in 0..<secondsMax * 50 {
      try read()
      while next < lines.count {
        if isIt(lines[next]) { return lines[next] }
        next += 1
      }
      pause(milliseconds: 20)
    }
    throw ChaosError("no \(what) within \(secondsMax) s")
  }

  /// Waits until a step is done that ends a second from now or later.
  func waitForSteps() throws(ChaosError) {
    try read()
    let start = Timestamp.now
    _ = try wait(from: lines.count, secondsMax: 60, "steps") { line in
      line.isStep && line.time.seconds(since: start) >= 1
    }
  }

  /// The seconds between lines that tell of steps, from the last one before `start` on: the longest,
  /// and the sum of those that are longer than the lines' own interval. Lines come each tenth of a
  /// second at least, so both are known to that.
  func pauses(since start: Timestamp) -> (longest: Double, sum: Double) {
    let steps = lines.filter(\.isStep)
    let first = steps.lastIndex { $0.time <= start } ?? 0
    var longest = 0.0
    var sum = 0.0
    for (before, after) in zip(steps[first...], steps[first...].dropFirst()) {
      let gap = after.time.seconds(since: before.time)
      longest = max(longest, gap)
      // Twice the interval of the lines, so that a late line is no pause.
      if gap > 0.2 { sum += gap - 0.1 }
    }
    return (longest, sum)
  }
}

extension ProgressLine {
  var isStep: Bool { if case .step = event { true } else { false } }
}

extension Timestamp {
  func seconds(since other: Timestamp) -> Double {
    Double(millisecondsSince1970 - other.millisecondsSince1970) / 1e3
  }
}
