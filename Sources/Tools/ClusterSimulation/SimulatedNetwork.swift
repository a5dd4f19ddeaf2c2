import ClusterCore
import ClusterShell
import Wire

/// The network between the workers' sockets and the coordinator.
extension Simulation {
  /// The socket will reach the coordinator in a while, if there is one by then.
  func planConnection(of number: Int) {
    agenda.plan(
      .connected(worker: number, socket: workers[number].socket),
      at: now + 1_000_000 + numbers.below(isCalm ? 2_000_000 : 300_000_000))
  }

  func connect(_ number: Int, socket: Int) {
    guard workers[number].isRunning, workers[number].socket == socket,
      workers[number].connection == nil
    else { return }
    guard coordinator != nil else { return planConnection(of: number) }
    connections.append(Connection(worker: number, coordinator: incarnationsStarted))
    workers[number].connection = connections.count - 1
    let waiting = workers[number].outbox
    workers[number].outbox = []
    for packet in waiting { send(packet, toCoordinatorOver: connections.count - 1) }
  }

  /// Ends a worker's connection: what is on its way is lost. Its socket connects again by itself,
  /// and some of what was sent may be sent again.
  func breakConnection(of number: Int, isNoticed: Bool) {
    guard let connection = workers[number].connection else { return }
    connections[connection].isOpen = false
    workers[number].connection = nil
    let isNoticed = isNoticed && scenario.hostility.noticesBreaks
    if isNoticed, connections[connection].coordinator == incarnationsStarted {
      tellCoordinator(
        .disconnected(PeerID(number: UInt64(connection))), after: numbers.below(1_000_000_000))
    }
    guard workers[number].isRunning else { return }
    planConnection(of: number)
    if isNoticed, numbers.below(2) == 0 {
      agenda.plan(
        .workerResult(worker: number, work: workers[number].work, .disconnected),
        at: now + numbers.below(1_000_000_000))
    }
  }

  func send(_ packet: Packet, toCoordinatorOver connection: Int) {
    let cut = connections[connection].cutToCoordinator
    let arrival = max(connections[connection].lastToCoordinator, cut, now + latency())
    connections[connection].lastToCoordinator = arrival
    messages += 1
    connections[connection].underWay += 1
    agenda.plan(.arrivalAtCoordinator(connection: connection, packet), at: arrival)
    if isRepeated() {
      connections[connection].underWay += 1
      let later = arrival + numbers.below(4 * scenario.hostility.latencyNanosecondsMax)
      agenda.plan(.arrivalAtCoordinator(connection: connection, packet), at: later)
    }
  }

  func send(_ packet: Packet, toWorkerOver connection: Int) {
    guard connections[connection].isOpen else { return }
    let cut = connections[connection].cutToWorker
    let arrival = max(connections[connection].lastToWorker, cut, now + latency())
    connections[connection].lastToWorker = arrival
    messages += 1
    connections[connection].underWay += 1
    agenda.plan(.arrivalAtWorker(connection: connection, packet), at: arrival)
    if isRepeated() {
      connections[connection].underWay += 1
      let later = arrival + numbers.below(4 * scenario.hostility.latencyNanosecondsMax)
      agenda.plan(.arrivalAtWorker(connection: connection, packet), at: later)
    }
  }

  private func latency() -> UInt64 {
    let most = scenario.hostility.latencyNanosecondsMax
    let isSlow = !isCalm && numbers.below(scenario.hostility.slowMessageRarity) == 0
    return 20_000 + numbers.below(isSlow ? 50 * most : most)
  }

  private func isRepeated() -> Bool {
    !isCalm && numbers.below(scenario.hostility.repetitionRarity) == 0
  }

  // MARK: Arrival

  func arriveAtWorker(_ connection: Int, _ packet: Packet) {
    connections[connection].underWay -= 1
    let number = connections[connection].worker
    guard connections[connection].isOpen, workers[number].isRunning else { return }
    let reader = CoordinatorMessageReader(workers[number].shell)
    let message: (Envelope<CoordinatorMessage>, Tensor)
    do throws(WireError) {
      // unsafe: bytes are read as bytes.
      let envelope = try unsafe reader.envelope(packet.control.span.bytes)
      let tensor =
        packet.tensor.isEmpty
        ? try reader.tensorMissing(of: envelope.message)
        : try unsafe reader.tensor(of: envelope.message, packet.tensor.span.bytes)
      message = (envelope, tensor)
    } catch {
      return fail("a message to worker \(number) can't be read: \(error)")
    }
    deliver(.received(message.0), tensor: message.1, to: number)
  }

  func arriveAtCoordinator(_ connection: Int, _ packet: Packet) {
    connections[connection].underWay -= 1
    guard connections[connection].isOpen, coordinator != nil,
      connections[connection].coordinator == incarnationsStarted
    else { return }
    let peer = PeerID(number: UInt64(connection))
    let message: (Envelope<WorkerMessage>, Tensor)
    do throws(WireError) {
      // unsafe: bytes are read as bytes.
      let envelope = try unsafe reader.envelope(packet.control.span.bytes)
      let tensor =
        packet.tensor.isEmpty
        ? try reader.tensorMissing(of: envelope.message)
        : try unsafe reader.tensor(of: envelope.message, packet.tensor.span.bytes)
      message = (envelope, tensor)
    } catch {
      check(
        workers[connections[connection].worker].isFaulty,
        "a message to the coordinator can't be read: \(error)")
      return deliver(.malformed(peer, reason: error.description))
    }
    deliver(.received(peer, message.0), tensor: message.1)
  }
}
