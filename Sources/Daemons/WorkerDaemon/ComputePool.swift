import ClusterCore
import ClusterShell
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
    let fit: Fit

    init(_ backbone: Backbone, _ fit: Fit) {
      self.backbone = backbone
      self.fit = fit
    }
  }

  enum Work: Sendable {
    case load([UInt8], Preprocess, Fit)
    case probe(LoadedBackbone)
    case extract(ForwardPass, LoadedBackbone)
    case share(ShareWork)
  }

  enum Result: Sendable {
    case loaded(LoadedBackbone)
    case notLoaded(reason: String)
    case probed(ContentDigest)
    case notProbed(reason: String)
    case extracted(ForwardPass, ForwardResult)
    case answered(WholeAnswer)
    case diverged(ShareID, reason: String)
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
  private var pipeline: FeaturePipeline?
  private var pipelined: ComputePool.LoadedBackbone?
  private var calculator = ShareCalculator()

  mutating func perform(_ work: ComputePool.Work) -> ComputePool.Result {
    switch work {
    case .load(let bytes, let preprocess, let fit):
      do throws(MobileNetError) {
        let backbone = try Backbone(object: bytes, preprocess: preprocess)
        return .loaded(ComputePool.LoadedBackbone(backbone, fit))
      } catch {
        return .notLoaded(reason: error.description)
      }
    case .probe(let loaded):
      do throws(ImageError) {
        return .probed(try Probe.digest(loaded.backbone, fit: loaded.fit))
      } catch {
        return .notProbed(reason: error.description)
      }
    case .extract(let pass, let loaded):
      do throws(ImageError) {
        return .extracted(pass, .features(try extract(pass, loaded)))
      } catch {
        return .extracted(
          pass,
          error.isUndecodable
            ? .undecodable(reason: error.description) : .failed(reason: error.description))
      }
    case .share(let work): return answer(work)
    }
  }

  private mutating func extract(
    _ pass: ForwardPass, _ loaded: ComputePool.LoadedBackbone
  ) throws(ImageError) -> [Float] {
    if pipelined !== loaded {
      pipeline = try FeaturePipeline(loaded.backbone, fit: loaded.fit)
      pipelined = loaded
    }
    return try pipeline!.features(
      of: pass.photograph, digest: pass.content, variant: pass.item.variant)
  }

  mutating func answer(_ work: ShareWork) -> ComputePool.Result {
    do throws(Divergence) {
      return .answered(try calculator.answer(work))
    } catch {
      return .diverged(work.share.id, reason: error.description)
    }
  }
}
