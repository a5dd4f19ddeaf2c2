import Archive
import Files

/// What people are told when something can't be fetched.
extension Fetcher {
  /// Calls what works on the disk, and says what it was for where that fails.
  func disk<Result: ~Copyable>(
    _ entry: CatalogueEntry, _ body: () throws(SystemError) -> Result
  ) throws(CatalogueError) -> Result {
    do throws(SystemError) { return try body() } catch { throw unwritable(entry, error) }
  }

  /// Better said before than after an hour.
  func checkRoom(for entry: CatalogueEntry, byteCount: Int) throws(CatalogueError) {
    guard let free = freeByteCount(folder.path), free < byteCount else { return }
    throw CatalogueError(
      .inputOutput,
      "there is no room for \(entry.name): it needs \(Self.inMiB(byteCount)) in \(folder.path), where "
        + "\(Self.inMiB(free)) are free",
      advice: "Make room, or have XDG_CACHE_HOME name a folder on a larger disk.")
  }

  func unwritable(
    _ entry: CatalogueEntry, _ failure: SystemError, byteCount: Int = 0
  ) -> CatalogueError {
    guard failure.isNoRoom else {
      return CatalogueError(
        .inputOutput, "\(entry.name) can't be stored: \(failure.path): \(failure.reason)",
        advice: "XDG_CACHE_HOME names the folder that \(folder.path) lies in.")
    }
    let kept =
      byteCount > 0 ? "\(Self.inMiB(byteCount)) of it have come and are kept. " : ""
    let rest = entry.byteCount - min(byteCount, entry.byteCount)
    return CatalogueError(
      .inputOutput, "there is no room left for \(entry.name): \(failure.path): \(failure.reason)",
      advice: kept + "Make room for \(Self.inMiB(rest)) more and give the command again, or have "
        + "XDG_CACHE_HOME name a folder on a larger disk.")
  }

  func unpackingFailed(_ entry: CatalogueEntry, _ error: ArchiveError) -> CatalogueError {
    switch error.kind {
    case .unwritable where SystemError(number: error.errorNumber, path: "").isNoRoom:
      CatalogueError(
        .inputOutput, "there is no room to unpack \(entry.name): \(error)",
        advice: "Make room and give the command again: \(folder.file(entry)) is there, whole.")
    case .unwritable, .unreadable:
      CatalogueError(
        .inputOutput, "\(entry.name) can't be unpacked: \(error)",
        advice: "\(folder.file(entry)) is there, whole: give the command again.")
    case .damaged, .refused:
      // Its digest is the catalogue's.
      CatalogueError(
        .data, "\(entry.name) can't be unpacked: \(error)",
        advice: "The file is the right one, so this is a fault of tl.")
    }
  }

  /// Everything that somebody without a network needs.
  func unavailable(
    _ entry: CatalogueEntry, _ failures: [String], byteCount: Int
  ) -> CatalogueError {
    let kept =
      byteCount > 0
      ? [
        "\(Self.inMiB(byteCount)) of it have come and are kept: the same command goes on from there."
      ]
      : []
    let option =
      switch entry.contents {
      case .photographs: "--data"
      case .network: "--backbone"
      }
    let places =
      addresses(of: entry).count == 1
      ? "this address on a machine that reaches it"
      : "one of these addresses on a machine that reaches them"
    let lines =
      failures + kept + [
        "By hand: get the file from \(places), and put it",
        "at \(folder.file(entry))",
        "It must have \(entry.byteCount) bytes and the SHA-256 \(entry.digest);",
        "the same command then checks and uses it.",
        "Your own: \(option) takes a path as well. The demo needs nothing: 'tl-coord start'.",
      ]
    return CatalogueError(
      .unavailable, "\(entry.name) isn't here and can't be fetched",
      advice: lines.joined(separator: "\n"))
  }

  private static func inMiB(_ byteCount: Int) -> String {
    let tenths = (byteCount * 10 + 1_048_575) / 1_048_576
    return "\(tenths / 10).\(tenths % 10) MiB"
  }
}
