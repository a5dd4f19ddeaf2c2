import CSQLite

/// One connection to a database file, for one thread at a time.
///
/// Several processes may have the same file open. It is in write-ahead mode where the file system
/// allows it: a process that is killed loses no committed transaction, and readers never wait for the
/// writer.
@safe public struct Database: ~Copyable {
  /// How long a call waits for another process to release the file, in milliseconds.
  public static let busyTimeoutMilliseconds: Int32 = 10_000

  let handle: OpaquePointer
  public let path: String

  /// Opens the file, or creates it where there is none; one that can't be written is opened to be read.
  public init(path: String) throws(SQLiteError) {
    unsafe handle = try Self.open(path)
    self.path = path
  }

  private static func open(_ path: String) throws(SQLiteError) -> OpaquePointer {
    var handle: OpaquePointer?
    // One thread at a time uses a connection, so SQLite needn't lock it.
    let flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    var code = unsafe sqlite3_open_v2(path, &handle, flags, nil)
    if code == SQLITE_OK {
      unsafe sqlite3_busy_timeout(handle, busyTimeoutMilliseconds)
      // What the file says is not trusted: its pages are checked as they are read, its schema calls
      // no functions, and nothing of it is mapped into memory, where a truncated file is a signal.
      code = unsafe sqlite3_exec(
        handle, "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;",
        nil, nil, nil)
    }
    guard code == SQLITE_OK, let opened = unsafe handle else {
      let reason = unsafe String(cString: sqlite3_errstr(code))
      // A handle comes even with most failures, and must be closed.
      if let failed = unsafe handle { unsafe sqlite3_close_v2(failed) }
      throw SQLiteError(kind: kind(code), path: path, reason: reason)
    }
    return unsafe opened
  }

  deinit {
    // Succeeds always: every statement has been finalized by its owner or is so on its own.
    unsafe sqlite3_close_v2(handle)
  }

  /// Runs statements that have no parameters, and ignores their rows.
  public borrowing func execute(_ sql: String) throws(SQLiteError) {
    let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw error(code) }
  }

  /// The first column of the first row of a query without parameters, as a number; 0 without a row.
  public borrowing func integer(_ sql: String) throws(SQLiteError) -> Int64 {
    let statement = try Statement(sql, in: self)
    return try statement.step() ? statement.integer(0) : 0
  }

  /// Runs the body in a transaction that takes the right to write at once; what it throws undoes it.
  public borrowing func transaction(
    _ body: (borrowing Database) throws(SQLiteError) -> Void
  ) throws(SQLiteError) {
    try execute("BEGIN IMMEDIATE")
    do throws(SQLiteError) {
      try body(self)
      try execute("COMMIT")
    } catch {
      // A full disk may have undone it already.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// How many rows the last INSERT, UPDATE or DELETE changed.
  public var changedRowCount: Int { Int(unsafe sqlite3_changes64(handle)) }

  borrowing func error(_ code: Int32) -> SQLiteError {
    let reason = unsafe String(cString: sqlite3_errmsg(handle))
    // A format of the schema that there isn't has no code of its own; see sqlite.org/fileformat2.html, 1.3.9.
    let isDamaged = code == SQLITE_ERROR && reason == "unsupported file format"
    return SQLiteError(kind: isDamaged ? .damaged : Self.kind(code), path: path, reason: reason)
  }

  static func kind(_ code: Int32) -> SQLiteError.Kind {
    // The lowest byte is the class of the error; see sqlite.org/rescode.html.
    switch code & 0xff {
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_SCHEMA: .damaged
    case SQLITE_FULL: .full
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .readOnly
    case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
    case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM: .inputOutput
    default: .other
    }
  }
}
