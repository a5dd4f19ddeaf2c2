/// Finds the worker with the least load again and again: a binary heap by (load, member).
struct LoadHeap {
  private var nodes: [(load: Int, member: MemberID)]

  init(_ nodes: [(load: Int, member: MemberID)]) {
    self.nodes = nodes
    for parent in stride(from: nodes.count / 2 - 1, through: 0, by: -1) { sink(parent) }
  }

  /// The member with the least load, the first of them on ties; its load grows by 1.
  mutating func takeLeast() -> MemberID {
    let least = nodes[0].member
    nodes[0].load += 1
    sink(0)
    return least
  }

  private mutating func sink(_ start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < nodes.count {
        if nodes[child] < nodes[least] { least = child }
      }
      if least == parent { return }
      nodes.swapAt(parent, least)
      parent = least
    }
  }
}
