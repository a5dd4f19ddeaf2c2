/// Who holds a copy of which kept features. A copy moves only when a share needs it: the lease that
/// carries it leaves in the same breath as the share, and connections keep their order.
extension Coordinator {
  /// What a slot counts for in the loads: its variant, or validation.
  func loadClass(_ slot: Slot) -> Int {
    roles[slot % plan.sampleCount] == .validation ? plan.variants : slot / plan.sampleCount
  }

  mutating func own(_ slot: Slot, _ member: MemberID) {
    precondition(leases.holder(slot) == nil, "it was taken from its holder first")
    leases.setHolder(slot, member)
    membership[member].gain(slot, of: loadClass(slot))
    let leases = leases
    membership[member].forgetHeld {
      leases.state($0) == .kept && leases.holder($0) == member
    }
  }

  mutating func disown(_ slot: Slot) {
    guard let member = leases.holder(slot) else { return }
    leases.setHolder(slot, nil)
    membership[member].lose(loadClass: loadClass(slot))
  }

  mutating func disownAll(of member: MemberID) {
    for slot in membership[member].held
    where leases.state(slot) == .kept && leases.holder(slot) == member {
      disown(slot)
    }
    membership[member].forgetHeld()
  }

  /// Takes slots from their holder and tells it.
  mutating func release(_ slots: [Slot], from member: MemberID) {
    var byVariant: [UInt16: [SampleIndex]] = [:]
    for slot in slots {
      precondition(leases.holder(slot) == member, "only a holder loses a copy")
      disown(slot)
      // The worker takes what revokes the copy for the end of the lease, too.
      if let lease = membership[member].endLease(of: slot), lease.purpose == .audit {
        endAudit(slot)
      }
      let item = leases.item(slot)
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
      own(slot, member)
      give(slot, to: member)
    }
  }

  /// Sends a copy of kept features.
  mutating func give(_ slot: Slot, to member: MemberID) {
    send(member, .lease(Lease(item: leases.item(slot), withFeatures: true)))
  }

  /// Lets go of copies where loads of a class differ by more than a tenth of their mean. Whoever
  /// has least then receives them when their next share is due.
  mutating func balance(loadClass: Int) {
    let serving = shareTakers
    let loads = serving.map { membership[$0].loads[loadClass] }
    guard let most = loads.max(), let least = loads.min() else { return }
    let sum = loads.reduce(0, +)
    guard (most - least) * 10 * serving.count > sum else { return }
    let fair = (sum + serving.count - 1) / serving.count
    for (member, load) in zip(serving, loads) where load > fair {
      var surplus: [Slot] = []
      for slot in membership[member].held.reversed() {
        if surplus.count == load - fair { break }
        guard leases.state(slot) == .kept, leases.holder(slot) == member else { continue }
        if self.loadClass(slot) == loadClass { surplus.append(slot) }
      }
      release(Array(Set(surplus)).sorted(), from: member)
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
