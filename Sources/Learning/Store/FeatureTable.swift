import Digest
import SQLite

/// The rows of one database file, through one connection.
struct FeatureTable: ~Copyable {
  let database: Database
  /// Which of the folder's databases this is; see ``StoreFolder``.
  let generation: Int

  /// "tl\0f": told in the file's header whose it is.
  private static let applicationID = 0x746c_0066

  /// Opens or creates the file.
  init(path: String, generation: Int) throws(SQLiteError) {
    database = try Self.opened(path)
    self.generation = generation
  }

  private static func opened(_ path: String) throws(SQLiteError) -> Database {
    let database = try Database(path: path)
    if try database.integer("PRAGMA page_count") == 0 {
      // Both hold for the life of the file and must come before its first table.
      try database.execute("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;")
    }
    // Where a file system knows no shared memory, such as some network disks, SQLite keeps its
    // ordinary journal, which is as safe. A commit then survives the process, and the loss of power
    // as a whole or not at all.
    try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
    if try database.integer("PRAGMA page_count") <= 1 { try createTables(database) }
    guard try database.integer("PRAGMA application_id") == applicationID else {
      throw SQLiteError(kind: .damaged, path: path, reason: "it is no feature store")
    }
    guard try sqlOfSchema(database) == schema else {
      throw SQLiteError(kind: .damaged, path: path, reason: "its tables are not those of a store")
    }
    return database
  }

  /// As the file keeps them, sorted. They are part of the format: a name in which a bit has flipped
  /// is no error to SQLite until somebody asks for the column.
  private static let schema = [
    "CREATE INDEX features_by_use ON features (used)",
    "CREATE INDEX features_by_worker ON features (worker)",
    """
    CREATE TABLE features (
      key BLOB NOT NULL PRIMARY KEY, row BLOB NOT NULL, worker INTEGER NOT NULL,
      proof BLOB NOT NULL, used INTEGER NOT NULL)
    """,
  ]

