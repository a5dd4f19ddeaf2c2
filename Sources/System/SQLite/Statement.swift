import CSQLite

/// A prepared statement; it must not outlive the connection it was made for.
@safe public struct Statement: ~Copyable {
  private let handle: OpaquePointer
  private let database: OpaquePointer
  private let path: String

  public init(_ sql: String, in database: borrowing Database) throws(SQLiteError) {
    var handle: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    guard code == SQLITE_OK else { throw database.error(code) }
    guard let prepared = unsafe handle else { preconditionFailure("no statement: \(sql)") }
    unsafe self.handle = prepared
    unsafe self.database = database.handle
    path = database.path
  }

  deinit { unsafe sqlite3_finalize(handle) }

  /// Sets a parameter, counted from 1.
  public borrowing func bind(_ value: Int64, at index: Int32) {
    let code = unsafe sqlite3_bind_int64(handle, index, value)
    precondition(code == SQLITE_OK, "the statement has no parameter \(index)")
  }

  /// Sets a parameter, counted from 1, to a copy of the bytes.
  public borrowing func bind(_ value: [UInt8], at index: Int32) throws(SQLiteError) {
    let code = unsafe value.withUnsafeBufferPointer { bytes in
      // A nil destructor would have SQLite read the bytes later; this one has it copy them now.
      unsafe sqlite3_bind_blob64(
        handle, index, bytes.baseAddress, UInt64(bytes.count), Self.copied)
    }
    guard code == SQLITE_OK else { throw error(code) }
  }

  /// Goes to the next row; false after the last.
  public borrowing func step() throws(SQLiteError) -> Bool {
    let code = unsafe sqlite3_step(handle)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw error(code)
    }
  }

  /// Makes the statement ready for other parameters.
  public borrowing func reset() {
    // Repeats the error of the last step, which has been thrown.
    _ = unsafe sqlite3_reset(handle)
  }

  /// A column of the row, counted from 0; 0 where it is no number.
  public borrowing func integer(_ column: Int32) -> Int64 {
    unsafe sqlite3_column_int64(handle, column)
  }

  /// A column of the row, counted from 0; empty where it is NULL.
  public borrowing func bytes(_ column: Int32) -> [UInt8] {
    // In this order: asking for the blob may convert the value, and then its length is right.
    guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  private borrowing func error(_ code: Int32) -> SQLiteError {
    let reason = unsafe String(cString: sqlite3_errmsg(database))
    return SQLiteError(kind: Database.kind(code), path: path, reason: reason)
  }

  /// SQLITE_TRANSIENT, a cast that Swift's importer doesn't know.
  private static var copied: sqlite3_destructor_type? {
    unsafe unsafeBitCast(-1, to: sqlite3_destructor_type?.self)
  }
}
