import ClusterCore
import ClusterShell
import DaemonSupport
import Digest
import Images
import Manifest
import MobileNet
import Wire
import ZeroMQ

/// Where a worker's objects come from and its computations are made: the object channel, the threads
/// and the backbone. It carries out those effects of the shell that have nothing to do with the
/// connection.
struct Workshop: ~Copyable {
  /// What the shell is to hear of.
  enum Result {
    case event(WorkerEvent, Tensor = .none)
    case manifest(SampleCatalog)
    case backbone(ContentDigest)
    case objectsFailed(reason: String, isFinal: Bool)
    case photograph(PhotographReply, of: ContentDigest)
    case extracted(ForwardPass, ForwardResult)
    case answered(WholeAnswer)
  }

  /// A share that takes fewer multiplications than this is computed at once by the control thread:
  /// about a tenth of a millisecond, less than handing it to another thread and back may take.
  private static let smallShareMultiplicationsMax = 1 << 20

  /// What helps where the coordinator's build is another one.
  private static let updateAdvice =
    "install the coordinator's version here ('tl-coord --version' on its machine names it) and start "
    + "this worker again"

  private let objects: ObjectClient
  private var photographs: PhotographSource
  private let pool: ComputePool
  private var bench = ComputeBench()
  private var loaded: ComputePool.LoadedBackbone?
  /// The manifest and the backbone, while they are on their way.
  private var awaited: Set<ContentDigest> = []

  init(objects: ObjectClient, photographs: PhotographSource, pool: ComputePool) {
    self.objects = objects
    self.photographs = photographs
    self.pool = pool
  }

  /// Ends what it began on its own.
  mutating func stop() { photographs.stop() }

  // MARK: Effects

  /// - Returns: what could be answered at once.
  mutating func perform(_ effect: WorkerEffect, at now: Instant) -> Result? {
    switch effect {
    case .fetchObjects(let terms, let needsManifest, let needsBackbone):
      return fetch(terms, needsManifest, needsBackbone)
    case .runProbe:
      guard let loaded else { return .event(.probeFailed(reason: "the backbone isn't here")) }
      pool.add(.probe(loaded))
    case .fetchPhotograph(let content): photographs.fetch(content, at: now)
    case .extract(let pass):
      guard let loaded else { preconditionFailure("a forward pass follows the backbone") }
      pool.add(.extract(pass, loaded))
    case .compute(let work):
      guard work.multiplications > Workshop.smallShareMultiplicationsMax else {
        return Workshop.result(bench.answer(work))
      }
      pool.add(.share(work))
    case .connect, .send, .notice, .finish:
      preconditionFailure("the control thread does this itself")
    }
    return nil
  }

  private mutating func fetch(
    _ terms: WorkerTerms, _ needsManifest: Bool, _ needsBackbone: Bool
  ) -> Result? {
    func refuse(_ reason: String) -> Result { .objectsFailed(reason: reason, isFinal: true) }
    guard terms.preprocessingVersion == Preprocessing.version else {
      return refuse(
        "this tl prepares photographs by rules of version \(Preprocessing.version) and the coordinator "
          + "by version \(terms.preprocessingVersion); \(Workshop.updateAdvice)")
    }
    guard Preprocess(rawValue: terms.normalization) != nil,
      Precision(rawValue: terms.precision) != nil, Fit(rawValue: terms.fit) != nil
    else {
      return refuse(
        "this tl knows no \(terms.precision) with \(terms.normalization) and \(terms.fit) input; "
          + Workshop.updateAdvice)
    }
    objects.connect()
    awaited = []
    if needsManifest { awaited.insert(terms.manifest) }
    if needsBackbone {
      loaded = nil
      awaited.insert(terms.backbone)
    }
    for digest in awaited { objects.fetch(digest) }
    return nil
  }

  // MARK: Results

  /// - Parameter terms: of the session, if there is one.
  mutating func take(_ fetched: ObjectClient.Fetched, terms: WorkerTerms?) -> Result? {
    guard let terms, awaited.remove(fetched.digest) != nil else {
      let reply: PhotographReply =
        switch fetched.outcome {
        case .bytes(let bytes): .bytes(bytes)
        case .unusable(let reason): .missing(reason: reason)
        case .unreachable(let reason): .failed(reason: reason)
        }
      return .photograph(reply, of: fetched.digest)
    }
    switch fetched.outcome {
    case .unusable(let reason):
      let name = fetched.digest == terms.manifest ? "list of photographs" : "backbone"
      return .objectsFailed(reason: "the run's \(name) can't be fetched: \(reason)", isFinal: true)
    case .unreachable(let reason): return .objectsFailed(reason: reason, isFinal: false)
    case .bytes(let bytes):
      if fetched.digest == terms.manifest { return read(manifest: bytes, terms) }
      if let preprocess = Preprocess(rawValue: terms.normalization),
        let fit = Fit(rawValue: terms.fit)
      {
        pool.add(.load(bytes, preprocess, fit))
      }
      return nil
    }
  }

  mutating func take(_ found: PhotographFound, at now: Instant) -> Result? {
    photographs.take(found, at: now).map { .photograph($0, of: found.content) }
  }

  /// What there is to tell of the place of photographs.
  mutating func tick(at now: Instant) -> [PhotographNews] { photographs.tick(at: now) }

  /// - Parameter terms: of the session, if there is one.
  mutating func take(_ result: ComputePool.Result, terms: WorkerTerms?) -> Result? {
    guard case .loaded(let loaded) = result else { return Workshop.result(result) }
    guard let terms, loaded.backbone.digest == terms.backbone,
      loaded.backbone.preprocess.rawValue == terms.normalization, loaded.fit.rawValue == terms.fit
    else { return nil }
    guard loaded.backbone.featureCount == Int(terms.featureCount) else {
      return .objectsFailed(
        reason: "the backbone gives \(loaded.backbone.featureCount) features", isFinal: true)
    }
    self.loaded = loaded
    return .backbone(terms.backbone)
  }

  private static func result(_ result: ComputePool.Result) -> Result? {
    switch result {
    case .loaded: nil
    case .notLoaded(let reason): .objectsFailed(reason: reason, isFinal: true)
    case .probed(let digest): .event(.probeFinished(digest))
    case .notProbed(let reason): .event(.probeFailed(reason: reason))
    case .extracted(let pass, let result): .extracted(pass, result)
    case .answered(let whole): .answered(whole)
    case .diverged(let share, let reason): .event(.shareDiverged(share, reason: reason))
    }
  }

  private mutating func read(manifest bytes: [UInt8], _ terms: WorkerTerms) -> Result {
    do throws(ManifestError) {
      let manifest = try Manifest(decoding: bytes)
      guard manifest.classes.count == Int(terms.classCount) else {
        return .objectsFailed(
          reason: "the manifest has \(manifest.classes.count) classes", isFinal: true)
      }
      photographs.use(manifest)
      return .manifest(
        SampleCatalog(
          digest: manifest.digest, contents: manifest.entries.map(\.digest),
          labels: manifest.entries.map(\.classIndex)))
    } catch {
      return .objectsFailed(reason: error.description, isFinal: true)
    }
  }
}
