/// What a coordinator shows of itself.
extension Coordinator {
  public var summary: CoordinatorSummary {
    CoordinatorSummary(
      step: position.step, stepsTotal: UInt64(plan.stepsTotal), epoch: position.epoch,
      epochsTotal: UInt32(plan.epochs),
      samples: UInt32(plan.training.count + plan.validation.count),
      featuresKept: UInt64(leases.keptCount),
      featuresTotal: UInt64(
        plan.training.count * min(plan.variants, plan.epochs) + plan.validation.count),
      undecodable: UInt32(undecodableCount), workersServing: UInt32(membership.servingCount))
  }

  /// At most `countMax` of the workers that are here, in no particular order.
  public func workerStatus(countMax: Int = Limits.workersInStatusMax) -> [WorkerStatus] {
    membership.members.lazy.filter(\.isPresent).prefix(countMax).map { member in
      WorkerStatus(
        worker: member.worker, name: member.name, threads: UInt32(member.threads),
        isServing: member.isServing, leases: UInt32(member.leases.count),
        held: UInt32(member.heldCount))
    }
  }

  /// What the worker of a session that serves holds, as the coordinator believes; nil where there is
  /// no such session on this connection. For checks of memory.
  package func itemsHeld(in session: Session, over peer: PeerID) -> Set<SampleVariant>? {
    guard let place = membership.place(of: peer) else { return nil }
    let member = membership.members[place]
    guard member.isServing, member.session == session else { return nil }
    let copies = member.held.filter { leases.state($0) == .kept && leases.holder($0) == place }
    let claims = member.claims.filter { leases.state($0) == .claimed && leases.holder($0) == place }
    return Set((copies + claims + member.leases.map(\.slot)).map(leases.item))
  }
}
