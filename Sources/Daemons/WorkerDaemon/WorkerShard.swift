import ClusterCore
import DaemonSupport
import Digest
import Images
import Manifest
import MobileNet
import Training
import Wire
import ZeroMQ

/// What a worker holds: the terms, the objects, its samples' features and the work under way. It
/// carries out those actions of the core that have nothing to do with the connection.
struct WorkerShard: ~Copyable {
  /// A share that takes fewer multiplications than this is computed at once by the control thread:
  /// about a tenth of a millisecond, less than handing it to another thread and back may take.
  private static let smallShareMultiplicationsMax = 1 << 20

  /// The coordinator's host, where the object channel is too.
  private let host: String
  private let objects: ObjectClient
  private let pool: ComputePool
  private var bench = ComputeBench()

  private(set) var terms: WorkerTerms?
  private var shape: HeadShape?
  private(set) var manifest: Manifest?
  private var loaded: ComputePool.LoadedBackbone?
  /// Whether the objects of the terms are still being fetched or read.
  private var isFetching = false
  /// What this process has computed.
  private var features = FeatureShelf()
  /// What the coordinator gave in this session. It is no computation of this worker's own, so it
  /// serves shares alone and doesn't outlive the session.
  private var given: [SampleVariant: [Float]] = [:]
  /// Photographs fetched and not yet computed.
  private var photographs: [SampleVariant: [UInt8]] = [:]
  private var awaitedPhotographs: [ContentDigest: [SampleVariant]] = [:]
  /// The tensors of shares computed and not yet sent.
  private var answers: [ShareID: [Int64]] = [:]

  init(host: String, objects: ObjectClient, pool: ComputePool) {
    self.host = host
    self.objects = objects
    self.pool = pool
  }

  // MARK: Actions

  /// - Parameter tensor: that of the event which the action answers.
  /// - Returns: what could be answered at once.
  mutating func perform(_ action: WorkerAction, tensor: [Float]?) -> [WorkerEvent] {
    switch action {
    case .fetchObjects(let terms): return fetch(terms)
    case .runProbe: return probe()
    case .fetchPhotograph(let item):
      let digest = contentDigest(of: item.sample)
      awaitedPhotographs[digest, default: []].append(item)
      objects.fetch(digest)
    case .extract(let item): return extract(item)
    case .cancel(let item):
      photographs[item] = nil
    case .keepFeatures(let item):
      guard let tensor else { preconditionFailure("these features come with a tensor") }
      given[item] = tensor
    case .forgetFeatures(let variant, let samples):
      for sample in samples {
        given[SampleVariant(sample: sample, variant: variant)] = nil
        features.forget(contentDigest(of: sample), variant: variant)
      }
    case .computeShare(let share, let kind): return compute(share, kind, head: tensor)
    case .connect, .send, .notice, .finish:
      preconditionFailure("the control thread does this itself")
    }
    return []
  }

  private mutating func fetch(_ terms: WorkerTerms) -> [WorkerEvent] {
    func refuse(_ reason: String) -> [WorkerEvent] {
      [.objectsFailed(reason: reason, isFinal: true)]
    }
    guard terms.preprocessingVersion == Preprocessing.version else {
      return refuse("this build prepares photographs otherwise than the coordinator's; update it")
    }
    guard Preprocess(rawValue: terms.normalization) != nil,
      Precision(rawValue: terms.precision) != nil
    else {
      return refuse(
        "this build knows no \(terms.precision) with \(terms.normalization) input; update it")
    }
    do throws(TrainingError) {
      shape = try HeadShape(
        featureCount: Int(terms.featureCount), classCount: Int(terms.classCount))
    } catch {
      return refuse(error.description)
    }
    let isOtherBackbone =
      self.terms?.backbone != terms.backbone || self.terms?.normalization != terms.normalization
    if isOtherBackbone {
      loaded = nil
      features.forgetAll()
    }
    if manifest?.digest != terms.manifest { manifest = nil }
    self.terms = terms
    given = [:]
    photographs = [:]
    awaitedPhotographs = [:]
    objects.connect(to: Endpoint(host: host, port: terms.objectPort))
    isFetching = true
    if manifest == nil { objects.fetch(terms.manifest) }
    if loaded == nil { objects.fetch(terms.backbone) }
    return readyIfComplete()
  }

  private func probe() -> [WorkerEvent] {
    guard let loaded else { return [.probeFailed(reason: "the backbone isn't here")] }
    pool.add(.probe(loaded))
    return []
  }

  private mutating func extract(_ item: SampleVariant) -> [WorkerEvent] {
    guard let loaded, let photograph = photographs.removeValue(forKey: item) else {
      preconditionFailure("a forward pass follows its photograph")
    }
    // Features kept from an earlier session are as good as new ones.
    if ownRow(item) != nil { return [.featuresReady(item)] }
    pool.add(
      .extract(
        ComputePool.ForwardPass(
          item: item, content: contentDigest(of: item.sample), photograph: photograph,
          loaded: loaded)))
    return []
  }

  private mutating func compute(
    _ share: Share, _ kind: ShareKind, head parameters: [Float]?
  ) -> [WorkerEvent] {
    guard let terms, let shape, let manifest, let parameters,
      let head = try? Head(shape: shape, parameters: parameters)
    else { preconditionFailure("a share comes with a sound head to a worker that has its objects") }
    var rows: [[Float]] = []
    rows.reserveCapacity(share.samples.count)
    var labels: [Int] = []
    labels.reserveCapacity(share.samples.count)
    for sample in share.samples {
      let item = SampleVariant(sample: sample, variant: share.variant)
      guard let row = row(item) else {
        preconditionFailure("the core computes only shares whose features are here")
      }
      rows.append(row)
      labels.append(manifest.entries[Int(sample)].classIndex)
    }
    let work = ComputePool.ShareWork(
      share: share, kind: kind, head: head, features: rows, labels: labels,
      labelSmoothing: Double(terms.labelSmoothing))
    guard rows.count * shape.parameterCount > WorkerShard.smallShareMultiplicationsMax else {
      return [take(bench.compute(work))]
    }
    pool.add(.share(work))
    return []
  }

