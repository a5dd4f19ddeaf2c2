import Files
import Glibc

/// The folder in which a store lies, and the names in it.
///
/// ```
/// features-1-0000.sqlite       format version, generation
/// features-1-0000.sqlite-wal   SQLite's own, beside it
/// damaged-features-…           the newest generation that was set aside
/// ```
///
/// A damaged database isn't renamed under the feet of other processes that have it open: the next
/// generation gets a name of its own, and they follow when they find the damage themselves.
public struct StoreFolder: Sendable {
  public static let formatVersion = 1

  public let path: String

  public init(_ path: String) { self.path = path }

  /// `$XDG_CACHE_HOME/tl`, else `~/.cache/tl`; nil where neither variable is set.
  ///
  /// A relative `XDG_CACHE_HOME` doesn't count, as the XDG base directory specification demands.
  public static func standard(environment: (String) -> String?) -> StoreFolder? {
    if let cache = environment("XDG_CACHE_HOME"), PathNames.isAbsolute(cache) {
      return StoreFolder(cache + "/tl")
    }
    guard let home = environment("HOME"), PathNames.isAbsolute(home) else { return nil }
    return StoreFolder(home + "/.cache/tl")
  }

  func database(generation: Int) -> String {
    let digits = String(generation)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return "\(path)/features-\(Self.formatVersion)-\(padded).sqlite"
  }

  /// The newest generation of this format in the folder; 0 where there is none.
  func newestGeneration() -> Int {
    fileNames().compactMap(Self.generation).max() ?? 0
  }

  /// The generation that a database's name tells, or nil for another file or another format.
  static func generation(_ name: String) -> Int? {
    let prefix = "features-\(formatVersion)-"
    guard name.hasPrefix(prefix), name.hasSuffix(".sqlite") else { return nil }
    let digits = name.dropFirst(prefix.count).dropLast(".sqlite".count)
    guard digits.count >= 4, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(digits)
  }

  /// Creates the folder, and those above it, for this user alone.
  func create() throws(StoreError) {
    do throws(SystemError) {
      try makeFolders(path, permissions: 0o700)
    } catch {
      guard error.number != ENOTDIR else {
        throw StoreError(
          path: error.path, reason: "it is no folder", advice: "remove it, or give another --cache")
      }
      throw failure("the folder can't be created", error)
    }
  }

  /// Sorted; none where the folder can't be read.
  func fileNames() -> [String] { (try? names(in: path)) ?? [] }

  /// Bytes of all files of the store, as they lie on the disk.
  func byteCount() -> Int {
    fileNames().reduce(0) { sum, name in
      var status = stat()
      guard unsafe stat("\(path)/\(name)", &status) == 0 else { return sum }
      return sum + Int(status.st_blocks) * 512
    }
  }

  func failure(_ reason: String, _ error: SystemError) -> StoreError {
    StoreError(
      path: path, reason: "\(reason) (\(error.reason))",
      advice: "give --cache a folder that you may write")
  }
}
