import ClusterCore
import DaemonSupport
import Digest
import Extraction
import Images
import MobileNet
import Threading
import Training

/// The threads that compute. Each owns its buffers and takes one thing at a time, shares before
/// forward passes that have not begun.
final class ComputePool: Sendable {
  /// A backbone that is ready for forward passes.
  final class LoadedBackbone: Sendable {
    let backbone: Backbone

    init(_ backbone: Backbone) { self.backbone = backbone }
  }

  /// A share with everything that it takes.
  struct ShareWork: Sendable {
    let share: Share
    let kind: ShareKind
    let head: Head
    /// Float32 [featureCount] for each sample of the share, and its class.
    let features: [[Float]]
    let labels: [Int]
    let labelSmoothing: Double
  }

  /// A photograph to compute features of.
  struct ForwardPass: Sendable {
    let item: SampleVariant
    let content: ContentDigest
    let photograph: [UInt8]
    let loaded: LoadedBackbone
  }

  enum Work: Sendable {
    case load([UInt8], Preprocess)
    case probe(LoadedBackbone)
    case extract(ForwardPass)
    case share(ShareWork)
  }

  enum Result: Sendable {
    case loaded(LoadedBackbone)
    case notLoaded(reason: String)
    case probed(ContentDigest)
    case notProbed(reason: String)
    case extracted(ForwardPass, [Float])
    case undecodable(ForwardPass, reason: String)
    case notExtracted(ForwardPass, reason: String)
    case share(ShareAnswer)
  }

  /// What came of a share, and the tensor that goes with it.
  struct ShareAnswer: Sendable {
    let id: ShareID
    let result: ShareResult
    let tensor: [Int64]
  }

  private let queue = WorkQueue<Work>()
  private let threads: [NamedThread]

  /// Forward passes of deep networks need little stack, the decoders some.
  private static let stackBytes = 4 << 20

  init(threads count: Int, letters: Mailbox<WorkerLetter>) {
    let queue = queue
    threads = (0..<count).map { number in
      NamedThread(name: "compute-\(number)", stackBytes: ComputePool.stackBytes) {
        var bench = ComputeBench()
        while let work = queue.take() { letters.send(.computed(bench.perform(work))) }
      }
    }
  }

  func add(_ work: Work) {
    if case .share = work { queue.add(work, urgent: true) } else { queue.add(work) }
  }

  /// Waits until the threads have finished what they are at; what they had not begun is dropped.
  func stop() {
    queue.close()
    for thread in threads { thread.join() }
  }
}

/// The buffers of one computing thread.
struct ComputeBench: ~Copyable {
  private var station: ForwardStation?
  private var stationed: ComputePool.LoadedBackbone?
  private var engine: ShareEngine?
  private var labelSmoothing = 0.0

  mutating func perform(_ work: ComputePool.Work) -> ComputePool.Result {
    switch work {
    case .load(let bytes, let preprocess):
      do throws(MobileNetError) {
        let backbone = try Backbone(object: bytes, preprocess: preprocess)
        return .loaded(ComputePool.LoadedBackbone(backbone))
      } catch {
        return .notLoaded(reason: error.description)
      }
    case .probe(let loaded):
      do throws(ImageError) {
        return .probed(try Probe.digest(loaded.backbone))
      } catch {
        return .notProbed(reason: error.description)
      }
    case .extract(let pass):
      do throws(ImageError) {
        return .extracted(pass, try extract(pass))
      } catch {
        return error.isUndecodable
          ? .undecodable(pass, reason: error.description)
          : .notExtracted(pass, reason: error.description)
      }
    case .share(let work):
      return .share(compute(work))
    }
  }

  private mutating func extract(_ pass: ComputePool.ForwardPass) throws(ImageError) -> [Float] {
    if stationed !== pass.loaded {
      station = try ForwardStation(pass.loaded.backbone)
      stationed = pass.loaded
    }
    return try station!.features(
      of: pass.photograph, digest: pass.content, variant: pass.item.variant)
  }

  mutating func compute(_ work: ComputePool.ShareWork) -> ComputePool.ShareAnswer {
    let share = work.share
    if engine?.shape != work.head.shape || labelSmoothing != work.labelSmoothing {
      engine = ShareEngine(shape: work.head.shape, labelSmoothing: work.labelSmoothing)
      labelSmoothing = work.labelSmoothing
    }
    do throws(Divergence) {
      switch work.kind {
      case .step:
        let sum = try engine!.gradientSum(
          head: work.head, features: work.features, labels: work.labels)
        return ComputePool.ShareAnswer(
          id: share.id,
          result: .gradient(
            count: UInt32(sum.sampleCount), correct: UInt32(sum.correct), lossSum: sum.lossSum),
          tensor: sum.values)
      case .evaluation:
        let sum = try engine!.evaluation(
          head: work.head, features: work.features, labels: work.labels)
        return ComputePool.ShareAnswer(
          id: share.id,
          result: .evaluation(
            count: UInt32(sum.sampleCount), correct: UInt32(sum.correct), lossSum: sum.lossSum),
          tensor: sum.confusion.counts.map(Int64.init))
      }
    } catch {
      return ComputePool.ShareAnswer(
        id: share.id, result: .diverged(reason: error.description), tensor: [])
    }
  }
}
