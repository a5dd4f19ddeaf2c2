import Glibc
import SQLite
import Threading

/// What the store's thread does: carries out batches, and gives up writing where that can't succeed.
struct StoreWork: ~Copyable {
  private let generations: StoreGenerations
  private let quotaBytes: Int
  private let warn: @Sendable (String) -> Void
  private var table: FeatureTable?
  private var generation = 0
  private var state = State.writing

  private enum State {
    case writing
    /// Nothing more is written in this process; people were told why.
    case givenUp
  }

  init(folder: StoreFolder, quotaBytes: Int, warn: @escaping @Sendable (String) -> Void) {
    generations = StoreGenerations(folder: folder)
    self.quotaBytes = quotaBytes
    self.warn = warn
  }

  /// Carries out a batch as one transaction; false once the store is closed.
  mutating func carryOut(_ batch: [StoreWriter.Command]) -> Bool {
    if state == .writing { write(batch) }
    var isOpen = true
    for command in batch {
      switch command {
      case .flush(let done): done.send(())
      case .close: isOpen = false
      case .put, .touch, .remove, .mend, .removeWorker: break
      }
    }
    return isOpen
  }

  private mutating func write(_ batch: [StoreWriter.Command]) {
    // A damaged database is set aside, and the batch goes into the next.
    for _ in 0..<StoreGenerations.damagedMax {
      do throws(SQLiteError) {
        try openTable()
        try table?.carryOut(batch, day: Int64(time(nil) / 86_400))
        _ = try table?.shrink(toBytes: quotaBytes)
        return
      } catch {
        switch error.kind {
        case .damaged:
          table = nil
          generations.setAside(generation, error, warn)
        case .busy:
          return warn("the feature store is busy; some features are not kept: \(error)")
        case .full, .readOnly, .inputOutput, .other:
          return giveUp(error)
        }
      }
    }
    giveUp(
      SQLiteError(kind: .damaged, path: generations.folder.path, reason: "it is damaged every time")
    )
  }

  private mutating func giveUp(_ error: SQLiteError) {
    state = .givenUp
    table = nil
    warn("features are not kept any more, only read: \(error)")
  }

  private mutating func openTable() throws(SQLiteError) {
    if table != nil { return }
    let opened = try generations.open(warn)
    generation = opened.generation
    table = consume opened
  }
}

extension FeatureTable {
  /// Carries out commands in their order, as one transaction: a row that is put after a removal stays.
  borrowing func carryOut(_ batch: [StoreWriter.Command], day: Int64) throws(SQLiteError) {
    try database.execute("BEGIN IMMEDIATE")
    do throws(SQLiteError) {
      var rows: [(key: FeatureKey, row: FeatureRow)] = []
      for command in batch {
        if case .put(let key, let row) = command {
          rows.append((key, row))
          continue
        }
        try put(rows, day: day)
        rows = []
        switch command {
        case .touch(let keys): try touch(keys, day: day)
        case .remove(let keys): try remove(keys)
        case .mend(let keys): try mend(keys)
        case .removeWorker(let worker): _ = try remove(computedBy: worker)
        case .put, .flush, .close: break
        }
      }
      try put(rows, day: day)
      try database.execute("COMMIT")
    } catch {
      // A full disk may have undone it already.
      try? database.execute("ROLLBACK")
      throw error
    }
  }
}
