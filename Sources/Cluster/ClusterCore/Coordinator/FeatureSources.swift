/// Which worker computed the features that are kept of each slot, in four bytes a slot.
struct FeatureSources: Sendable {
  private static let none: Int32 = -1

  /// By slot: the number of the worker in `workers`.
  private var numbers: [Int32]
  private var workers: [WorkerID] = []
  private var numberOf: [WorkerID: Int32] = [:]

  init(slotCount: Int) { numbers = Array(repeating: Self.none, count: slotCount) }

  /// Nil where no features are kept.
  subscript(slot: Slot) -> WorkerID? {
    get { numbers[slot] == Self.none ? nil : workers[Int(numbers[slot])] }
    set { numbers[slot] = newValue.map { number(of: $0) } ?? Self.none }
  }

  /// The slots of which a worker's features are kept.
  func slots(of worker: WorkerID) -> [Slot] {
    guard let number = numberOf[worker] else { return [] }
    return numbers.indices.filter { numbers[$0] == number }
  }

  /// All whose features are kept.
  var all: Set<WorkerID> {
    Set(Set(numbers).filter { $0 != Self.none }.map { workers[Int($0)] })
  }

  private mutating func number(of worker: WorkerID) -> Int32 {
    if let number = numberOf[worker] { return number }
    let number = Int32(workers.count)
    workers.append(worker)
    numberOf[worker] = number
    return number
  }
}