  // MARK: Results

  mutating func take(_ fetched: ObjectClient.Fetched) -> [WorkerEvent] {
    if let items = awaitedPhotographs.removeValue(forKey: fetched.digest) {
      return items.map { item in
        switch fetched.outcome {
        case .bytes(let bytes):
          photographs[item] = bytes
          return .photographReady(item)
        case .unusable(let reason): return .photographMissing(item, reason: reason)
        case .unreachable(let reason): return .photographFailed(item, reason: reason)
        }
      }
    }
    guard isFetching, let terms else { return [] }
    guard fetched.digest == terms.manifest || fetched.digest == terms.backbone else { return [] }
    switch fetched.outcome {
    case .unusable(let reason): return fail(reason, isFinal: true)
    case .unreachable(let reason): return fail(reason, isFinal: false)
    case .bytes(let bytes):
      return fetched.digest == terms.manifest ? read(manifest: bytes, terms) : load(bytes, terms)
    }
  }

  mutating func take(_ result: ComputePool.Result) -> [WorkerEvent] {
    switch result {
    case .loaded(let loaded):
      guard isFetching, let terms, loaded.backbone.digest == terms.backbone else { return [] }
      guard loaded.backbone.featureCount == Int(terms.featureCount) else {
        return fail("the backbone gives \(loaded.backbone.featureCount) features", isFinal: true)
      }
      self.loaded = loaded
      return readyIfComplete()
    case .notLoaded(let reason): return isFetching ? fail(reason, isFinal: true) : []
    case .probed(let digest): return [.probeFinished(digest)]
    case .notProbed(let reason): return [.probeFailed(reason: reason)]
    case .extracted(let pass, let row):
      guard isCurrent(pass) else { return [] }
      features.keep(row, of: pass.content, variant: pass.item.variant)
      return [.featuresReady(pass.item)]
    case .undecodable(let pass, let reason):
      return isCurrent(pass) ? [.undecodable(pass.item, reason: reason)] : []
    case .notExtracted(let pass, let reason):
      return isCurrent(pass) ? [.notExtracted(pass.item, reason: reason)] : []
    case .share(let answer): return [take(answer)]
    }
  }

  private mutating func take(_ answer: ComputePool.ShareAnswer) -> WorkerEvent {
    answers[answer.id] = answer.tensor
    return .shareComputed(answer.id, answer.result)
  }

  private mutating func read(manifest bytes: [UInt8], _ terms: WorkerTerms) -> [WorkerEvent] {
    do throws(ManifestError) {
      let manifest = try Manifest(decoding: bytes)
      guard manifest.classes.count == Int(terms.classCount) else {
        return fail("the manifest has \(manifest.classes.count) classes", isFinal: true)
      }
      self.manifest = manifest
      features.use(manifest)
    } catch {
      return fail(error.description, isFinal: true)
    }
    return readyIfComplete()
  }

  private func load(_ bytes: [UInt8], _ terms: WorkerTerms) -> [WorkerEvent] {
    guard let preprocess = Preprocess(rawValue: terms.normalization) else { return [] }
    pool.add(.load(bytes, preprocess))
    return []
  }

  private mutating func readyIfComplete() -> [WorkerEvent] {
    guard isFetching, let manifest, loaded != nil else { return [] }
    isFetching = false
    return [.objectsReady(held: features.items(of: manifest))]
  }

  private mutating func fail(_ reason: String, isFinal: Bool) -> [WorkerEvent] {
    isFetching = false
    return [.objectsFailed(reason: reason, isFinal: isFinal)]
  }

  // MARK: Tensors

  /// The tensor that goes with a message; nil where none does.
  mutating func tensor(for message: WorkerMessage) -> Message? {
    switch message {
    case .features(let features):
      guard let row = ownRow(features.item) else {
        preconditionFailure("a worker reports features that it has computed")
      }
      return .tensor(row)
    case .gradientSum(let sum): return answer(sum.share)
    case .evaluation(let evaluation): return answer(evaluation.share)
    default: return nil
    }
  }

  private mutating func answer(_ share: ShareID) -> Message {
    guard let tensor = answers.removeValue(forKey: share) else {
      preconditionFailure("a share is answered once, after it was computed")
    }
    return .tensor(tensor)
  }

  /// Forgets the answers that will never be sent, because their session is over.
  mutating func dropAnswers() { answers = [:] }

  // MARK: Lookups

  private func contentDigest(of sample: SampleIndex) -> ContentDigest {
    guard let entry = entry(sample) else {
      preconditionFailure("the core knows how many samples there are")
    }
    return entry.digest
  }

  /// Whether the terms are still those under which the forward pass began.
  private func isCurrent(_ pass: ComputePool.ForwardPass) -> Bool {
    pass.loaded === loaded && entry(pass.item.sample)?.digest == pass.content
  }

  private func entry(_ sample: SampleIndex) -> Manifest.Entry? {
    guard let manifest, Int(sample) < manifest.entries.count else { return nil }
    return manifest.entries[Int(sample)]
  }

  private func row(_ item: SampleVariant) -> [Float]? { given[item] ?? ownRow(item) }

  private func ownRow(_ item: SampleVariant) -> [Float]? {
    features[contentDigest(of: item.sample), item.variant]
  }
}
