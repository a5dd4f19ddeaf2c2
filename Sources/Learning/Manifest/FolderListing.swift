import Glibc

/// What a folder holds, as the system tells it.
enum FolderListing {
  struct Item {
    /// The name's bytes; not every file system insists on UTF-8.
    var name: [UInt8]
    var kind: Kind
  }

  enum Kind {
    case file(byteCount: UInt64)
    case folder(Identity)
    case other
    case unreadable(errorNumber: Int32)
  }

  /// What tells a folder from all others, by whatever path it is reached.
  struct Identity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  /// The items, sorted by the bytes of their names; links are followed.
  static func read(_ path: String) throws(ManifestError) -> [Item] {
    guard let folder = unsafe opendir(path) else {
      throw .unreadableFolder(path, errorNumber: errno)
    }
    defer { unsafe closedir(folder) }
    let descriptor = unsafe dirfd(folder)
    var items: [Item] = []
    while true {
      // Only errno tells the end from an error.
      errno = 0
      guard let entry = unsafe readdir(folder) else {
        let number = errno
        guard number == 0 else { throw .unreadableFolder(path, errorNumber: number) }
        break
      }
      // The entry's name is zero-terminated and copied before the next call overwrites it.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe Array($0.prefix { $0 != 0 })
      }
      if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
      items.append(Item(name: name, kind: kind(of: name, in: descriptor)))
    }
    return items.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  static func identity(of path: String) throws(ManifestError) -> Identity {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw .unreadableFolder(path, errorNumber: errno)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .unreadableFolder(path, errorNumber: ENOTDIR)
    }
    return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  private static func kind(of name: [UInt8], in descriptor: Int32) -> Kind {
    var status = stat()
    let terminated = (name + [0]).map { CChar(truncatingIfNeeded: $0) }
    guard unsafe fstatat(descriptor, terminated, &status, 0) == 0 else {
      return .unreadable(errorNumber: errno)
    }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file(byteCount: UInt64(status.st_size))
    case S_IFDIR:
      .folder(Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
    default: .other
    }
  }
}
