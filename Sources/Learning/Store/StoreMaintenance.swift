import Glibc
import SQLite

/// What `tl-coord cache` does with a store.
public struct StoreMaintenance: Sendable {
  private let folder: StoreFolder
  private let warn: @Sendable (String) -> Void
  private var objects: DerivedObjects { DerivedObjects(folder: folder) }

  public struct Summary: Equatable, Sendable {
    public let rowCount: Int
    /// Backbones that were quantized for earlier runs.
    public let objectCount: Int
    /// Of the folder's files as they lie on the disk.
    public let byteCount: Int
  }

  public init(folder: StoreFolder, warn: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.warn = warn
  }

  public func summary() throws(StoreError) -> Summary {
    let rowCount = try withTable { (table) throws(SQLiteError) in try table.rowCount() } ?? 0
    return Summary(
      rowCount: rowCount, objectCount: objects.summary().count, byteCount: folder.byteCount())
  }

  /// Reads every row and object and tells how many are damaged; those are computed again when they
  /// are needed.
  public func verify() throws(StoreError) -> (rowCount: Int, damagedCount: Int) {
    let rows = try withTable { (table) throws(SQLiteError) in try table.verify() } ?? (0, 0)
    return (rows.0, rows.1 + objects.verify())
  }

  /// Removes the rows that were used longest ago until at most so many bytes are left, and returns how
  /// many went. Objects go where rows alone don't suffice.
  public func prune(toBytes byteCountMax: Int) throws(StoreError) -> Int {
    let objects = objects
    objects.prune(toBytes: byteCountMax)
    let rest = max(0, byteCountMax - objects.summary().byteCount)
    return try withTable { (table) throws(SQLiteError) in
      let removed = try table.shrink(toBytes: rest)
      // What was removed leaves the write-ahead log, too.
      try table.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
      return removed
    } ?? 0
  }

  /// Removes all rows and objects, and databases that were set aside.
  public func clear() throws(StoreError) {
    objects.clear()
    _ = try withTable { (table) throws(SQLiteError) in
      // Other processes may have the file open: it is emptied, not removed.
      try table.database.execute(
        "DELETE FROM features; PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
    }
    for name in folder.fileNames() where name.hasPrefix(StoreGenerations.damagedPrefix) {
      unsafe unlink("\(folder.path)/\(name)")
    }
  }

  /// Nil where there is no store yet.
  private func withTable<Result>(
    _ body: (borrowing FeatureTable) throws(SQLiteError) -> Result
  ) throws(StoreError) -> Result? {
    guard folder.fileNames().contains(where: { StoreFolder.generation($0) != nil }) else {
      return nil
    }
    do throws(SQLiteError) {
      let table = try StoreGenerations(folder: folder).open(warn)
      return try body(table)
    } catch {
      throw StoreError(
        path: folder.path, reason: error.reason,
        advice: "remove the folder; what it held will be computed again")
    }
  }
}
