import ClusterCore

/// What will happen, in the order of virtual time; what was planned first happens first at equal
/// times. A binary heap.
struct Agenda<Happening> {
  private struct Entry {
    let time: UInt64
    let order: UInt64
    let happening: Happening

    func isBefore(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
  }

  private var entries: [Entry] = []
  private var planned: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func plan(_ happening: Happening, at time: UInt64) {
    entries.append(Entry(time: time, order: planned, happening: happening))
    planned += 1
    var child = entries.count - 1
    while child > 0, entries[child].isBefore(entries[(child - 1) / 2]) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// What happens next, and when, in nanoseconds.
  mutating func next() -> (time: UInt64, happening: Happening)? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      var parent = 0
      while true {
        var least = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
          if entries[child].isBefore(entries[least]) { least = child }
        }
        if least == parent { break }
        entries.swapAt(parent, least)
        parent = least
      }
    }
    return (first.time, first.happening)
  }
}
