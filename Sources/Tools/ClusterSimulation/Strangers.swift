import ClusterCore
import ClusterShell
import Wire

/// A worker that keeps the protocol, tells no lie, and is of no use. Some mean harm, and some are honest
/// machines with a hung disk.
public enum Stranger: CaseIterable, Sendable {
  /// Joins, is heard, and gives nothing.
  case hog
  /// Joins again and again, as another one each time, and is gone before it has given anything.
  case flapper
  /// Computes features and declines every share.
  case decliner
  /// Says again what it and others have said, in sessions of which most are over or aren't its own.
  case replayer
}

extension Simulation {
  /// What a worker that starts now is; nil for a good one.
  func drawsStranger() -> Stranger? {
    if let next = strangersToCome.popLast() { return next }
    guard let rarity = scenario.strangerRarity, !isCalm, strangerNumbers.below(rarity) == 0 else {
      return nil
    }
    return Stranger.allCases[Int(strangerNumbers.below(UInt64(Stranger.allCases.count)))]
  }

  /// Whether there is a worker that does what it is asked for, as far as anybody knows.
  var goodWorkers: Int { workers.count { $0.isRunning && $0.stranger == nil } }

  /// Whether this worker leaves something undone.
  func neglects(_ effect: WorkerEffect, _ number: Int) -> Bool {
    switch (workers[number].stranger, effect) {
    case (.hog, .fetchPhotograph), (.hog, .compute): true
    case (.flapper, .fetchPhotograph), (.flapper, .compute): true
    default: false
    }
  }

  /// What a worker does beside, or instead of, what it says.
  func behaveStrangely(_ packet: inout Packet, _ envelope: Envelope<WorkerMessage>, _ number: Int) {
    switch (workers[number].stranger, envelope.message) {
    case (.flapper, .joined):
      agenda.plan(.workerFlap(worker: number), at: now + 50_000_000)
    case (.decliner, .gradientSum), (.decliner, .evaluation): decline(&packet, envelope, number)
    case (.replayer, _): replay(by: number)
    case (nil, .hello(let hello)):
      packet.greeting = hello.worker
      remember(packet)
    case (nil, _): remember(packet)
    case (.hog, _), (.flapper, _), (.decliner, _): break
    }
  }

  private func decline(
    _ packet: inout Packet, _ envelope: Envelope<WorkerMessage>, _ number: Int
  ) {
    guard let share = workers[number].shareUnderWay else { return }
    var envelope = envelope
    envelope.message = .decline(Decline(share: share.id, missing: share.samples))
    packet = Packet(control: envelope.encoded())
  }

  private func remember(_ packet: Packet) {
    overheard.append(packet)
    if overheard.count > 64 { overheard.removeFirst(32) }
  }

  private func replay(by number: Int) {
    guard let connection = workers[number].connection, !overheard.isEmpty else { return }
    for _ in 0..<4 {
      let packet = overheard[Int(strangerNumbers.below(UInt64(overheard.count)))]
      if let worker = packet.greeting { impersonated.insert(worker) }
      send(packet, toCoordinatorOver: connection)
    }
  }

  func flap(_ number: Int) {
    guard workers[number].isRunning else { return }
    flaps += 1
    killWorker(number)
    guard flaps < scenario.flapsMax else { return }
    strangersToCome.append(.flapper)
    startWorker()
  }
}
