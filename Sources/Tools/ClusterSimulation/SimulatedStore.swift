import ClusterCore
import Digest

/// Features on disk, which outlive the coordinator. A thread writes them in batches, in the order in
/// which they were given: a crash costs the last of them, and what was to be removed then is still
/// there. Rows may go at any time, as with a quota, but none ever turns into another.
struct SimulatedStore {
  private enum Change {
    case put(KeptFeatures, [Float])
    case remove([SampleVariant])
    case removeAll(of: WorkerID)
  }

  private var rows: [SampleVariant: (source: WorkerID, features: [Float])] = [:]
  private var waiting: [Change] = []

  mutating func keep(_ row: [Float], of features: KeptFeatures) {
    waiting.append(.put(features, row))
  }

  mutating func remove(_ items: [SampleVariant]) { waiting.append(.remove(items)) }

  mutating func removeAll(of worker: WorkerID) { waiting.append(.removeAll(of: worker)) }

  /// A batch has been written; now and then room is made for it.
  mutating func flush(_ numbers: inout SplitMix64) {
    apply(waiting.count)
    guard numbers.below(8) == 0, !rows.isEmpty else { return }
    let items = rows.keys.sorted()
    rows[items[Int(numbers.below(UInt64(items.count)))]] = nil
  }

  /// The process has ended while some of it was being written.
  mutating func crash(_ numbers: inout SplitMix64) {
    apply(Int(numbers.below(UInt64(waiting.count) + 1)))
    waiting = []
  }

  /// What the next coordinator finds, sorted by item.
  func recovered() -> [(kept: KeptFeatures, row: [Float])] {
    rows.sorted { $0.key < $1.key }.map {
      (KeptFeatures(item: $0.key, source: $0.value.source), $0.value.features)
    }
  }

  private mutating func apply(_ count: Int) {
    for change in waiting.prefix(count) {
      switch change {
      case .put(let features, let row): rows[features.item] = (features.source, row)
      case .remove(let items): for item in items { rows[item] = nil }
      case .removeAll(let worker): rows = rows.filter { $0.value.source != worker }
      }
    }
    waiting.removeFirst(count)
  }
}
