import ClusterCore
import ClusterShell
import Extraction
import Images
import Manifest
import MobileNet
import Threading

/// Carries out, on a thread of its own, what a coordinator checks itself before it believes a worker.
final class Verifier: Sendable {
  private let checks = WorkQueue<Check>()
  private let thread: NamedThread

  /// The verdicts arrive as letters.
  init(
    _ backbone: Backbone, fit: Fit, _ photographs: PhotographFiles, _ watch: StorageWatch,
    letters: Mailbox<CoordinatorLetter>
  ) {
    let checks = checks
    thread = NamedThread(name: "checks", stackBytes: 4 << 20) {
      var bench = VerifierBench(backbone, fit, photographs, watch)
      while let check = checks.take() { letters.send(.checked(bench.verdict(check))) }
    }
  }

  func add(_ check: Check) { checks.add(check) }

  /// Ends the thread, unless a disk holds it or it computes.
  func stop() {
    checks.close()
    thread.join(patienceSeconds: 1)
  }
}

/// The buffers of the thread that checks.
private struct VerifierBench: ~Copyable {
  private let backbone: Backbone
  private let fit: Fit
  private let photographs: PhotographFiles
  private let watch: StorageWatch
  private var pipeline: FeaturePipeline?
  private var calculator = ShareCalculator()

  init(
    _ backbone: Backbone, _ fit: Fit, _ photographs: PhotographFiles, _ watch: StorageWatch
  ) {
    self.backbone = backbone
    self.fit = fit
    self.watch = watch
    self.photographs = photographs
  }

  mutating func verdict(_ check: Check) -> CoordinatorEvent {
    switch check {
    case .undecodable(let sample): .undecodableChecked(sample, decode(sample))
    case .features(let check): check.verdict(find(check.item))
    case .earlier(let check): check.verdict(find(check.audit.item))
    case .share(let check): check.verdict(&calculator)
    }
  }

  /// The features of a photograph, as this machine computes them.
  private mutating func find(_ item: SampleVariant) -> FeaturesFound {
    let bytes: [UInt8]
    do throws(ManifestError) {
      bytes = try read(item.sample)
    } catch {
      return .unknown(reason: error.description)
    }
    do throws(ImageError) {
      if pipeline == nil { pipeline = try FeaturePipeline(backbone, fit: fit) }
      let digest = photographs.manifest.entries[Int(item.sample)].digest
      return .row(try pipeline!.features(of: bytes, digest: digest, variant: item.variant))
    } catch {
      return error.isUndecodable ? .undecodable : .unknown(reason: error.description)
    }
  }

  private func read(_ sample: SampleIndex) throws(ManifestError) -> [UInt8] {
    try watch.during(photographs.path(sample)) { () throws(ManifestError) in
      try photographs.read(sample)
    }
  }

  /// A file that has gone or changed can't be decoded by anybody.
  private func decode(_ sample: SampleIndex) -> PhotographVerdict {
    let bytes: [UInt8]
    do throws(ManifestError) {
      bytes = try read(sample)
    } catch {
      if case .unreadableFile(_, let number) = error,
        let folder = missingFolder(of: photographs.path(sample), number)
      {
        return .unknown(reason: folder.description)
      }
      return error.concernsMachine
        ? .unknown(reason: error.description) : .undecodable(reason: error.sinceRunBegan)
    }
    do throws(ImageError) {
      var decoder = try ImageDecoder()
      _ = try decoder.decode(bytes)
      return .decodable
    } catch {
      return error.isUndecodable
        ? .undecodable(reason: error.description) : .unknown(reason: error.description)
    }
  }
}
