import Digest
import Foundation
import Store
import TestSupport
import Testing

@Suite final class `The feature store` {
  private let folder: TemporaryFolder
  private let warnings = Warnings()

  init() throws { folder = try TemporaryFolder() }

  private func open(quotaBytes: Int = 1 << 30) throws -> FeatureStore {
    try FeatureStore(
      folder: StoreFolder(folder.path + "/cache/tl"), quotaBytes: quotaBytes, warn: warnings.warn)
  }

  private func fill(_ range: Range<Int>, worker: UInt64 = 7) throws {
    let store = try open()
    for number in range {
      store.keep(Rows.features(number), for: Rows.key(number), computedBy: worker)
    }
    store.close()
  }

  @Test func `gives back what it was given, also to the next process`() throws {
    let store = try open()
    for number in 0..<300 {
      store.keep(Rows.features(number), for: Rows.key(number), computedBy: UInt64(number))
    }
    #expect(store.flush())
    #expect(Rows.found(store, 0..<400).found == Array(0..<300))
    store.close()
    let other = try open()
    defer { other.close() }
    let (found, wrong) = Rows.found(other, 0..<400)
    #expect(found == Array(0..<300) && wrong == [])
    let row = other.rows([Rows.key(5)], featureCount: Rows.featureCount)[0]
    #expect(row?.worker == 5)
    #expect(warnings.all == [])
  }

  @Test func `keeps every bit of a value`() throws {
    let values: [Float] = [0, -0.0, .leastNonzeroMagnitude, 5.999_999, 262_143.98, .pi]
    let store = try open()
    store.keep(values, for: Rows.key(0), computedBy: .max)
    store.flush()
    let row = store.rows([Rows.key(0)], featureCount: values.count)[0]
    store.close()
    #expect(row?.features.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(row?.worker == .max)
  }

  @Test func `tells keys apart by each of their parts`() {
    let one = ContentDigest.sha256([1])
    let two = ContentDigest.sha256([2])
    let keys = [
      FeatureKey(backbone: one, preprocessing: "1", sample: two, variant: 0),
      FeatureKey(backbone: two, preprocessing: "1", sample: two, variant: 0),
      FeatureKey(backbone: one, preprocessing: "2", sample: two, variant: 0),
      FeatureKey(backbone: one, preprocessing: "1", sample: one, variant: 0),
      FeatureKey(backbone: one, preprocessing: "1", sample: two, variant: 1),
      FeatureKey(backbone: one, preprocessing: "1", sample: two, variant: 256),
    ]
    #expect(Set(keys).count == keys.count)
  }

  @Test func `has no row of another length than the backbone's features`() throws {
    try fill(0..<3)
    let store = try open()
    defer { store.close() }
    #expect(store.rows(Rows.keys(0..<3), featureCount: 65).allSatisfy { $0 == nil })
  }

  @Test func `forgets what a worker computed, and nothing else`() throws {
    try fill(0..<10, worker: 1)
    try fill(10..<20, worker: 2)
    let store = try open()
    store.remove(computedBy: 1)
    store.remove([Rows.key(19)])
    store.keep(Rows.features(3), for: Rows.key(3), computedBy: 2)
    store.flush()
    #expect(Rows.found(store, 0..<20).found == [3] + Array(10..<19))
    store.close()
  }

  @Test func `stays within its quota by dropping rows`() throws {
    let store = try open(quotaBytes: 400_000)
    for number in 0..<3000 {
      store.keep(Rows.features(number), for: Rows.key(number), computedBy: 1)
    }
    store.flush()
    let (found, wrong) = Rows.found(store, 0..<3000)
    store.close()
    #expect(wrong == [] && found.count > 200 && found.count < 2000)
    let summary = try StoreMaintenance(
      folder: StoreFolder(folder.path + "/cache/tl"), warn: warnings.warn
    ).summary()
    #expect(summary.rowCount == found.count)
  }

  @Test func `is shown, verified, pruned and cleared`() throws {
    try fill(0..<500)
    let maintenance = StoreMaintenance(
      folder: StoreFolder(folder.path + "/cache/tl"), warn: warnings.warn)
    let summary = try maintenance.summary()
    #expect(summary.rowCount == 500 && summary.byteCount > 500 * 4 * Rows.featureCount)
    #expect(try maintenance.verify() == (500, 0))
    #expect(try maintenance.prune(toBytes: 100_000) > 100)
    #expect(try maintenance.summary().byteCount < summary.byteCount)
    try maintenance.clear()
    #expect(try maintenance.summary().rowCount == 0)
    #expect(try maintenance.summary().byteCount < 200_000)
  }

  @Test func `that isn't there yet is empty`() throws {
    let maintenance = StoreMaintenance(
      folder: StoreFolder(folder.path + "/none"), warn: warnings.warn)
    #expect(try maintenance.summary().rowCount == 0)
    #expect(try maintenance.summary().byteCount == 0)
    #expect(try maintenance.verify() == (0, 0))
  }

  @Test func `whose folder is a file can't be opened, and the error says what to do`() throws {
    try folder.write([1], to: "cache/tl")
    let error = #expect(throws: StoreError.self) { _ = try self.open() }
    #expect(error?.description.contains("give another --cache") ?? false)
  }

  @Test func `is used by many threads and connections at once`() async throws {
    let stores = try (0..<4).map { _ in try open() }
    await withTaskGroup { group in
      for (index, store) in stores.enumerated() {
        group.addTask {
          for number in stride(from: index, to: 400, by: 4) {
            store.keep(Rows.features(number), for: Rows.key(number), computedBy: UInt64(index))
          }
          store.flush(waitingAtMostMilliseconds: 60_000)
        }
      }
    }
    let (found, wrong) = Rows.found(stores[0], 0..<400)
    for store in stores { store.close() }
    #expect(found == Array(0..<400) && wrong == [])
    #expect(warnings.all == [])
  }

  @Test func `lies in the cache folder of the XDG specification`() {
    #expect(StoreFolder.standard { ["XDG_CACHE_HOME": "/c", "HOME": "/h"][$0] }?.path == "/c/tl")
    #expect(
      StoreFolder.standard { ["XDG_CACHE_HOME": "c", "HOME": "/h"][$0] }?.path == "/h/.cache/tl")
    #expect(StoreFolder.standard { _ in nil } == nil)
  }
}
