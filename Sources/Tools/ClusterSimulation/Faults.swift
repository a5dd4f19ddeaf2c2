import ClusterCore

/// What goes wrong.
extension Simulation {
  func commitFault() {
    guard !isCalm else { return }
    let interval = scenario.hostility.faultIntervalNanoseconds
    agenda.plan(.fault, at: now + interval / 2 + numbers.below(interval))
    faults += 1
    switch numbers.below(16) {
    case 0: killCoordinator()
    case 1: coordinator?.actionsLeft = numbers.below(200)
    case 2: coordinator.map { _ in deliver(.stopRequested) }
    case 3: freezeCoordinator()
    case 4: jumpCoordinatorClock()
    case 5:
      if workers.count(where: \.isRunning) < scenario.workersMax {
        agenda.plan(.workerStart, at: now)
      }
    case 6...15: commitWorkerFault()
    default: break
    }
  }

  private func commitWorkerFault() {
    let running = workers.indices.filter { workers[$0].isRunning }
    guard !running.isEmpty else { return startWorker() }
    let worker = running[Int(numbers.below(UInt64(running.count)))]
    switch numbers.below(10) {
    case 0:
      killWorker(worker)
      // Somebody starts another, under another identity.
      agenda.plan(.workerStart, at: now + numbers.below(5_000_000_000))
    case 1:
      trace("worker \(worker) is asked to leave")
      if !workers[worker].isFrozen { deliver(.leaveRequested, to: worker) }
    case 2, 3: freezeWorker(worker)
    case 4, 5:
      trace("worker \(worker)'s connection breaks")
      breakConnection(of: worker, isNoticed: numbers.below(2) == 0)
    case 6, 7, 8: cutNetwork(of: worker)
    default: workers[worker].clockOffset &+= clockJump()
    }
  }

  private func clockJump() -> UInt64 {
    let size: UInt64 = 1_000_000 << numbers.below(20)
    return numbers.below(2) == 0 ? size : 0 &- size
  }

  private func jumpCoordinatorClock() {
    guard let offset = coordinator?.clockOffset else { return }
    coordinator?.clockOffset = offset &+ clockJump()
  }

  private func duration() -> UInt64 { 10_000_000 << numbers.below(11) }

  private func freezeWorker(_ worker: Int) {
    guard !workers[worker].isFrozen else { return }
    trace("worker \(worker) freezes")
    workers[worker].isFrozen = true
    agenda.plan(.workerThaw(worker: worker), at: now + duration())
  }

  private func freezeCoordinator() {
    guard coordinator?.isFrozen == false else { return }
    trace("the coordinator freezes")
    coordinator?.isFrozen = true
    agenda.plan(.coordinatorThaw(incarnation: incarnationsStarted), at: now + duration())
  }

  private func cutNetwork(of worker: Int) {
    guard let connection = workers[worker].connection else { return }
    let end = now + duration()
    let direction = numbers.below(3)
    trace("worker \(worker)'s network is cut in direction \(direction)")
    if direction != 0 { connections[connection].cutToCoordinator = end }
    if direction != 1 { connections[connection].cutToWorker = end }
  }

  /// Whether this happens to a process that is frozen, and thus later.
  func isMissed(_ happening: Happening) -> Bool {
    switch happening {
    case .arrivalAtCoordinator, .coordinatorTick, .coordinatorResult, .checkpointDone,
      .rollbackDone:
      guard coordinator?.isFrozen == true else { return false }
      coordinator?.missed.append(happening)
      return true
    case .arrivalAtWorker(let connection, _):
      return miss(happening, worker: connections[connection].worker)
    case .workerTick(let worker), .workerResult(let worker, _, _), .objectsReady(let worker, _),
      .photographDone(let worker, _, _), .passDone(let worker, _, _), .shareDone(let worker, _):
      return miss(happening, worker: worker)
    case .connected, .coordinatorStart, .coordinatorThaw, .workerStart, .workerThaw, .workerFlap,
      .fault, .calm:
      return false
    }
  }

  private func miss(_ happening: Happening, worker: Int) -> Bool {
    guard workers[worker].isFrozen else { return false }
    workers[worker].missed.append(happening)
    return true
  }
}
