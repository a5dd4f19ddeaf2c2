import ClusterCore
import Digest
import Training
import Wire

/// A coordinator with its payload: the core, which decides, and the tensors that its decisions are
/// about. What is delivered to it goes to the core; every action that comes back is carried out on
/// the payload, and what remains to be done outside is returned.
///
/// It knows no sockets, threads, clock or files, so that the daemon, the simulator and the benchmark
/// run the same one.
public struct CoordinatorShell: Sendable {
  public private(set) var core: Coordinator
  public private(set) var learner: Learner
  private var features = FeatureMemory()
  /// Answers to audited shares, until there is a second.
  private var held: [ShareID: WholeAnswer] = [:]
  /// What an earlier coordinator kept and nobody has looked at twice.
  private let earlier: [OpenAudit: ContentDigest]
  /// The classes of the samples.
  private let labels: [Int]
  private let objective: Objective

  /// Events that actions gave rise to, delivered before anything else happens.
  private var pending: [CoordinatorEvent] = []
  private var effects: [CoordinatorEffect] = []
  public private(set) var isFinished = false

  /// - Parameters:
  ///   - trainer: at the position where the core begins
  ///   - labels: the classes of all samples
  ///   - kept: the features that the core was told are kept
  ///   - earlier: the digests of the features that the core was told are yet to be audited
  public init(
    core: Coordinator, trainer: Trainer, labels: [Int], objective: Objective,
    kept: [SampleVariant: [Float]] = [:], earlier: [OpenAudit: ContentDigest] = [:]
  ) {
    self.core = core
    learner = Learner(trainer: trainer)
    self.labels = labels
    self.objective = objective
    self.earlier = earlier
    for (item, row) in kept { features.keep(row, of: item) }
  }

  /// The features that are kept of an item: float32 [featureCount].
  public func features(of item: SampleVariant) -> [Float]? { features[item] }

  /// How many answers wait for a second.
  public var answersHeld: Int { held.count }

  // MARK: Events

  /// - Parameter tensor: what belongs to the event, with its length and bounds checked.
  /// - Returns: what is to be done, in this order; nothing after the end.
  public mutating func receive(
    _ event: CoordinatorEvent, tensor: Tensor = .none, at now: Instant
  ) -> [CoordinatorEffect] {
    guard !isFinished else { return [] }
    perform(core.receive(event, at: now), tensor)
    while !isFinished, !pending.isEmpty {
      perform(core.receive(pending.removeFirst(), at: now), .none)
    }
    defer { effects = [] }
    return effects
  }

  /// The answer to `rollBack`: goes on from the trainer of a checkpoint, or from the start.
  public mutating func goOn(
    from trainer: Trainer, at position: Position, contributors: Contributors, at now: Instant
  ) -> [CoordinatorEffect] {
    precondition(trainer.step == position.step, "position and trainer agree")
    learner.restart(trainer)
    return receive(.rolledBack(to: position, contributors), at: now)
  }

  // MARK: Actions

  private mutating func perform(_ actions: [CoordinatorAction], _ tensor: Tensor) {
    for action in actions {
      switch action {
      case .send(let peer, let envelope):
        effects.append(.send(peer, envelope, self.tensor(for: envelope.message)))
      case .disconnect(let peer): effects.append(.hangUp(peer))
      case .replyStatus(let peer): effects.append(.replyStatus(peer))
      case .keepFeatures(let kept): keep(tensor, kept)
      case .addGradient(let sum): add(WholeAnswer(.gradient(sum), tensor))
      case .addEvaluation(let evaluation): add(WholeAnswer(.evaluation(evaluation), tensor))
      case .applyStep(let report):
        guard let totals = learner.applyStep(report) else {
          return pending.append(.headDiverged)
        }
        effects.append(.tookStep(report, totals))
      case .finishEpoch(let report):
        effects.append(.finishedEpoch(report, learner.finishEpoch(report)))
      case .finishTest(let report):
        effects.append(
          .finishedTest(report, learner.takeEvaluation(counted: report.counted)))
      case .auditFeatures(let item, let second): audit(item, second, tensor)
      case .auditEarlier(let open): audit(open)
      case .holdAnswer(let answer): held[answer.share] = WholeAnswer(answer, tensor)
      case .auditAnswer(let share, let second):
        audit(share, second.map { WholeAnswer($0, tensor) })
      case .addHeld(let share): add(takeHeld(share))
      case .dropAnswer(let share): held[share] = nil
      case .forgetFeatures(let items): forget(items)
      case .rollBack(let faulty):
        held = [:]
        effects.append(.rollBack(excluding: faulty))
      case .checkUndecodable(let sample): effects.append(.check(.undecodable(sample)))
      case .checkDivergence(let share): check(share, .evaluation, .divergence)
      case .writeCheckpoint(let request):
        effects.append(
          .writeCheckpoint(
            request, learner.snapshot, openAudits: digests(of: request.openAudits)))
      case .notice(let notice): effects.append(.notice(notice))
      case .finish(let outcome):
        isFinished = true
        effects.append(.finish(outcome))
      }
    }
  }

