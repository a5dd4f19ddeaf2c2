import SQLite
import Threading

/// Features on disk, shared by all runs and processes of a user: whatever has passed a backbone once
/// need not pass it again.
///
/// Nothing of a run depends on it. What is read is proved to be what was put under that key, or is
/// missing; a store that fails is warned of and not used any more. Writing is done by a thread of the
/// store's own, in batches, so that no caller waits for a disk: `kill -9` costs what was given within
/// the last ``StoreWriter/batchMilliseconds``, and the loss of power a little more, but never yields
/// another row.
public final class FeatureStore: Sendable {
  private let folder: StoreFolder
  private let writer: StoreWriter
  private let warn: @Sendable (String) -> Void

  /// Unless told otherwise a store takes so much: a million rows of 1,280 features.
  public static let quotaBytesDefault = 6 << 30

  /// Opens the store, or creates it.
  ///
  /// - Parameters:
  ///   - folder: see ``StoreFolder/standard(environment:)``.
  ///   - quotaBytes: beyond this the rows that were used longest ago go.
  ///   - warn: told in a sentence what people should know, from any thread.
  public init(
    folder: StoreFolder, quotaBytes: Int = quotaBytesDefault,
    warn: @escaping @Sendable (String) -> Void
  ) throws(StoreError) {
    try folder.create()
    self.folder = folder
    self.warn = warn
    writer = StoreWriter(folder: folder, quotaBytes: quotaBytes, warn: warn)
  }

  /// The rows that the store has, in the order of their keys; nil for each that it hasn't.
  ///
  /// Reads from the disk: not for a thread that must not wait.
  ///
  /// - Parameter featureCount: rows of another length are not what was asked for.
  public func rows(
    _ keys: [FeatureKey], featureCount: Int
  ) -> [(features: [Float], worker: UInt64)?] {
    let missing = [(features: [Float], worker: UInt64)?](repeating: nil, count: keys.count)
    do throws(SQLiteError) {
      let table = try StoreGenerations(folder: folder).open(warn)
      var damaged: [FeatureKey] = []
      var rows = try table.rows(keys, damaged: &damaged)
      for index in rows.indices where rows[index]?.features.count != featureCount {
        rows[index] = nil
      }
      if !damaged.isEmpty {
        warn(
          (damaged.count == 1
            ? "1 row of the feature store is" : "\(damaged.count) rows of the feature store are")
            + " damaged and will be computed again")
        writer.send(.mend(damaged))
      }
      let used = zip(keys, rows).compactMap { key, row in row == nil ? nil : key }
      if !used.isEmpty { writer.send(.touch(used)) }
      return rows
    } catch {
      if error.kind == .damaged {
        StoreGenerations(folder: folder).setAside(folder.newestGeneration(), error, warn)
      } else {
        warn("the feature store can't be read: \(error)")
      }
      return missing
    }
  }

  /// Keeps a row; returns at once. Rows that the disk can't keep up with are dropped.
  ///
  /// - Parameter worker: the number of the worker that computed it, by which it can be removed.
  public func keep(_ features: [Float], for key: FeatureKey, computedBy worker: UInt64) {
    writer.send(.put(key, FeatureRow(features, key: key, worker: worker)))
  }

  /// Removes rows, such as those that an audit found wrong.
  public func remove(_ keys: [FeatureKey]) { writer.send(.remove(keys)) }

  /// Removes everything that a worker computed, in this run or an earlier one.
  public func remove(computedBy worker: UInt64) { writer.send(.removeWorker(worker)) }

  /// Waits until everything given so far is on the disk; false where that took too long.
  @discardableResult
  public func flush(waitingAtMostMilliseconds limit: Int32 = 10_000) -> Bool {
    writer.flush(waitingAtMostMilliseconds: limit)
  }

  /// Writes what is left and ends the thread, unless the disk keeps it.
  public func close() { writer.close(waitingAtMostMilliseconds: 10_000) }
}
