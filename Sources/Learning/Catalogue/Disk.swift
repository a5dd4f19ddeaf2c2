import Glibc

/// The few things that fetching does with the disk.
enum Disk {
  /// A call that failed: what it was about, and the system's number for the reason.
  struct Failure: Error {
    let path: String
    let errorNumber: Int32

    init(_ path: String) {
      self.path = path
      errorNumber = errno
    }

    // strerror's text is copied at once.
    var reason: String { unsafe String(cString: strerror(errorNumber)) }
    var isNoRoom: Bool { [ENOSPC, EDQUOT, EFBIG].contains(errorNumber) }
  }

  // Paths are C strings for the length of a call, here and below; the calls fill in the structs.

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Of a file; nil where there is none.
  static func byteCount(_ path: String) -> Int? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// What this user may still write where the folder lies; nil where the system doesn't tell.
  static func freeByteCount(_ folder: String) -> Int? {
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0 else { return nil }
    let (count, isTooLarge) = Int(status.f_bavail).multipliedReportingOverflow(
      by: Int(status.f_frsize))
    return isTooLarge ? nil : count
  }

  /// Makes a folder and those above it that are missing.
  static func makeFolders(_ path: String) throws(Failure) {
    var made = path.hasPrefix("/") ? "" : "."
    for name in path.split(separator: "/") {
      made += "/\(name)"
      if unsafe mkdir(made, 0o777) != 0, !isFolder(made) { throw Failure(made) }
    }
  }

  static func makeFolder(_ path: String) throws(Failure) {
    if unsafe mkdir(path, 0o777) != 0 { throw Failure(path) }
  }

  static func rename(_ path: String, to newPath: String) throws(Failure) {
    guard unsafe Glibc.rename(path, newPath) == 0 else { throw Failure(newPath) }
    // The name is on the disk then.
    let folder = newPath.lastIndex(of: "/").map { String(newPath[..<$0]) } ?? "."
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw Failure(folder) }
  }

  /// Removes a file or a folder with all that is in it; links are removed, not followed. What isn't
  /// there needs no removing.
  static func remove(_ path: String) throws(Failure) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw Failure(path)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      guard unsafe unlink(path) == 0 else { throw Failure(path) }
      return
    }
    for name in try names(in: path) { try remove("\(path)/\(name)") }
    guard unsafe rmdir(path) == 0 else { throw Failure(path) }
  }

  private static func names(in folder: String) throws(Failure) -> [String] {
    guard let stream = unsafe opendir(folder) else { throw Failure(folder) }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    // Each entry is copied before the next is read.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}

/// The right to fetch one file, which one process has at a time. The system takes it back from a
/// process that ends, however it ends.
struct FetchLock: ~Copyable {
  private let descriptor: Int32

  /// Waits until no other process has it.
  ///
  /// - Parameter wait: called once, before waiting.
  init(_ path: String, wait: () -> Void) throws(Disk.Failure) {
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Disk.Failure(path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
    wait()
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw Disk.Failure(path) }
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