  private static func sqlOfSchema(_ database: borrowing Database) throws(SQLiteError) -> [String] {
    let statement = try Statement(
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql", in: database)
    var texts: [String] = []
    while try statement.step() {
      texts.append(String(decoding: statement.bytes(0), as: UTF8.self))
    }
    return texts
  }

  /// Another process may do so at the same moment.
  private static func createTables(_ database: borrowing Database) throws(SQLiteError) {
    try database.transaction { (database) throws(SQLiteError) in
      if try sqlOfSchema(database).isEmpty {
        // The table before its indices.
        for text in schema.reversed() { try database.execute(text) }
      }
      try database.execute("PRAGMA application_id = \(applicationID);")
    }
  }

  /// Rows in the order of their keys; nil where there is none, or none that is sound. `damaged` is
  /// given the keys of those that aren't.
  borrowing func rows(
    _ keys: [FeatureKey], damaged: inout [FeatureKey]
  ) throws(SQLiteError) -> [(features: [Float], worker: UInt64)?] {
    let statement = try Statement(
      "SELECT row, worker, proof FROM features WHERE key = ?", in: database)
    var found: [(features: [Float], worker: UInt64)?] = []
    found.reserveCapacity(keys.count)
    for key in keys {
      try statement.bind(key.digest.bytes, at: 1)
      defer { statement.reset() }
      guard try statement.step() else {
        found.append(nil)
        continue
      }
      let row = FeatureRow(
        bytes: statement.bytes(0), worker: UInt64(bitPattern: statement.integer(1)),
        check: statement.bytes(2))
      if let features = row.features(key: key) {
        found.append((features, row.worker))
      } else {
        damaged.append(key)
        found.append(nil)
      }
    }
    return found
  }

  /// Puts rows, in the place of any that are there. `day` is when they were used last.
  borrowing func put(
    _ rows: [(key: FeatureKey, row: FeatureRow)], day: Int64
  ) throws(SQLiteError) {
    let statement = try Statement(
      "INSERT OR REPLACE INTO features (key, row, worker, proof, used) VALUES (?, ?, ?, ?, ?)",
      in: database)
    for (key, row) in rows {
      try statement.bind(key.digest.bytes, at: 1)
      try statement.bind(row.bytes, at: 2)
      statement.bind(Int64(bitPattern: row.worker), at: 3)
      try statement.bind(row.check, at: 4)
      statement.bind(day, at: 5)
      defer { statement.reset() }
      _ = try statement.step()
    }
    try checkThatThereAre(rows.map(\.key))
  }

  /// Throws where rows that were put can't be found: in an index with a damaged key some are behind it, out of
  /// reach, and would be computed and put again for ever. An index tells that in microseconds a row.
  private borrowing func checkThatThereAre(_ keys: [FeatureKey]) throws(SQLiteError) {
    let statement = try Statement("SELECT 1 FROM features WHERE key = ?", in: database)
    for key in keys {
      try statement.bind(key.digest.bytes, at: 1)
      defer { statement.reset() }
      guard try statement.step() else {
        throw SQLiteError(
          kind: .damaged, path: database.path, reason: "a row that was put isn't there")
      }
    }
  }

  /// Notes that rows were used on a day. A row is written only where it is more than a day older, so that
  /// reading everything daily costs little.
  borrowing func touch(_ keys: [FeatureKey], day: Int64) throws(SQLiteError) {
    let statement = try Statement(
      "UPDATE features SET used = ? WHERE key = ? AND used < ? - 1", in: database)
    for key in keys {
      statement.bind(day, at: 1)
      try statement.bind(key.digest.bytes, at: 2)
      statement.bind(day, at: 3)
      defer { statement.reset() }
      _ = try statement.step()
    }
  }

  borrowing func remove(_ keys: [FeatureKey]) throws(SQLiteError) {
    let statement = try Statement("DELETE FROM features WHERE key = ?", in: database)
    for key in keys {
      try statement.bind(key.digest.bytes, at: 1)
      defer { statement.reset() }
      _ = try statement.step()
    }
  }

  /// Removes rows that were found damaged, where they alone are: what is put in their place would not be found
  /// where an index, or the order of rows, led to others than were meant.
  ///
  /// - Throws: also where the database contradicts itself
  borrowing func mend(_ keys: [FeatureKey]) throws(SQLiteError) {
    let check = try Statement("PRAGMA integrity_check(1)", in: database)
    let said = try check.step() ? String(decoding: check.bytes(0), as: UTF8.self) : ""
    guard said == "ok" else {
      throw SQLiteError(kind: .damaged, path: database.path, reason: said)
    }
    try remove(keys)
  }

  /// Removes all that a worker computed and returns how many rows that were.
  borrowing func remove(computedBy worker: UInt64) throws(SQLiteError) -> Int {
    let statement = try Statement("DELETE FROM features WHERE worker = ?", in: database)
    statement.bind(Int64(bitPattern: worker), at: 1)
    _ = try statement.step()
    return database.changedRowCount
  }

  /// The size of the file's pages that hold something, in bytes.
  borrowing func usedByteCount() throws(SQLiteError) -> Int {
    let pages = try database.integer("PRAGMA page_count")
    let free = try database.integer("PRAGMA freelist_count")
    return Int((pages - free) * (try database.integer("PRAGMA page_size")))
  }

  borrowing func rowCount() throws(SQLiteError) -> Int {
    Int(try database.integer("SELECT count(*) FROM features"))
  }

  /// Removes the rows that were used longest ago until the file holds at most so many bytes, and gives
  /// the room back to the disk. Returns how many rows went.
  borrowing func shrink(toBytes byteCountMax: Int) throws(SQLiteError) -> Int {
    var removed = 0
    while try usedByteCount() > byteCountMax {
      let count = try rowCount()
      guard count > 0 else { break }
      // In small parts, so that no transaction is long and little too much goes.
      let part = max(1, min(count / 16, 4096))
      try database.execute(
        "DELETE FROM features WHERE key IN (SELECT key FROM features ORDER BY used LIMIT \(part))")
      removed += database.changedRowCount
    }
    if removed > 0 { try database.execute("PRAGMA incremental_vacuum") }
    return removed
  }

  /// Reads every row and returns how many there are and the keys of those that aren't sound.
  borrowing func verify() throws(SQLiteError) -> (rowCount: Int, damagedCount: Int) {
    let statement = try Statement("SELECT key, row, worker, proof FROM features", in: database)
    var rowCount = 0
    var damagedCount = 0
    while try statement.step() {
      rowCount += 1
      let row = FeatureRow(
        bytes: statement.bytes(1), worker: UInt64(bitPattern: statement.integer(2)),
        check: statement.bytes(3))
      let key = FeatureKey(stored: statement.bytes(0))
      if key.flatMap(row.features(key:)) == nil { damagedCount += 1 }
    }
    return (rowCount, damagedCount)
  }
}

extension FeatureKey {
  /// A key as it lies in a store, or nil where those are no 32 bytes.
  init?(stored bytes: [UInt8]) {
    guard let digest = ContentDigest(bytes: bytes) else { return nil }
    self.init(digest: digest)
  }
}
