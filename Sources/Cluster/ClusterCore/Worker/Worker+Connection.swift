/// Finding a coordinator, greeting it, losing it.
extension Worker {
  // MARK: Time

  mutating func tick() {
    switch state {
    case .new, .finished: preconditionFailure("time passes between `.started` and `finish`")
    case .connecting(let until), .greeting(let until):
      let waited = now.nanoseconds(since: servedAt)
      if waited > identity.retryMaxNanoseconds {
        return finish(.unavailable(reason: lastFailure))
      }
      if waited >= Limits.unansweredNanoseconds { tellUnanswered(waited) }
      if now >= until { retry() }
    case .fetching, .probing, .serving:
      if now.nanoseconds(since: lastHeard) > Limits.silenceMaxNanoseconds {
        return loseCoordinator("it has been silent")
      }
      if now.nanoseconds(since: lastSent) >= Limits.heartbeatIntervalNanoseconds {
        send(.heartbeat)
      }
      retryPhotographs()
    }
  }

  private mutating func tellUnanswered(_ waited: UInt64) {
    guard !isUnansweredTold else { return }
    isUnansweredTold = true
    actions.append(
      .notice(.unanswered(patienceNanoseconds: identity.retryMaxNanoseconds - waited)))
  }

  private mutating func retry() {
    if case .greeting = state { lengthenPause() }
    greet(afterConnecting: true)
  }

  private mutating func lengthenPause() {
    pauseNanoseconds = min(2 * pauseNanoseconds, Limits.retryPauseMaxNanoseconds)
  }

  /// Half of the pause that is due, and a part of the other half that no other worker has.
  private mutating func drawPause() -> UInt64 {
    pauseNanoseconds - retryNumbers.below(pauseNanoseconds / 2)
  }

  // MARK: Hello

  /// Says hello, on a new connection or on the one that there is, and waits for as long as a pause.
  mutating func greet(afterConnecting connects: Bool) {
    forgetSession()
    attempt += 1
    state = .greeting(until: now.advanced(byNanoseconds: drawPause()))
    if connects { actions.append(.connect) }
    actions.append(.notice(.connecting(attempt: attempt)))
    send(
      .hello(
        Hello(
          protocolVersion: Limits.protocolVersion, worker: identity.id, attempt: attempt,
          threads: UInt32(identity.threads), name: identity.name,
          softwareVersion: identity.softwareVersion)))
  }

  mutating func loseCoordinator(_ reason: String) {
    if state == .serving { servedAt = now }
    lastFailure = reason
    forgetSession()
    let pause = drawPause()
    state = .connecting(until: now.advanced(byNanoseconds: pause))
    actions.append(.notice(.coordinatorLost(reason: reason, retryAfterNanoseconds: pause)))
    lengthenPause()
  }

  private mutating func forgetSession() {
    cancelAllWork()
    incarnation = .none
    session = .none
  }

  // MARK: Messages

  mutating func receive(_ envelope: Envelope<CoordinatorMessage>) {
    switch envelope.message {
    case .welcome(let welcome): return receive(welcome, in: envelope)
    case .refuse(let refuse): return receive(refuse, in: envelope)
    default: break
    }
    guard isInSession, envelope.incarnation == incarnation, envelope.session == session else {
      return
    }
    lastHeard = now
    switch envelope.message {
    case .finished(let finished): receive(finished)
    case .lease(let lease): if state == .serving { receive(lease) }
    case .revoke(let revoke): if state == .serving { receive(revoke) }
    case .step(let share): if state == .serving { receive(share, .step) }
    case .evaluate(let share): if state == .serving { receive(share, .evaluation) }
    case .heartbeat, .welcome, .refuse, .statusReply: break
    }
  }

  private mutating func receive(
    _ welcome: Welcome, in envelope: Envelope<CoordinatorMessage>
  ) {
    guard case .greeting = state, welcome.attempt == attempt else { return }
    incarnation = envelope.incarnation
    session = envelope.session
    lastHeard = now
    state = .fetching
    actions.append(.notice(.welcomed(session)))
    actions.append(.fetchObjects(welcome.terms))
  }

  private mutating func receive(_ refuse: Refuse, in envelope: Envelope<CoordinatorMessage>) {
    let isForSession =
      isInSession && envelope.incarnation == incarnation && envelope.session == session
    var isForHello = false
    if case .greeting = state { isForHello = envelope.session == .none }
    guard isForSession || isForHello else { return }
    if refuse.isFinal { return finish(.refused(refuse)) }
    if refuse.code == .sessionEnded {
      if state == .serving { servedAt = now }
      return greet(afterConnecting: false)
    }
    loseCoordinator(refuse.reason)
  }

  private mutating func receive(_ finished: Finished) {
    switch finished.outcome {
    case .completed, .failed: if identity.stays { awaitNextRun() } else { finish(.dismissed) }
    case .interrupted: loseCoordinator("it was stopped, and may be resumed")
    }
  }

  /// Looks for a coordinator as after a loss, with a patience that begins anew. Features are let go
  /// of: who lends a machine for days wants its memory back between two runs.
  private mutating func awaitNextRun() {
    for (variant, samples) in held.byVariant {
      actions.append(.forgetFeatures(variant: variant, samples: samples))
    }
    held = HeldFeatures()
    given = HeldFeatures()
    forgetSession()
    servedAt = now
    lastFailure = "there was no further run"
    // It is told to wait, however long.
    isUnansweredTold = true
    pauseNanoseconds = Limits.retryPauseMinNanoseconds
    state = .connecting(until: now.advanced(byNanoseconds: drawPause()))
    actions.append(.notice(.runEnded))
  }

  // MARK: Objects and probe

  mutating func prepare(_ event: WorkerEvent) {
    switch (event, state) {
    case (.objectsReady(let items), .fetching):
      held = HeldFeatures()
      given = HeldFeatures()
      for item in items { held.insert(item) }
      state = .probing
      actions.append(.runProbe)
    case (.objectsFailed(let reason, let isFinal), .fetching):
      if isFinal { leave(.unable(reason: reason)) } else { loseCoordinator(reason) }
    case (.probeFinished(let digest), .probing):
      state = .serving
      isUnansweredTold = false
      pauseNanoseconds = Limits.retryPauseMinNanoseconds
      send(.joined(Joined(probe: digest)))
      tellHeld()
      actions.append(.notice(.serving))
    case (.probeFailed(let reason), .probing):
      leave(.unable(reason: reason))
    default:
      // An answer to a question of an earlier session.
      break
    }
  }

  private mutating func tellHeld() {
    for (variant, samples) in held.byVariant {
      for list in samples.split(atMost: Limits.samplesPerListMax) {
        send(.holding(Holding(variant: variant, samples: list)))
      }
    }
  }
}