  private func tensor(for message: CoordinatorMessage) -> CoordinatorTensor {
    switch message {
    case .step, .evaluate: .head(learner.head.parameters, version: learner.headVersion)
    case .lease(let lease) where lease.withFeatures: .features(row(lease.item))
    default: .none
    }
  }

  private mutating func keep(_ tensor: Tensor, _ kept: KeptFeatures) {
    guard case .floats(let row) = tensor else {
      preconditionFailure("features are kept when they arrive")
    }
    features.keep(row, of: kept.item)
    effects.append(.kept(kept, row))
  }

  private mutating func forget(_ items: [SampleVariant]) {
    for item in items { features.forget(item) }
    effects.append(.forgot(items))
  }

  private mutating func add(_ whole: WholeAnswer) {
    learner.add(whole)
    effects.append(.added(whole.answer))
  }

  private mutating func takeHeld(_ share: ShareID) -> WholeAnswer {
    guard let whole = held.removeValue(forKey: share) else {
      preconditionFailure("an answer is held until it is added")
    }
    return whole
  }

  // MARK: Audits

  private mutating func audit(_ item: SampleVariant, _ second: SecondFeatures, _ tensor: Tensor) {
    let kept = row(item)
    let other: FeaturesCheck.Second
    switch (second, tensor) {
    case (.none, _): other = .none
    case (.undecodable, _): other = .undecodable
    case (.tensor, .floats(let row)):
      if hasSameBits(row, kept) { return pending.append(.featuresAudited(item, .equal)) }
      other = .row(row)
    case (.tensor, _): preconditionFailure("second features are audited when they arrive")
    }
    effects.append(.check(.features(FeaturesCheck(item: item, kept: kept, second: other))))
  }

  private mutating func audit(_ open: OpenAudit) {
    guard let digest = earlier[open] else {
      preconditionFailure("what the checkpoint left open came with its digest")
    }
    effects.append(.check(.earlier(EarlierCheck(audit: open, features: digest))))
  }

  private mutating func audit(_ share: Share, _ second: WholeAnswer?) {
    guard let first = held[share.id] else { preconditionFailure("the first answer is held") }
    if first == second { return pending.append(.answerAudited(share.id, .equal)) }
    let kind: ShareKind =
      switch first.answer {
      case .gradient: .step
      case .evaluation: .evaluation
      }
    check(share, kind, .answers(first: first, second: second))
  }

  private mutating func check(
    _ share: Share, _ kind: ShareKind, _ question: ShareCheck.Question
  ) {
    let work = ShareWork(
      share: share, kind: kind, head: learner.head,
      features: share.samples.map { row(SampleVariant(sample: $0, variant: share.variant)) },
      labels: share.samples.map { labels[Int($0)] }, objective: objective)
    effects.append(.check(.share(ShareCheck(work: work, question: question))))
  }

  /// What a checkpoint keeps of features that are yet to be looked at twice.
  private func digests(of audits: [OpenAudit]) -> [OpenAudit: ContentDigest] {
    var digests: [OpenAudit: ContentDigest] = [:]
    for audit in audits {
      digests[audit] = earlier[audit] ?? .sha256(TensorFrame.bytes(row(audit.item)))
    }
    return digests
  }

  private func row(_ item: SampleVariant) -> [Float] {
    guard let row = features[item] else {
      preconditionFailure("features that the core speaks of are kept")
    }
    return row
  }
}

extension WholeAnswer {
  init(_ answer: ShareAnswer, _ tensor: Tensor) {
    guard case .sums(let values) = tensor else {
      preconditionFailure("an answer to a share comes with its sums")
    }
    self.init(answer: answer, tensor: values)
  }
}
