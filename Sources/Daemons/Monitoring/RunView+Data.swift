import RunFiles

/// What became known of a run's photographs, and what its work consisted of.
extension RunView {
  /// The things that a warning sums up.
  public struct Findings: Sendable, Equatable {
    /// The warning.
    public var summary: String
    /// The first of them, at most ``itemsMax``.
    public var items: [String]
    /// All of them.
    public var count: Int

    /// More than anybody reads.
    public static let itemsMax = 1_000
  }

  /// Features that earlier runs had kept, and all that the run needs.
  public struct StoredFeatures: Sendable, Equatable {
    public var kept: Int
    public var needed: Int
  }

  /// A worker that took part, by its last stay.
  public struct Contributor: Sendable, Equatable {
    public var name: String
    public var threads: Int
  }

  /// A checkpoint, from which the run can go on.
  public struct Checkpoint: Sendable, Equatable {
    /// The name of its file.
    public var file: String
    /// Steps complete.
    public var step: Int
    public var writtenAt: Timestamp

    /// By the time it is written more steps may be complete: its name has its own.
    init(file: String, _ line: ProgressLine) {
      self.file = file
      let digits = file.drop { !$0.isNumber }.prefix { $0.isNumber }
      step = Int(digits) ?? Int(clamping: line.step)
      writtenAt = line.time
    }
  }

  static let contributorsMax = 10_000
  /// As many as a run keeps, beside the best.
  static let checkpointsMax = 3

  /// A log has the things that a warning sums up right behind it.
  mutating func add(finding: String) {
    guard let summary = warnings.last else { return }
    if findings.last?.summary != summary {
      findings.append(Findings(summary: summary, items: [], count: 0))
    }
    let place = findings.count - 1
    findings[place].count += 1
    if findings[place].items.count < Findings.itemsMax { findings[place].items.append(finding) }
  }

  mutating func add(_ checkpoint: Checkpoint) {
    checkpoints.removeAll { $0.step >= checkpoint.step }
    checkpoints.append(checkpoint)
    if checkpoints.count > Self.checkpointsMax { checkpoints.removeFirst() }
  }

  mutating func add(_ contributor: Contributor) {
    if let place = contributors.firstIndex(where: { $0.name == contributor.name }) {
      contributors[place] = contributor
    } else if contributors.count < Self.contributorsMax {
      contributors.append(contributor)
    }
  }
}
