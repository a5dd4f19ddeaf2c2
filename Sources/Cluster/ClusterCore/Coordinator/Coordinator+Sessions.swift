/// Who comes, who goes, and what they say.
extension Coordinator {
  mutating func receive(_ envelope: Envelope<WorkerMessage>, from peer: PeerID) {
    switch envelope.message {
    case .status: actions.append(.replyStatus(peer))
    case .hello(let hello): receive(hello, from: peer)
    default:
      guard let member = membership.member(of: peer) else {
        // A goodbye wants no answer; anything else comes from a worker that believes in a session
        // that has ended.
        if envelope.message != .leave { endUnknownSession(envelope, peer) }
        return
      }
      guard
        envelope.incarnation == incarnation,
        envelope.session == membership[member].session
      else { return }
      let wasQuiet = membership[member].isQuiet(at: now)
      membership[member].hear(at: now)
      if wasQuiet { feed(member) }
      receive(envelope.message, from: member)
    }
  }

  private mutating func receive(_ message: WorkerMessage, from member: MemberID) {
    switch message {
    case .heartbeat: return
    case .leave: return lose(member, reason: "left")
    case .joined(let joined): return receive(joined, from: member)
    default: break
    }
    guard membership[member].isServing else {
      return refuse(member, .malformed, "it worked before it had joined")
    }
    switch message {
    case .features(let features): receive(features, from: member)
    case .undecodable(let undecodable): receive(undecodable, from: member)
    case .holding(let holding): receive(holding, from: member)
    case .gradientSum(let sum): receive(sum, from: member)
    case .evaluation(let evaluation): receive(evaluation, from: member)
    case .decline(let decline): receive(decline, from: member)
    case .diverged(let diverged): receive(diverged, from: member)
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
    if let member = membership.member(of: peer) {
      refuse(member, .malformed, reason)
    } else {
      turnAway(peer, nil, Refuse(code: .malformed, reason: reason))
    }
  }

  // MARK: Coming

  private mutating func receive(_ hello: Hello, from peer: PeerID) {
    guard hello.protocolVersion == Limits.protocolVersion else {
      let mismatch = VersionMismatch(
        workerVersion: hello.protocolVersion, softwareVersion: softwareVersion)
      return turnAway(
        peer, hello.worker, Refuse(code: .protocolVersion, reason: mismatch.reason))
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
    let member = membership.admit(hello, from: peer, at: now)
    leases.admit(member)
    welcome(member)
  }

  /// Ends what this process or this connection had open before. Returns false where the hello
  /// turns out to be a late or repeated one.
  private mutating func replaceOldSessions(of hello: Hello, from peer: PeerID) -> Bool {
    if let member = membership.member(of: hello.worker) {
      let record = membership[member]
      if record.peer == peer, record.attempt == hello.attempt {
        if !record.isServing { welcome(member) }
        return false
      }
      guard hello.attempt > record.attempt else { return false }
      lose(member, reason: "replaced by its new connection")
    }
    if let member = membership.member(of: peer) {
      lose(member, reason: "replaced on its connection")
    }
    return true
  }

  private mutating func welcome(_ member: MemberID) {
    send(member, .welcome(Welcome(attempt: membership[member].attempt, terms: terms)))
  }

  private mutating func receive(_ joined: Joined, from member: MemberID) {
    guard !membership[member].isServing else { return }
    guard joined.probe == probe else {
      let reason =
        "its probe gave another result than the coordinator's: the processor, the libraries or the "
        + "version of tl compute differently, and the result would depend on who computed it"
      return refuse(member, .probe, reason)
    }
    membership.startServing(member)
    wasWaiting = false
    let record = membership[member]
    notice(.workerJoined(record.worker, name: record.name, threads: UInt32(record.threads)))
    if !isLeasing {
      if membership.servingCount >= policy.workersMin {
        isLeasing = true
        feedAll()
      } else {
        notice(
          .waitingForWorkers(serving: membership.servingCount, needed: policy.workersMin))
      }
    }
    feed(member)
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
  mutating func refuse(_ member: MemberID, _ code: Refuse.Code, _ reason: String) {
    let record = membership[member]
    let refuse = Refuse(code: code, reason: reason)
    send(member, .refuse(refuse))
    actions.append(.disconnect(record.peer))
    membership.ban(record.worker, refuse)
    lose(member, reason: reason)
  }

  /// Ends a session whose worker may open another.
  mutating func endSession(_ member: MemberID, reason: String) {
    send(
      member, .refuse(Refuse(code: .sessionEnded, reason: "\(reason); a new hello opens another")))
    lose(member, reason: reason)
  }

  /// Ends a session; everything that its worker had goes to others.
  mutating func lose(_ member: MemberID, reason: String) {
    let record = membership[member]
    withdrawFromShares(member)
    for slot in leases.leave(member) { audits.add(slot) }
    membership.remove(member)
    if record.isServing {
      notice(.workerLost(record.worker, name: record.name, reason: reason))
      feedAll()
    }
  }

  // MARK: Sending

  mutating func send(_ member: MemberID, _ message: CoordinatorMessage) {
    membership[member].noteSent(at: now)
    actions.append(
      .send(
        membership[member].peer,
        Envelope(
          incarnation: incarnation, session: membership[member].session, message: message)))
  }

  mutating func notice(_ notice: CoordinatorNotice) { actions.append(.notice(notice)) }
}
