import Digest
import RunFiles
import Store
import Training

/// Features of whole photographs that runs keep in a store for later, as far as they are there and sound.
struct KeptFeatures {
  private let store: FeatureStore
  private let configuration: RunConfiguration
  private let backbone: ContentDigest
  private let version: UInt32
  private let featureCount: Int

  /// Nil where there is no store, or the run doesn't say what its features depend on. A store that fails
  /// costs time and nothing else.
  ///
  /// - Parameters:
  ///   - backbone: the digest of the run's.
  ///   - shape: of the run's head.
  init?(
    in folder: String?, of configuration: RunConfiguration, _ backbone: ContentDigest,
    _ shape: HeadShape
  ) {
    guard let folder, let inputs = configuration.inputs,
      let store = try? FeatureStore(folder: StoreFolder(folder), warn: { _ in })
    else { return nil }
    self.store = store
    self.configuration = configuration
    self.backbone = backbone
    version = inputs.preprocessingVersion
    featureCount = shape.featureCount
  }

  /// Of photographs by the digests of their files, in their order; nil for each that isn't there.
  func rows(_ photographs: [ContentDigest]) -> [[Float]?] {
    let keys = photographs.map { photograph in
      FeatureKey(
        backbone: backbone, version: version, fit: configuration.fit.rawValue,
        normalization: configuration.preprocess.rawValue,
        precision: configuration.precision.rawValue, sample: photograph, variant: 0)
    }
    return store.rows(keys, featureCount: featureCount).map { row in
      // As of features that a worker sends: a program with other bounds may have written them.
      guard let row,
        FeatureBound.firstViolation(
          in: row.features.span, batchSize: configuration.batchSize) == nil
      else { return nil }
      return row.features
    }
  }

  /// Waits until what was found damaged is removed.
  func close() { store.close() }
}
