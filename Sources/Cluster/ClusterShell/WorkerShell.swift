import ClusterCore
import Digest
import Training

/// A worker with its payload: the core, which decides, and the features, photographs and answers
/// that its decisions are about. What is delivered to it goes to the core; every action that comes
/// back is carried out on the payload, and what remains to be done outside is returned.
///
/// It knows no sockets, threads, clock or files, so that the daemon, the simulator and the benchmark
/// run the same one.
public struct WorkerShell: Sendable {
  public private(set) var core: Worker
  public private(set) var terms: WorkerTerms?
  private var shape: HeadShape?
  /// The samples of the manifest, once it is here.
  public private(set) var catalog: SampleCatalog?
  private var hasBackbone = false
  /// Counts the backbones that this process has had.
  private var backboneNumber = 0
  /// Whether the objects of the terms are still being fetched or read.
  private var isFetching = false

  /// What this process has computed.
  private var features = FeatureShelf()
  /// What the coordinator gave in this session. It is no computation of this worker's own, so it
  /// serves shares alone and doesn't outlive the session.
  private var given = FeatureRows()
  /// Photographs fetched and not yet computed.
  private var photographs: [SampleVariant: [UInt8]] = [:]
  private var awaited: [ContentDigest: [SampleVariant]] = [:]

  /// Events that actions gave rise to, delivered before anything else happens.
  private var pending: [WorkerEvent] = []
  private var effects: [WorkerEffect] = []
  public private(set) var isFinished = false

  public init(core: Worker) { self.core = core }

  /// The items whose features are here, of which this process computed some and was given others.
  public var itemsHeld: Set<SampleVariant> {
    guard let catalog else { return [] }
    return Set(features.items).union(given.items(numbers: catalog.contents.indices))
  }

  // MARK: Events

  /// - Parameter tensor: what belongs to the event, with its length and bounds checked.
  /// - Returns: what is to be done, in this order; nothing after the end.
  public mutating func receive(
    _ event: WorkerEvent, tensor: Tensor = .none, at now: Instant
  ) -> [WorkerEffect] {
    guard !isFinished else { return [] }
    perform(core.receive(event, at: now), tensor)
    return receivePending(at: now)
  }

  private mutating func receivePending(at now: Instant) -> [WorkerEffect] {
    while !isFinished, !pending.isEmpty {
      perform(core.receive(pending.removeFirst(), at: now), .none)
    }
    defer { effects = [] }
    return effects
  }

  /// A manifest has come.
  public mutating func use(_ catalog: SampleCatalog, at now: Instant) -> [WorkerEffect] {
    guard isFetching, catalog.digest == terms?.manifest else { return [] }
    self.catalog = catalog
    features.use(catalog.contents)
    finishFetching()
    return receivePending(at: now)
  }

  /// A backbone has come, and is ready for forward passes.
  public mutating func use(backbone digest: ContentDigest, at now: Instant) -> [WorkerEffect] {
    guard isFetching, digest == terms?.backbone else { return [] }
    hasBackbone = true
    finishFetching()
    return receivePending(at: now)
  }

  public mutating func objectsFailed(
    _ reason: String, isFinal: Bool, at now: Instant
  ) -> [WorkerEffect] {
    guard isFetching else { return [] }
    isFetching = false
    return receive(.objectsFailed(reason: reason, isFinal: isFinal), at: now)
  }

  /// What came of `fetchPhotograph`; nothing where nobody waits for it any more.
  public mutating func take(
    _ reply: PhotographReply, of content: ContentDigest, at now: Instant
  ) -> [WorkerEffect] {
    for item in awaited.removeValue(forKey: content) ?? [] {
      switch reply {
      case .bytes(let bytes):
        photographs[item] = bytes
        pending.append(.photographReady(item))
      case .failed(let reason): pending.append(.photographFailed(item, reason: reason))
      case .missing(let reason): pending.append(.photographMissing(item, reason: reason))
      }
    }
    return receivePending(at: now)
  }

  /// What came of `extract`; nothing where it was for another dataset or backbone.
  public mutating func take(
    _ result: ForwardResult, of pass: ForwardPass, at now: Instant
  ) -> [WorkerEffect] {
    guard pass.backboneNumber == backboneNumber, content(pass.item.sample) == pass.content else {
      return []
    }
    switch result {
    case .features(let row):
      features.keep(row, of: pass.content, variant: pass.item.variant)
      return receive(.featuresReady(pass.item), at: now)
    case .undecodable(let reason):
      return receive(.undecodable(pass.item, reason: reason), at: now)
    case .failed(let reason):
      return receive(.notExtracted(pass.item, reason: reason), at: now)
    }
  }

  /// What came of `compute`.
  public mutating func take(_ whole: WholeAnswer, at now: Instant) -> [WorkerEffect] {
    receive(.shareComputed(whole.answer), tensor: .sums(whole.tensor), at: now)
  }

