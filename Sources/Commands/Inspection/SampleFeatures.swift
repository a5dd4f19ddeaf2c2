import ClusterCore
import Digest
import Extraction
import Images
import Manifest
import MobileNet
import RunFiles
import Threading
import Training

/// Where the features of a run's photographs are taken from, before any photograph is read.
public enum FeatureSource: Sendable {
  /// What the coordinator evaluated with: what isn't among it, the run skipped.
  case evaluated([SampleIndex: [Float]])
  /// What runs keep in this folder; what isn't there is computed again. Nil: all is computed.
  case store(folder: String?)
  /// The same, and nothing is computed.
  case keptAlone(folder: String?)
}

/// The features of some samples of a run, each or the reason why there are none.
struct SampleFeatures {
  let rows: [Result<[Float], Classifier.Failure>]

  /// - Parameter progress: told on the caller's thread how many of how many are computed, where some are
  ///   kept nowhere.
  /// - Throws: `inputOutput` where something would have to be computed that isn't to be.
  init(
    of samples: [SampleIndex], from source: FeatureSource, _ photographs: RunPhotographs,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(InspectionError) {
    switch source {
    case .evaluated(let features):
      rows = samples.map { sample in
        features[sample].map { .success($0) }
          ?? .failure(Classifier.Failure(reason: "the run skipped it"))
      }
    case .keptAlone(let folder):
      let kept = Self.kept(samples, in: folder, photographs).compactMap(\.self)
      guard kept.count == samples.count else {
        throw InspectionError(.inputOutput, "not all features are kept")
      }
      rows = kept.map { .success($0) }
    case .store(let folder):
      let kept = Self.kept(samples, in: folder, photographs)
      var rows = kept.map { row in row.map { Result<[Float], Classifier.Failure>.success($0) } }
      let missing = samples.indices.filter { rows[$0] == nil }
      if !missing.isEmpty {
        let computed = try Self.computed(missing.map { samples[$0] }, photographs) {
          progress($0, missing.count)
        }
        for (place, row) in zip(missing, computed) { rows[place] = row }
      }
      self.rows = rows.compactMap(\.self)
    }
  }

  private static func kept(
    _ samples: [SampleIndex], in folder: String?, _ photographs: RunPhotographs
  ) -> [[Float]?] {
    guard
      let kept = KeptFeatures(
        in: folder, of: photographs.configuration, photographs.checkpoint.inputs.backbone,
        photographs.checkpoint.state.head.shape)
    else { return [[Float]?](repeating: nil, count: samples.count) }
    defer { kept.close() }
    return kept.rows(samples.map { photographs.entry($0).digest })
  }

  private static func computed(
    _ samples: [SampleIndex], _ photographs: RunPhotographs, progress: (_ done: Int) -> Void
  ) throws(InspectionError) -> [Result<[Float], Classifier.Failure>] {
    let (_, backbone) = try Classifier.backbone(
      of: photographs.run, photographs.configuration, photographs.checkpoint)
    return try concurrentMap(
      count: samples.count, threads: photographs.threads, name: "features",
      stackBytes: Classifier.stackBytes, progress: progress,
      buffers: { () throws(InspectionError) in
        do throws(ImageError) {
          return try FeaturePipeline(backbone, fit: photographs.configuration.fit)
        } catch {
          throw InspectionError(.inputOutput, error.description)
        }
      },
      compute: { (index, pipeline: inout FeaturePipeline) throws(InspectionError) in
        let entry = photographs.entry(samples[index])
        do {
          let file = try entry.read(in: photographs.folders)
          return .success(try pipeline.features(of: file, digest: entry.digest, variant: 0))
        } catch {
          return .failure(Classifier.Failure(reason: "\(error)"))
        }
      })
  }
}
