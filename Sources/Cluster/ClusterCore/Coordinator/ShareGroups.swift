/// Samples put together by the worker that gets them, in the order in which each worker came up.
struct ShareGroups: Sendable {
  struct Group: Sendable {
    let member: MemberID
    fileprivate(set) var samples: [SampleIndex]
  }

  private var groups: [Group] = []
  /// By member: its group; -1 where it has none. Kept from one batch to the next, so that a batch
  /// costs nothing for workers that it doesn't concern.
  private var groupOf: [Int] = []

  mutating func add(_ sample: SampleIndex, to member: MemberID) {
    while groupOf.count <= member.index { groupOf.append(-1) }
    if groupOf[member.index] < 0 {
      groupOf[member.index] = groups.count
      groups.append(Group(member: member, samples: []))
    }
    groups[groupOf[member.index]].samples.append(sample)
  }

  /// All groups; none is left.
  mutating func takeAll() -> [Group] {
    defer { groups.removeAll() }
    for group in groups { groupOf[group.member.index] = -1 }
    return groups
  }
}
