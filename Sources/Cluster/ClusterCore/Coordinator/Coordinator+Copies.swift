/// Who holds a copy of which kept features. A copy moves only when a share needs it: the lease that
/// carries it leaves in the same breath as the share, and connections keep their order.
extension Coordinator {
  /// What a slot counts for in the loads: its variant, or validation.
  func loadClass(_ slot: Slot) -> Int {
    roles[slot % plan.sampleCount] == .validation ? plan.variants : slot / plan.sampleCount
  }

  mutating func own(_ slot: Slot, _ place: Int) {
    precondition(leases.holder(slot) == nil, "it was taken from its holder first")
    leases.setHolder(slot, place)
    membership.members[place].held.append(slot)
    membership.members[place].loads[loadClass(slot)] += 1
    forgetFormerSlots(of: place)
  }

  mutating func disown(_ slot: Slot) {
    guard let place = leases.holder(slot) else { return }
    leases.setHolder(slot, nil)
    membership.members[place].loads[loadClass(slot)] -= 1
  }

  mutating func disownAll(of place: Int) {
    for slot in membership.members[place].held
    where leases.state(slot) == .kept && leases.holder(slot) == place {
      disown(slot)
    }
    membership.members[place].held = []
  }

  /// Takes slots from their holder and tells it.
  mutating func release(_ slots: [Slot], from place: Int) {
    var byVariant: [UInt16: [SampleIndex]] = [:]
    for slot in slots {
      precondition(leases.holder(slot) == place, "only a holder loses a copy")
      disown(slot)
      if audits.place(of: slot) == place {
        // The worker takes what revokes the copy for the end of the lease, too.
        _ = membership.members[place].endLease(of: slot)
        endAudit(slot)
      }
      let item = leases.item(slot)
      byVariant[item.variant, default: []].append(item.sample)
    }
    for (variant, samples) in byVariant.sorted(by: { $0.key < $1.key }) {
      for list in samples.split(atMost: Limits.samplesPerListMax) {
        send(place, .revoke(Revoke(variant: variant, samples: list)))
      }
    }
  }

  /// Gives a copy of kept features to a worker; whoever held one before forgets it.
  mutating func move(_ slots: [Slot], to place: Int) {
    var former: [Int: [Slot]] = [:]
    for slot in slots {
      if let holder = leases.holder(slot), holder != place {
        former[holder, default: []].append(slot)
      }
    }
    for (holder, slots) in former.sorted(by: { $0.key < $1.key }) { release(slots, from: holder) }
    for slot in slots where leases.holder(slot) == nil {
      own(slot, place)
      give(slot, to: place)
    }
  }

  /// Sends a copy of kept features.
  mutating func give(_ slot: Slot, to place: Int) {
    send(place, .lease(Lease(item: leases.item(slot), withFeatures: true)))
  }

  /// Lets go of copies where loads of a class differ by more than a tenth of their mean. Whoever
  /// has least then receives them when their next share is due.
  mutating func balance(loadClass: Int) {
    let serving = membership.members.indices.filter { membership.members[$0].isServing }
    let loads = serving.map { membership.members[$0].loads[loadClass] }
    guard let most = loads.max(), let least = loads.min() else { return }
    let sum = loads.reduce(0, +)
    guard (most - least) * 10 * serving.count > sum else { return }
    let fair = (sum + serving.count - 1) / serving.count
    for (place, load) in zip(serving, loads) where load > fair {
      var surplus: [Slot] = []
      for slot in membership.members[place].held.reversed() {
        if surplus.count == load - fair { break }
        guard leases.state(slot) == .kept, leases.holder(slot) == place else { continue }
        if self.loadClass(slot) == loadClass { surplus.append(slot) }
      }
      release(Array(Set(surplus)).sorted(), from: place)
    }
  }

  /// Keeps the list of what a worker holds in proportion to what it really holds.
  private mutating func forgetFormerSlots(of place: Int) {
    let member = membership.members[place]
    guard member.held.count > 2 * member.heldCount + 1_024 else { return }
    let current = Set(member.held).filter {
      leases.state($0) == .kept && leases.holder($0) == place
    }
    membership.members[place].held = current.sorted()
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
