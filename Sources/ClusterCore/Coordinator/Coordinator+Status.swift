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
}
