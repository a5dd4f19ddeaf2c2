/// What a coordinator shows of itself.
extension Coordinator {
  public var summary: CoordinatorSummary {
    CoordinatorSummary(
      step: position.step, stepsTotal: UInt64(plan.stepsTotal), epoch: position.epoch,
      epochsTotal: UInt32(plan.epochs),
      samples: UInt32(plan.training.count + plan.validation.count + plan.test.count),
      featuresKept: UInt64(leases.keptCount),
      featuresTotal: UInt64(
        plan.training.count * min(plan.variants, plan.epochs) + plan.validation.count
          + plan.test.count),
      undecodable: UInt32(undecodableCount), workersServing: UInt32(membership.servingCount))
  }

  /// At most `countMax` of the workers that are here, in no particular order.
  public func workerStatus(countMax: Int = Limits.workersInStatusMax) -> [WorkerStatus] {
    membership.ids.lazy.filter { membership[$0].isPresent }.prefix(countMax).map { member in
      let (record, workload) = (membership[member], leases.workload(member))
      return WorkerStatus(
        name: record.name, threads: UInt32(record.threads),
        isServing: record.isServing, leases: UInt32(workload.leases.count),
        held: UInt32(workload.heldCount),
        silentMilliseconds: UInt32(
          clamping: now.nanoseconds(since: record.lastHeard) / 1_000_000))
    }
  }

  /// Those that are here. For checks of membership.
  package var workersPresent: [WorkerID] {
    membership.ids.map { membership[$0] }.filter(\.isPresent).map(\.worker)
  }

  /// How many leases wait for an answer of this worker; nil where it isn't here. For checks of what
  /// one who gives nothing may take.
  package func leaseCount(of worker: WorkerID) -> Int? {
    let member = membership.ids.first {
      membership[$0].isPresent && membership[$0].worker == worker
    }
    return member.map { leases.workload($0).leases.count }
  }

  /// What the worker of a session that serves holds, as the coordinator believes; nil where there is
  /// no such session on this connection. For checks of memory.
  package func itemsHeld(in session: Session, over peer: PeerID) -> Set<SampleVariant>? {
    guard let member = membership.member(of: peer) else { return nil }
    let record = membership[member]
    guard record.isServing, record.session == session else { return nil }
    return leases.items(of: member)
  }
}
