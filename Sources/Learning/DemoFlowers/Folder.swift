import Glibc
import Images

/// Why the demo's photographs could not be made.
public enum DemoFlowersError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The system refused to write, with its error number.
  case notWritable(path: String, errorNumber: Int32)
  case notEncodable(ImageError)

  public var description: String {
    switch self {
    case .notWritable(let path, let number):
      // strerror's text is copied at once.
      "cannot write \(path): \(unsafe String(cString: strerror(number))); free some space or set "
        + "XDG_CACHE_HOME to a folder that you may write to"
    case .notEncodable(let error): "a demo photograph \(error)"
    }
  }
}

/// The few things that the demo does with folders.
enum Folder {
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether there is a file with something in it.
  static func holdsFile(_ path: String) -> Bool {
    var status = stat()
    let isThere = unsafe stat(path, &status) == 0
    return isThere && status.st_mode & S_IFMT == S_IFREG && status.st_size > 0
  }

  /// Makes a folder and those above it that are missing.
  static func create(_ path: String) throws(DemoFlowersError) {
    var made = path.hasPrefix("/") ? "" : "."
    for name in path.split(separator: "/") {
      made += "/\(name)"
      guard unsafe mkdir(made, 0o777) != 0, !exists(made) else { continue }
      // Something that is no folder has its name.
      throw .notWritable(path: path, errorNumber: errno == EEXIST ? ENOTDIR : errno)
    }
  }

  static func write(_ bytes: [UInt8], to path: String) throws(DemoFlowersError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .notWritable(path: path, errorNumber: errno) }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        // What is left of the buffer, which outlives the call.
        unsafe Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .notWritable(path: path, errorNumber: count < 0 ? errno : EIO) }
      written += count
    }
  }

  /// Gives a finished folder its name; fails if that is taken.
  static func publish(_ draft: String, as path: String) throws(DemoFlowersError) {
    guard unsafe rename(draft, path) == 0 else {
      throw .notWritable(path: path, errorNumber: errno)
    }
  }

  // What can't be removed stays: it is in nobody's way.
  static func remove(files: [String] = [], folders: [String] = []) {
    for file in files { unsafe unlink(file) }
    for folder in folders { unsafe rmdir(folder) }
  }
}

/// The right to work in a folder, which one process has at a time. The system takes it back from a
/// process that ends, however it ends.
struct FolderLock: ~Copyable {
  private let descriptor: Int32

  /// Waits until no other process has it.
  init(_ path: String) throws(DemoFlowersError) {
    descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      // The one who had the lock has given the folder its final name: that is no error.
      if errno == ENOENT { return }
      throw .notWritable(path: path, errorNumber: errno)
    }
    while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether the folder that is locked is still the one of this name.
  func isOn(_ path: String) -> Bool {
    var locked = stat()
    var named = stat()
    guard descriptor >= 0, unsafe fstat(descriptor, &locked) == 0, unsafe stat(path, &named) == 0
    else { return false }
    return locked.st_ino == named.st_ino && locked.st_dev == named.st_dev
  }
}
