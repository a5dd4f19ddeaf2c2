import Archive
import Digest
import Files
import Transfer

/// How long fetching tries.
public struct FetchLimits: Sendable {
  public var transfer = TransferLimits()
  /// How often one address is asked as long as each time something came.
  public var attemptsMax = 20

  public init() {}
}

/// What happens while something is fetched.
public enum FetchEvent: Equatable, Sendable {
  /// Another process fetches it; this one waits.
  case waiting
  /// An address is asked for the file, from this byte on.
  case asking(address: String, from: Int)
  case received(byteCount: Int)
  /// The connection ended, and the address is asked for the rest.
  case continuing(address: String, reason: String)
  /// What came was wrong; it is asked for anew, from the first byte.
  case startingAnew(address: String)
  /// The next address is tried.
  case failed(address: String, reason: String)
  /// So many bytes of photographs have been unpacked.
  case unpacked(byteCount: Int)
}

/// Brings what the catalogue names onto this machine.
public struct Fetcher: Sendable {
  public let folder: CatalogueFolder
  /// A folder on a server that has the files by their names, asked before their own addresses.
  public var mirror: String?
  public var limits = FetchLimits()
  /// What may still be written in a folder; nil where that isn't known.
  package var freeByteCount: @Sendable (String) -> Int? = { freeRoom(in: $0) }

  public init(_ folder: CatalogueFolder, mirror: String? = nil) {
    self.folder = folder
    self.mirror = mirror
  }

  /// Makes sure that something is there: fetched, checked, unpacked. Of two processes that want it at
  /// once one fetches and the other waits. A process that is ended leaves what came; the next one goes
  /// on from there.
  ///
  /// - Returns: the folder of classes, or the network's file.
  public func fetch(
    _ entry: CatalogueEntry, tell: @escaping (FetchEvent) -> Void = { _ in }
  ) throws(CatalogueError) -> String {
    if case .photographs = entry.contents, folder.holds(entry) { return folder.place(of: entry) }
    try disk(entry) { () throws(SystemError) in try makeFolders(folder.path) }
    let lock = try disk(entry) { () throws(SystemError) in
      try FileLock(file: folder.lock(entry)) { tell(.waiting) }
    }
    defer { extendLifetime(lock) }
    // Another process may have brought it meanwhile.
    if case .photographs = entry.contents, folder.holds(entry) { return folder.place(of: entry) }
    if byteCount(ofFile: folder.file(entry)) == nil {
      try download(entry, tell)
    } else {
      try check(entry)
    }
    if case .photographs = entry.contents { try unpack(entry, tell) }
    return folder.place(of: entry)
  }

  /// The addresses to ask, in this order.
  func addresses(of entry: CatalogueEntry) -> [String] {
    let own = mirror.map { mirror in
      (mirror.hasSuffix("/") ? mirror : mirror + "/") + entry.fileName
    }
    return (own.map { [$0] } ?? []) + entry.addresses
  }

  /// Looks whether a file that lies there is the one that is meant.
  private func check(_ entry: CatalogueEntry) throws(CatalogueError) {
    let path = folder.file(entry)
    let file: (digest: ContentDigest, byteCount: UInt64)
    do throws(DigestError) {
      file = try ContentDigest.sha256(fileAt: path)
    } catch {
      throw CatalogueError(.inputOutput, error.description, advice: "")
    }
    guard file.digest == entry.digest else {
      throw CatalogueError(
        .data,
        "\(path) is not the file that is meant: it has \(file.byteCount) bytes and SHA-256 "
          + "\(file.digest) instead of \(entry.byteCount) and \(entry.digest)",
        advice: "Remove it, and it is fetched.")
    }
  }

  private func download(
    _ entry: CatalogueEntry, _ tell: @escaping (FetchEvent) -> Void
  ) throws(CatalogueError) {
    let path = folder.partialFile(entry)
    let missing = entry.byteCount - min(entry.byteCount, byteCount(ofFile: path) ?? 0)
    try checkRoom(for: entry, byteCount: missing + unpackedByteCount(entry))
    let file = try disk(entry) { () throws(SystemError) in
      try PartialFile(path, expectedByteCount: entry.byteCount) { count in
        tell(.received(byteCount: count))
      }
    }
    var download = Download(entry, addresses: addresses(of: entry), limits: limits, tell: tell)
    let hasCome: Bool
    do throws(SystemError) {
      hasCome = try download.run(into: file)
      if hasCome {
        try file.synchronize()
        try LinuxFileSystem().publish(path, as: folder.file(entry))
      }
    } catch {
      throw unwritable(entry, error, byteCount: file.byteCount)
    }
    guard hasCome else { throw unavailable(entry, download.failures, byteCount: file.byteCount) }
  }

  // MARK: Unpacking

  /// Photographs are compressed already: an archive of them hardly gets larger.
  private func unpackedByteCount(_ entry: CatalogueEntry) -> Int {
    if case .photographs = entry.contents { entry.byteCount + entry.byteCount / 8 } else { 0 }
  }

  /// Nothing that is in the catalogue holds as much.
  private static let entryCountMax = 200_000

  private func unpack(
    _ entry: CatalogueEntry, _ tell: @escaping (FetchEvent) -> Void
  ) throws(CatalogueError) {
    let target = folder.unpacked(entry)
    let draft = target + ".unpacking"
    try checkRoom(for: entry, byteCount: unpackedByteCount(entry))
    try disk(entry) { () throws(SystemError) in
      try removeAll(draft)
      try makeFolders(draft)
    }
    do throws(ArchiveError) {
      try Unpacking.unpack(
        folder.file(entry), into: draft,
        limits: .init(
          // Twice as much is no set of photographs any more.
          byteCountMax: 2 * unpackedByteCount(entry), entryCountMax: Self.entryCountMax)
      ) { count in tell(.unpacked(byteCount: count)) }
    } catch {
      // What can't be removed stays: the next attempt begins with removing it.
      try? removeAll(draft)
      throw unpackingFailed(entry, error)
    }
    guard case .photographs(let root) = entry.contents, isFolder("\(draft)/\(root)") else {
      try? removeAll(draft)
      throw CatalogueError(.data, "\(folder.file(entry)) has no photographs in it", advice: "")
    }
    try disk(entry) { () throws(SystemError) in
      try LinuxFileSystem().publish(draft, as: target)
      // It has served, and is as large as what was in it.
      try removeAll(folder.file(entry))
    }
  }
}
