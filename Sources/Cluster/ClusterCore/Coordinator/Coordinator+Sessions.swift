/// Who comes, who goes, and what they say.
extension Coordinator {
  mutating func receive(_ envelope: Envelope<WorkerMessage>, from peer: PeerID) {
    switch envelope.message {
    case .status: actions.append(.replyStatus(peer))
    case .hello(let hello): receive(hello, from: peer)
    default:
      guard let place = membership.place(of: peer) else {
        // A goodbye wants no answer; anything else comes from a worker that believes in a session
        // that has ended.
        if envelope.message != .leave { endUnknownSession(envelope, peer) }
        return
      }
      guard
        envelope.incarnation == incarnation,
        envelope.session == membership.members[place].session
      else { return }
      let wasQuiet = membership.members[place].isQuiet(at: now)
      membership.members[place].lastHeard = now
      if wasQuiet { feed(place) }
      receive(envelope.message, from: place)
    }
  }

  private mutating func receive(_ message: WorkerMessage, from place: Int) {
    switch message {
    case .heartbeat: return
    case .leave: return lose(place, reason: "left")
    case .joined(let joined): return receive(joined, from: place)
    default: break
    }
    guard membership.members[place].isServing else {
      return refuse(place, .malformed, "it worked before it had joined")
    }
    noteResult(message, of: place)
    switch message {
    case .features(let features): receive(features, from: place)
    case .undecodable(let undecodable): receive(undecodable, from: place)
    case .holding(let holding): receive(holding, from: place)
    case .gradientSum(let sum): receive(sum, from: place)
    case .evaluation(let evaluation): receive(evaluation, from: place)
    case .decline(let decline): receive(decline, from: place)
    case .diverged(let diverged): receive(diverged, from: place)
    case .hello, .joined, .heartbeat, .leave, .status: break
    }
  }

  private mutating func endUnknownSession(_ envelope: Envelope<WorkerMessage>, _ peer: PeerID) {
    let refuse = Refuse(
      code: .sessionEnded, reason: "the session has ended; a new hello opens another")
    // The numbers of the worker's own envelope tell it which session is meant.
    actions.append(
      .send(
        peer,
        Envelope(
          incarnation: envelope.incarnation, session: envelope.session, message: .refuse(refuse))))
  }

  mutating func receiveMalformed(from peer: PeerID, _ reason: String) {
    if let place = membership.place(of: peer) {
      refuse(place, .malformed, reason)
    } else {
      turnAway(peer, nil, Refuse(code: .malformed, reason: reason))
    }
  }

  // MARK: Coming

  private mutating func receive(_ hello: Hello, from peer: PeerID) {
    guard hello.protocolVersion == Limits.protocolVersion else {
      let reason =
        "the worker speaks protocol version \(hello.protocolVersion), the coordinator "
        + "\(Limits.protocolVersion); install the same version of tl on both"
      return turnAway(peer, hello.worker, Refuse(code: .protocolVersion, reason: reason))
    }
    guard hello.threads >= 1, hello.threads <= Limits.threadsPerWorkerMax else {
      let reason = "\(hello.threads) threads; between 1 and \(Limits.threadsPerWorkerMax) are taken"
      return turnAway(peer, hello.worker, Refuse(code: .malformed, reason: reason))
    }
    if let refusal = membership.refusals[hello.worker] {
      return turnAway(peer, hello.worker, refusal)
    }
    // However many others may not come back either.
    if condemned.contains(hello.worker) {
      let reason = "an audit found its answers wrong"
      return turnAway(peer, hello.worker, Refuse(code: .audit, reason: reason))
    }
    guard replaceOldSessions(of: hello, from: peer) else { return }
    guard membership.count < Limits.workersMax else {
      let reason = "\(Limits.workersMax) workers are here already"
      return turnAway(peer, hello.worker, Refuse(code: .full, reason: reason))
    }
    let place = membership.admit(hello, from: peer, loadClasses: plan.variants + 1, at: now)
    if groupOf.count <= place { groupOf.append(-1) }
    welcome(place)
  }

  /// Ends what this process or this connection had open before. Returns false where the hello
  /// turns out to be a late or repeated one.
  private mutating func replaceOldSessions(of hello: Hello, from peer: PeerID) -> Bool {
    if let place = membership.place(of: hello.worker) {
      let member = membership.members[place]
      if member.peer == peer, member.attempt == hello.attempt {
        if !member.isServing { welcome(place) }
        return false
      }
      guard hello.attempt > member.attempt else { return false }
      lose(place, reason: "replaced by its new connection")
    }
    if let place = membership.place(of: peer) { lose(place, reason: "replaced on its connection") }
    return true
  }

  private mutating func welcome(_ place: Int) {
    send(place, .welcome(Welcome(attempt: membership.members[place].attempt, terms: terms)))
  }

  private mutating func receive(_ joined: Joined, from place: Int) {
    guard !membership.members[place].isServing else { return }
    guard joined.probe == probe else {
      let reason =
        "its probe gave \(joined.probe), the coordinator's \(probe): the processor, the libraries "
        + "or the version of tl compute differently, and the result would depend on who computed it"
      return refuse(place, .probe, reason)
    }
    membership.startServing(place)
    wasWaiting = false
    let member = membership.members[place]
    notice(.workerJoined(member.worker, name: member.name, threads: UInt32(member.threads)))
    if !isLeasing {
      if membership.servingCount >= policy.workersMin {
        isLeasing = true
        feedAll()
      } else {
        notice(
          .waitingForWorkers(serving: membership.servingCount, needed: policy.workersMin))
      }
    }
    feed(place)
  }

  // MARK: Going

  private mutating func turnAway(_ peer: PeerID, _ worker: WorkerID?, _ refuse: Refuse) {
    actions.append(
      .send(
        peer, Envelope(incarnation: incarnation, session: .none, message: .refuse(refuse))))
    if refuse.isFinal { actions.append(.disconnect(peer)) }
    notice(.workerRefused(worker, code: refuse.code, reason: refuse.reason))
  }

  /// Ends a session for good.
  mutating func refuse(_ place: Int, _ code: Refuse.Code, _ reason: String) {
    let member = membership.members[place]
    let refuse = Refuse(code: code, reason: reason)
    send(place, .refuse(refuse))
    actions.append(.disconnect(member.peer))
    membership.ban(member.worker, refuse)
    lose(place, reason: reason)
  }

  /// Ends a session whose worker may open another.
  mutating func endSession(_ place: Int, reason: String) {
    send(
      place, .refuse(Refuse(code: .sessionEnded, reason: "\(reason); a new hello opens another")))
    lose(place, reason: reason)
  }

  /// Ends a session; everything that its worker had goes to others.
  mutating func lose(_ place: Int, reason: String) {
    let member = membership.members[place]
    withdrawFromShares(place)
    giveBackLeases(of: place)
    disownAll(of: place)
    membership.remove(place)
    if member.isServing {
      notice(.workerLost(member.worker, name: member.name, reason: reason))
      feedAll()
    }
  }

  // MARK: Sending

  mutating func send(_ place: Int, _ message: CoordinatorMessage) {
    membership.members[place].lastSent = now
    actions.append(
      .send(
        membership.members[place].peer,
        Envelope(
          incarnation: incarnation, session: membership.members[place].session, message: message)))
  }

  mutating func notice(_ notice: CoordinatorNotice) { actions.append(.notice(notice)) }
}
