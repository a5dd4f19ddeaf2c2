/// Who holds a copy of which kept features. A copy moves only when a share needs it: the lease that
/// carries it leaves in the same breath as the share, and connections keep their order.
extension Coordinator {
  /// Takes slots from their holder and tells it.
  mutating func release(_ slots: [Slot], from member: MemberID) {
    var byVariant: [UInt16: [SampleIndex]] = [:]
    for slot in slots {
      if leases.revokeCopy(of: slot, from: member) { audits.add(slot) }
      let item = leases.slots.item(slot)
      byVariant[item.variant, default: []].append(item.sample)
    }
    for (variant, samples) in byVariant.sorted(by: { $0.key < $1.key }) {
      for list in samples.split(atMost: Limits.samplesPerListMax) {
        send(member, .revoke(Revoke(variant: variant, samples: list)))
      }
    }
  }

  /// Gives a copy of kept features to a worker; whoever held one before forgets it.
  mutating func move(_ slots: [Slot], to member: MemberID) {
    var former: [MemberID: [Slot]] = [:]
    for slot in slots {
      if let holder = leases.holder(slot), holder != member {
        former[holder, default: []].append(slot)
      }
    }
    for (holder, slots) in former.sorted(by: { $0.key < $1.key }) { release(slots, from: holder) }
    for slot in slots where leases.holder(slot) == nil {
      leases.giveCopy(of: slot, to: member)
      sendCopy(of: slot, to: member)
    }
  }

  /// Sends a copy of kept features.
  mutating func sendCopy(of slot: Slot, to member: MemberID) {
    send(member, .lease(Lease(item: leases.slots.item(slot), withFeatures: true)))
  }

  /// Lets go of copies where loads of a class differ by more than a tenth of their mean. Whoever
  /// has least then receives them when their next share is due.
  mutating func balance(loadClass: Int) {
    let serving = shareTakers
    let loads = serving.map { leases.workload($0).loads[loadClass] }
    guard let most = loads.max(), let least = loads.min() else { return }
    let sum = loads.reduce(0, +)
    guard (most - least) * 10 * serving.count > sum else { return }
    let fair = (sum + serving.count - 1) / serving.count
    for (member, load) in zip(serving, loads) where load > fair {
      release(
        leases.copies(of: member, loadClass: loadClass, countMax: load - fair), from: member)
    }
  }
}

extension Array {
  /// The elements in their order, in lists of at most `countMax`.
  func split(atMost countMax: Int) -> [[Element]] {
    if count <= countMax { return isEmpty ? [] : [self] }
    return stride(from: 0, to: count, by: countMax).map {
      Array(self[$0..<Swift.min($0 + countMax, count)])
    }
  }
}
