/// Leases and shares: what to compute next, and what to say of it.
extension Worker {
  // MARK: Leases

  mutating func receive(_ lease: Lease) {
    let item = lease.item
    if lease.withFeatures {
      held.insert(item)
      given.insert(item)
      return actions.append(.keepFeatures(item))
    }
    if held.contains(item), !given.contains(item) {
      return send(.features(Features(item: item)))
    }
    guard leases[item] == nil else { return }
    if extracting.contains(item) {
      leases[item] = .extracting
    } else {
      leases[item] = .fetching
      actions.append(.fetchPhotograph(item))
    }
  }

  mutating func receive(_ revoke: Revoke) {
    var forgotten: [SampleIndex] = []
    for sample in revoke.samples {
      let item = SampleVariant(sample: sample, variant: revoke.variant)
      cancelLease(of: item)
      _ = given.remove(item)
      if held.remove(item) { forgotten.append(sample) }
    }
    if !forgotten.isEmpty {
      actions.append(.forgetFeatures(variant: revoke.variant, samples: forgotten))
    }
    startForwardPasses()
  }

  // MARK: Shares

  mutating func receive(_ share: Share, _ kind: ShareKind) {
    guard !sharesUnderWay.contains(share.id) else { return }
    let missing = share.samples.filter {
      !held.contains(SampleVariant(sample: $0, variant: share.variant))
    }
    guard missing.isEmpty else {
      return send(.decline(Decline(share: share.id, missing: missing)))
    }
    sharesUnderWay.insert(share.id)
    actions.append(.computeShare(share, kind))
  }

  // MARK: Results

  mutating func work(_ event: WorkerEvent) {
    switch event {
    case .photographReady(let item):
      unansweredSince = nil
      // It was away for a moment: so may others be.
      if timesMissing.removeValue(forKey: item) != nil { absentAt = nil }
      guard leases[item] == .fetching else { break }
      leases[item] = .ready
      ready.append(item)
    case .photographFailed(let item, let reason):
      let since = unansweredSince ?? now
      unansweredSince = since
      guard now.nanoseconds(since: since) <= identity.retryMaxNanoseconds else {
        return leave(.unavailable(reason: reason))
      }
      retryPhotograph(item, reason)
    case .photographMissing(let item, let reason): photographMissing(item, reason)
    case .featuresReady(let item): featuresReady(item)
    case .undecodable(let item, let reason):
      extracting.remove(item)
      if leases.removeValue(forKey: item) != nil {
        send(.undecodable(Undecodable(item: item, cause: .content, reason: reason)))
      }
    case .notExtracted(let item, let reason):
      extracting.remove(item)
      extractionFailures += 1
      guard extractionFailures < Limits.extractionTriesMax else {
        return leave(.unavailable(reason: reason))
      }
      if leases[item] == .extracting { leases[item] = .fetching }
      retryPhotograph(item, reason)
    case .shareComputed(let answer): give(answer)
    case .shareDiverged(let share, let reason):
      if sharesUnderWay.remove(share) != nil {
        send(.diverged(Diverged(share: share, reason: reason)))
      }
    default: preconditionFailure("only results are work")
    }
    startForwardPasses()
  }

  private mutating func retryPhotograph(_ item: SampleVariant, _ reason: String) {
    guard leases[item] == .fetching else { return }
    actions.append(.notice(.photographMissing(item, reason: reason)))
    photographRetries.append(
      (item, now.advanced(byNanoseconds: Limits.retryPauseMinNanoseconds)))
  }

  /// A file may be away for a moment. One that stays away nobody can decode: the coordinator looks
  /// for itself and skips it.
  private mutating func photographMissing(_ item: SampleVariant, _ reason: String) {
    unansweredSince = nil
    timesMissing[item, default: 0] += 1
    let othersAreGone =
      absentAt.map { now.nanoseconds(since: $0) < Limits.absencesTogetherNanoseconds } ?? false
    let triesMax = othersAreGone ? 1 : Limits.photographTriesMax
    guard timesMissing[item, default: 0] >= triesMax else { return retryPhotograph(item, reason) }
    timesMissing[item] = nil
    absentAt = now
    if leases.removeValue(forKey: item) != nil {
      send(.undecodable(Undecodable(item: item, cause: .absence, reason: reason)))
    }
  }

  private mutating func featuresReady(_ item: SampleVariant) {
    extracting.remove(item)
    extractionFailures = 0
    if leases.removeValue(forKey: item) != nil {
      held.insert(item)
      _ = given.remove(item)
      send(.features(Features(item: item)))
    } else if !held.contains(item) {
      actions.append(.forgetFeatures(variant: item.variant, samples: [item.sample]))
    }
  }

  private mutating func give(_ answer: ShareAnswer) {
    guard sharesUnderWay.remove(answer.share) != nil else { return }
    switch answer {
    case .gradient(let sum): send(.gradientSum(sum))
    case .evaluation(let evaluation): send(.evaluation(evaluation))
    }
  }

  // MARK: What next

  /// A share holds up the whole run and a forward pass only itself: none begins while a share is
  /// being computed.
  private mutating func startForwardPasses() {
    guard sharesUnderWay.isEmpty else { return }
    while extracting.count < identity.threads, let item = ready.popFirst() {
      guard leases[item] == .ready else { continue }
      leases[item] = .extracting
      extracting.insert(item)
      actions.append(.extract(item))
    }
  }

  mutating func retryPhotographs() {
    guard !photographRetries.isEmpty else { return }
    let now = now
    let due = photographRetries.filter { $0.at <= now }
    photographRetries.removeAll { $0.at <= now }
    for (item, _) in due where leases[item] == .fetching {
      actions.append(.fetchPhotograph(item))
    }
  }

  /// A forward pass under way goes on: its thread is busy for milliseconds only.
  private mutating func cancelLease(of item: SampleVariant) {
    switch leases.removeValue(forKey: item) {
    case .fetching, .ready: actions.append(.cancel(item))
    case .extracting, nil: break
    }
  }

  /// The session is over: nothing of it will be asked for. What the threads are busy with comes to
  /// the features that the shell keeps.
  mutating func cancelAllWork() {
    for item in leases.keys.sorted() { cancelLease(of: item) }
    ready = Fifo()
    extracting = []
    sharesUnderWay = []
    photographRetries = []
    timesMissing = [:]
    absentAt = nil
    extractionFailures = 0
    unansweredSince = nil
  }
}