  // MARK: Actions

  private mutating func perform(_ actions: [WorkerAction], _ tensor: Tensor) {
    for action in actions {
      switch action {
      case .connect: effects.append(.connect)
      case .send(let envelope):
        effects.append(.send(envelope, self.tensor(for: envelope.message, tensor)))
      case .fetchObjects(let terms): fetch(terms)
      case .runProbe: effects.append(.runProbe)
      case .fetchPhotograph(let item):
        let content = knownContent(item.sample)
        awaited[content, default: []].append(item)
        effects.append(.fetchPhotograph(content))
      case .extract(let item): extract(item)
      case .cancel(let item): photographs[item] = nil
      case .keepFeatures(let item):
        guard case .floats(let row) = tensor else {
          preconditionFailure("these features come with a tensor")
        }
        given[Int(item.sample), item.variant] = row
      case .forgetFeatures(let variant, let samples):
        for sample in samples {
          given[Int(sample), variant] = nil
          features.forget(knownContent(sample), variant: variant)
        }
      case .computeShare(let share, let kind): compute(share, kind, head: tensor)
      case .notice(let notice): effects.append(.notice(notice))
      case .finish(let outcome):
        isFinished = true
        effects.append(.finish(outcome))
      }
    }
  }

  private func tensor(for message: WorkerMessage, _ tensor: Tensor) -> Tensor {
    switch message {
    case .features(let features):
      guard let row = ownRow(features.item) else {
        preconditionFailure("a worker reports features that it has computed")
      }
      return .floats(row)
    case .gradientSum, .evaluation:
      guard case .sums = tensor else {
        preconditionFailure("an answer leaves when it was computed")
      }
      return tensor
    default: return .none
    }
  }

  private mutating func fetch(_ terms: WorkerTerms) {
    let givesOtherFeatures =
      self.terms?.backbone != terms.backbone || self.terms?.normalization != terms.normalization
      || self.terms?.fit != terms.fit
    if givesOtherFeatures {
      hasBackbone = false
      backboneNumber += 1
      features.forgetAll()
    }
    if catalog?.digest != terms.manifest { catalog = nil }
    self.terms = terms
    given = FeatureRows()
    photographs = [:]
    awaited = [:]
    isFetching = true
    do throws(TrainingError) {
      shape = try HeadShape(
        featureCount: Int(terms.featureCount), classCount: Int(terms.classCount))
    } catch {
      isFetching = false
      pending.append(.objectsFailed(reason: error.description, isFinal: true))
      return
    }
    effects.append(
      .fetchObjects(terms, needsManifest: catalog == nil, needsBackbone: !hasBackbone))
    finishFetching()
  }

  private mutating func finishFetching() {
    guard catalog != nil, hasBackbone else { return }
    isFetching = false
    pending.append(.objectsReady(held: features.items))
  }

  private mutating func extract(_ item: SampleVariant) {
    guard let photograph = photographs.removeValue(forKey: item) else {
      preconditionFailure("a forward pass follows its photograph")
    }
    // Features kept from an earlier session are as good as new ones.
    if ownRow(item) != nil { return pending.append(.featuresReady(item)) }
    effects.append(
      .extract(
        ForwardPass(
          item: item, content: knownContent(item.sample), photograph: photograph,
          backboneNumber: backboneNumber)))
  }

  private mutating func compute(_ share: Share, _ kind: ShareKind, head tensor: Tensor) {
    guard let terms, let shape, let catalog, case .floats(let parameters) = tensor,
      let head = try? Head(shape: shape, parameters: parameters)
    else { preconditionFailure("a share comes with a sound head to a worker that has its objects") }
    var rows: [[Float]] = []
    rows.reserveCapacity(share.samples.count)
    var labels: [Int] = []
    labels.reserveCapacity(share.samples.count)
    for sample in share.samples {
      let item = SampleVariant(sample: sample, variant: share.variant)
      guard let row = given[Int(sample), share.variant] ?? ownRow(item) else {
        preconditionFailure("the core computes only shares whose features are here")
      }
      rows.append(row)
      labels.append(catalog.labels[Int(sample)])
    }
    effects.append(
      .compute(
        ShareWork(
          share: share, kind: kind, head: head, features: rows, labels: labels,
          objective: Objective(terms))))
  }

  // MARK: Lookups

  private func ownRow(_ item: SampleVariant) -> [Float]? {
    features[item.sample, item.variant]
  }

  private func knownContent(_ sample: SampleIndex) -> ContentDigest {
    guard let content = content(sample) else {
      preconditionFailure("the core knows how many samples there are")
    }
    return content
  }

  private func content(_ sample: SampleIndex) -> ContentDigest? {
    guard let catalog, Int(sample) < catalog.contents.count else { return nil }
    return catalog.contents[Int(sample)]
  }
}
