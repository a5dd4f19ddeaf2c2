import SQLite
import TestSupport
import Testing

@Suite final class `A database` {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func database(_ name: String = "a.sqlite") throws -> Database {
    try Database(path: folder.path + "/" + name)
  }

  @Test func `keeps rows with their bytes`() throws {
    do {
      let database = try database()
      try database.execute("CREATE TABLE t (key BLOB, n INTEGER)")
      let insert = try Statement("INSERT INTO t VALUES (?, ?)", in: database)
      for number in 0..<3 {
        try insert.bind([UInt8(number), 0, 255], at: 1)
        insert.bind(Int64.min + Int64(number), at: 2)
        #expect(try !insert.step())
        insert.reset()
      }
    }
    let database = try database()
    let query = try Statement("SELECT key, n FROM t ORDER BY n", in: database)
    for number in 0..<3 {
      #expect(try query.step())
      #expect(query.bytes(0) == [UInt8(number), 0, 255])
      #expect(query.integer(1) == Int64.min + Int64(number))
    }
    #expect(try !query.step())
  }

  @Test func `has none of what a failed transaction did`() throws {
    let database = try database()
    try database.execute("CREATE TABLE t (n INTEGER UNIQUE)")
    #expect(throws: SQLiteError.self) {
      try database.transaction { (database) throws(SQLiteError) in
        try database.execute("INSERT INTO t VALUES (1)")
        try database.execute("INSERT INTO t VALUES (1)")
      }
    }
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
    try database.transaction { (database) throws(SQLiteError) in
      try database.execute("INSERT INTO t VALUES (1)")
    }
    #expect(try database.integer("SELECT count(*) FROM t") == 1)
  }

  @Test func `that is another file is damaged`() throws {
    try folder.write(Array(repeating: 65, count: 5000), to: "a.sqlite")
    let error = #expect(throws: SQLiteError.self) {
      let database = try self.database()
      try database.execute("CREATE TABLE t (n INTEGER)")
    }
    #expect(error?.kind == .damaged)
    #expect(error?.description.contains("a.sqlite") ?? false)
  }

  @Test func `in a folder that isn't there can't be opened`() throws {
    let error = #expect(throws: SQLiteError.self) { _ = try self.database("none/a.sqlite") }
    #expect(error?.kind == .inputOutput)
  }

  @Test func `that is full says so and keeps what it has`() throws {
    let database = try database()
    try database.execute("CREATE TABLE t (row BLOB); PRAGMA max_page_count = 20;")
    let error = #expect(throws: SQLiteError.self) {
      for _ in 0..<100 { try database.execute("INSERT INTO t VALUES (zeroblob(4000))") }
    }
    #expect(error?.kind == .full)
    #expect(try database.integer("SELECT count(*) FROM t") > 5)
    #expect(try database.integer("SELECT count(*) FROM t WHERE length(row) = 4000") > 5)
  }
}
