/// The workers whose features or sums are in the state of a run: what it must be freed of where one of
/// them turns out to have lied.
public struct Contributors: Equatable, Sendable {
  public private(set) var workers: Set<WorkerID>
  /// Whether there were more than are remembered: then anybody may be one of them.
  public private(set) var isOverfull: Bool

  public static let none = Contributors([])

  public init(_ workers: some Sequence<WorkerID>, isOverfull: Bool = false) {
    self.workers = Set(workers)
    self.isOverfull = isOverfull
  }

  /// Whether a worker contributed, or may have.
  public func mayContain(_ worker: WorkerID) -> Bool { isOverfull || workers.contains(worker) }

  mutating func insert(_ worker: WorkerID) {
    if workers.count < Limits.contributorsMax {
      workers.insert(worker)
    } else if !workers.contains(worker) {
      isOverfull = true
    }
  }

  mutating func formUnion(_ others: some Sequence<WorkerID>) {
    for worker in others { insert(worker) }
  }
}
