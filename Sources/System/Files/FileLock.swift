import Glibc

/// The right to work on a file or in a folder, which one process has at a time. The system takes it
/// back from a process that ends, however it ends.
public struct FileLock: ~Copyable {
  private let descriptor: Int32

  /// Waits until no other process has the right to a file, which is made where there is none.
  ///
  /// - Parameter wait: called once, before waiting.
  public init(file path: String, wait: () -> Void = {}) throws(SystemError) {
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, ordinaryPermissions)
    guard descriptor >= 0 else { throw .last(path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
    wait()
    try takeLock(path)
  }

  /// Waits until no other process has the right to a folder. One that is gone can't be locked, and
  /// `isOn` says so.
  public init(folder path: String) throws(SystemError) {
    descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return }
      throw .last(path)
    }
    try takeLock(path)
  }

  private func takeLock(_ path: String) throws(SystemError) {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw .last(path) }
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether what is locked is still what has this name: another may have taken its place before the
  /// lock was had.
  public func isOn(_ path: String) -> Bool {
    var locked = stat()
    var named = stat()
    guard descriptor >= 0, unsafe fstat(descriptor, &locked) == 0, unsafe stat(path, &named) == 0
    else { return false }
    return locked.st_ino == named.st_ino && locked.st_dev == named.st_dev
  }
}
