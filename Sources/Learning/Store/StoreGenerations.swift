import Glibc
import SQLite

/// Opens the newest database of a folder, and sets damaged ones aside.
struct StoreGenerations: Sendable {
  let folder: StoreFolder

  /// So many damaged databases in a row are no accident of one file but of the disk.
  static let damagedMax = 3

  /// The newest generation, opened; damaged ones are set aside on the way, each with a warning.
  func open(_ warn: (String) -> Void) throws(SQLiteError) -> FeatureTable {
    removeOlderFormats()
    var last: SQLiteError?
    for _ in 0..<Self.damagedMax {
      let generation = folder.newestGeneration()
      do throws(SQLiteError) {
        return try FeatureTable(
          path: folder.database(generation: generation), generation: generation)
      } catch {
        guard error.kind == .damaged else { throw error }
        last = error
        setAside(generation, error, warn)
      }
    }
    throw last ?? SQLiteError(kind: .other, path: folder.path, reason: "no database was opened")
  }

  /// Makes room for the next generation. Whoever else has the damaged one open keeps its file, under
  /// another name, and comes here on its own when it meets the damage.
  func setAside(_ generation: Int, _ error: SQLiteError, _ warn: (String) -> Void) {
    let lock = unsafe Glibc.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if lock >= 0 { close(lock) } }
    if lock >= 0 { flock(lock, LOCK_EX) }
    // Another process was here first.
    guard folder.newestGeneration() == generation else { return }
    let next = folder.database(generation: generation + 1)
    let descriptor = unsafe Glibc.open(next, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    close(descriptor)
    for name in folder.fileNames() where name.hasPrefix(Self.damagedPrefix) {
      unsafe unlink("\(folder.path)/\(name)")
    }
    let name = "features-\(StoreFolder.formatVersion)-"
    let damaged = folder.database(generation: generation)
    let kept = "\(folder.path)/\(Self.damagedPrefix)\(name)\(generation).sqlite"
    unsafe rename(damaged, kept)
    for suffix in ["-wal", "-shm"] { unsafe unlink(damaged + suffix) }
    warn(
      "the feature store was damaged (\(error.reason)); it is kept as \(kept), and a new one begins"
    )
  }

  static let damagedPrefix = "damaged-"

  /// Features of an older format can't be used any more, and only take room.
  private func removeOlderFormats() {
    for name in folder.fileNames() where name.hasPrefix("features-") {
      let version = name.split(separator: "-").dropFirst().first.flatMap { Int($0) }
      if let version, version < StoreFolder.formatVersion {
        unsafe unlink("\(folder.path)/\(name)")
      }
    }
  }
}
