import ClusterCore
import Store
import Training

/// The features of one run's photographs in the store that all runs share.
struct StoredFeatures: Sendable {
  private let store: FeatureStore
  private let setup: CoordinatorSetup

  /// Opens the store; nil where the run is to do without one. A store that can't be opened is told of
  /// and done without.
  init?(folder: String?, setup: CoordinatorSetup, warn: @escaping @Sendable (String) -> Void) {
    guard let folder else { return nil }
    do throws(StoreError) {
      store = try FeatureStore(folder: StoreFolder(folder), warn: warn)
    } catch {
      warn("features are not kept for later runs: \(error)")
      return nil
    }
    self.setup = setup
  }

  /// What the store has of all that the run needs.
  func recovered() -> [KeptFeatures: [Float]] {
    let items = setup.plan.items
    let rows = store.rows(items.map(key), featureCount: setup.shape.featureCount)
    var found: [KeptFeatures: [Float]] = [:]
    for (item, row) in zip(items, rows) {
      // As of features that a worker sends: a program with other bounds may have written them.
      guard let (features, worker) = row,
        FeatureBound.firstViolation(in: features.span, batchSize: setup.plan.batchSize) == nil
      else { continue }
      found[KeptFeatures(item: item, source: WorkerID(number: worker))] = features
    }
    return found
  }

  func keep(_ row: [Float], of features: KeptFeatures) {
    store.keep(row, for: key(features.item), computedBy: features.source.number)
  }

  func remove(_ items: [SampleVariant]) { store.remove(items.map(key)) }

  func remove(computedBy worker: WorkerID) { store.remove(computedBy: worker.number) }

  /// Waits for the disk, but not for one that stands still.
  func close() { store.close() }

  private func key(_ item: SampleVariant) -> FeatureKey {
    let terms = setup.terms
    return FeatureKey(
      backbone: terms.backbone, version: terms.preprocessingVersion, fit: terms.fit,
      normalization: terms.normalization, precision: terms.precision,
      sample: setup.manifest.entries[Int(item.sample)].digest, variant: item.variant)
  }
}
