/// The workers whose features or sums are in a checkpoint, by the random numbers that they drew.
public struct CheckpointContributors: Hashable, Sendable {
  public var workers: Set<UInt64>
  /// Whether there were more than are named: then anybody may be one of them.
  public var isOverfull: Bool

  public static let none = CheckpointContributors([])

  public init(_ workers: some Sequence<UInt64>, isOverfull: Bool = false) {
    self.workers = Set(workers)
    self.isOverfull = isOverfull
  }

  /// Whether any of these contributed, or may have.
  public func mayContain(anyOf others: Set<UInt64>) -> Bool {
    !others.isEmpty && (isOverfull || !workers.isDisjoint(with: others))
  }

  /// 16 hexadecimal digits each, ascending, with spaces between them; "..." where there were more.
  var encoded: String {
    let names = workers.sorted().map(workerName)
    return (names + (isOverfull ? ["..."] : [])).joined(separator: " ")
  }

  init?(decoding text: String) {
    self.init([])
    for name in text.split(separator: " ") {
      if name == "..." {
        isOverfull = true
      } else if let worker = worker(named: name) {
        workers.insert(worker)
      } else {
        return nil
      }
    }
  }
}
