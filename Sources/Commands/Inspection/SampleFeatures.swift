import ClusterCore
import Digest
import Extraction
import Images
import Manifest
import MobileNet
import RunFiles
import Store
import Threading
import Training

/// Where the features of a run's validation photographs are taken from, before any photograph is read.
public enum FeatureSource: Sendable {
  /// What the coordinator evaluated with: what isn't among it, the run skipped.
  case evaluated([SampleIndex: [Float]])
  /// What runs keep in this folder; what isn't there is computed again. Nil: all is computed.
  case store(folder: String?)
}

/// The features of some samples of a run, each or the reason why there are none.
struct SampleFeatures {
  let rows: [Result<[Float], Classifier.Failure>]

  /// What a run needs to know of itself for them.
  struct Context: Sendable {
    let directory: RunDirectory
    let configuration: RunConfiguration
    let checkpoint: Checkpoint
    let manifest: Manifest
    /// Where the photographs are.
    let folders: DatasetFolders
    let threads: Int
  }

  init(
    of samples: [SampleIndex], from source: FeatureSource, _ context: Context
  ) throws(InspectionError) {
    switch source {
    case .evaluated(let features):
      rows = samples.map { sample in
        features[sample].map { .success($0) }
          ?? .failure(Classifier.Failure(reason: "the run skipped it"))
      }
    case .store(let folder):
      let kept = Self.kept(samples, in: folder, context)
      var rows = kept.map { row in row.map { Result<[Float], Classifier.Failure>.success($0) } }
      let missing = samples.indices.filter { rows[$0] == nil }
      if !missing.isEmpty {
        let computed = try Self.computed(missing.map { samples[$0] }, context)
        for (place, row) in zip(missing, computed) { rows[place] = row }
      }
      self.rows = rows.compactMap(\.self)
    }
  }

  private static func kept(
    _ samples: [SampleIndex], in folder: String?, _ context: Context
  ) -> [[Float]?] {
    let nothing = [[Float]?](repeating: nil, count: samples.count)
    // A store that fails costs time and nothing else.
    guard let folder, let inputs = context.configuration.inputs,
      let store = try? FeatureStore(folder: StoreFolder(folder), warn: { _ in })
    else { return nothing }
    defer { store.close() }
    let configuration = context.configuration
    let keys = samples.map { sample in
      FeatureKey(
        backbone: inputs.backbone, version: inputs.preprocessingVersion,
        fit: configuration.fit.rawValue, normalization: configuration.preprocess.rawValue,
        precision: configuration.precision.rawValue,
        sample: context.manifest.entries[Int(sample)].digest, variant: 0)
    }
    let featureCount = context.checkpoint.state.head.shape.featureCount
    return store.rows(keys, featureCount: featureCount).map { row in
      // As of features that a worker sends: a program with other bounds may have written them.
      guard let row,
        FeatureBound.firstViolation(
          in: row.features.span, batchSize: configuration.batchSize) == nil
      else { return nil }
      return row.features
    }
  }

  private static func computed(
    _ samples: [SampleIndex], _ context: Context
  ) throws(InspectionError) -> [Result<[Float], Classifier.Failure>] {
    let (_, backbone) = try Classifier.backbone(
      of: context.directory, context.configuration, context.checkpoint)
    return try concurrentMap(
      count: samples.count, threads: context.threads, name: "report",
      stackBytes: Classifier.stackBytes,
      buffers: { () throws(InspectionError) in
        do throws(ImageError) {
          return try FeaturePipeline(backbone, fit: context.configuration.fit)
        } catch {
          throw InspectionError(.inputOutput, error.description)
        }
      },
      compute: { (index, pipeline: inout FeaturePipeline) throws(InspectionError) in
        let entry = context.manifest.entries[Int(samples[index])]
        do {
          let file = try entry.read(in: context.folders)
          return .success(try pipeline.features(of: file, digest: entry.digest, variant: 0))
        } catch {
          return .failure(Classifier.Failure(reason: "\(error)"))
        }
      })
  }
}
