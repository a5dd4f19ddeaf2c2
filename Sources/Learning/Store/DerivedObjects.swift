import Digest
import Files
import Glibc

/// Objects that follow from others and take long to make, such as a quantized backbone: each a file
/// named by the key of what it was made from.
///
/// ```
/// object-1-<64 hexadecimal digits>   format version, key
/// ```
///
/// A file begins with SHA-256 of its key and content, so that what doesn't prove to be what was kept
/// under that key counts as missing. Nothing of a run depends on them but the time that it takes.
public struct DerivedObjects: Sendable {
  private let folder: StoreFolder

  /// Beyond this the objects that were used longest ago go.
  public static let byteCountMax = 512 << 20
  /// Far more than any backbone for photographs.
  static let objectByteCountMax = 256 << 20

  static let prefix = "object-\(StoreFolder.formatVersion)-"
  private static let temporaryPrefix = "temporary-object-"

  public init(folder: StoreFolder) { self.folder = folder }

  /// What was kept under this key; nil where nothing was, or it is damaged.
  public func object(_ key: ContentDigest) -> [UInt8]? {
    let path = path(key)
    guard let file = try? readFile(path, byteCountMax: Self.objectByteCountMax) else { return nil }
    let proof = ContentDigest.byteCount
    guard file.count > proof,
      Array(file[..<proof]) == Self.proof(key, file[proof...])
    else {
      unsafe unlink(path)
      return nil
    }
    // Whatever was used last stays longest.
    _ = unsafe utimensat(AT_FDCWD, path, nil, 0)
    return Array(file[proof...])
  }

  /// Keeps an object; what another process keeps under the same key at the same time is as good.
  public func keep(_ object: [UInt8], for key: ContentDigest) throws(StoreError) {
    guard object.count <= Self.objectByteCountMax else { return }
    try folder.create()
    removeAbandoned()
    let temporary = "\(folder.path)/\(Self.temporaryPrefix)\(getpid())-\(key)"
    do throws(SystemError) {
      try LinuxFileSystem().replaceFile(
        path(key), with: Self.proof(key, object[...]) + object, temporary: temporary,
        permissions: 0o600)
    } catch {
      throw folder.failure("an object can't be kept", error)
    }
    prune(toBytes: Self.byteCountMax)
  }

  /// How many there are, and their bytes.
  func summary() -> (count: Int, byteCount: Int) {
    let files = files()
    return (files.count, files.reduce(0) { $0 + $1.byteCount })
  }

  /// Reads every object and removes those that are damaged; returns how many those are.
  func verify() -> Int {
    files().count { file in
      guard let key = ContentDigest(hex: file.name.dropFirst(Self.prefix.count))
      else { return false }
      return object(key) == nil
    }
  }

  /// Removes those that were used longest ago until at most so many bytes are left.
  @discardableResult
  func prune(toBytes byteCountMax: Int) -> Int {
    var left = summary().byteCount
    var removed = 0
    for file in files().sorted(by: { ($0.usedAt, $0.name) < ($1.usedAt, $1.name) })
    where left > byteCountMax {
      unsafe unlink("\(folder.path)/\(file.name)")
      left -= file.byteCount
      removed += 1
    }
    return removed
  }

  func clear() {
    prune(toBytes: 0)
    for name in folder.fileNames() where name.hasPrefix(Self.temporaryPrefix) {
      unsafe unlink("\(folder.path)/\(name)")
    }
  }

  // MARK: Files

  private struct File {
    let name: String
    let byteCount: Int
    /// Nanoseconds since 1970.
    let usedAt: Int
  }

  private func files() -> [File] {
    folder.fileNames().filter { $0.hasPrefix(Self.prefix) }.compactMap { name in
      var status = stat()
      guard unsafe stat("\(folder.path)/\(name)", &status) == 0 else { return nil }
      return File(
        name: name, byteCount: Int(status.st_size),
        usedAt: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec)
    }
  }

  private func path(_ key: ContentDigest) -> String { "\(folder.path)/\(Self.prefix)\(key)" }

  private static func proof(_ key: ContentDigest, _ content: ArraySlice<UInt8>) -> [UInt8] {
    var hash = SHA256()
    hash.update(Array("object 1\n".utf8))
    hash.update(key.bytes)
    hash.update(Array(content))
    return hash.finish().bytes
  }

  /// Processes that ended while they wrote left these behind.
  private func removeAbandoned() {
    for name in folder.fileNames() where name.hasPrefix(Self.temporaryPrefix) {
      let number = name.dropFirst(Self.temporaryPrefix.count).prefix { $0 != "-" }
      guard let process = pid_t(number), process != getpid(), kill(process, 0) != 0,
        errno == ESRCH
      else { continue }
      unsafe unlink("\(folder.path)/\(name)")
    }
  }
}
