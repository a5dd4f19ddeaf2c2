import Glibc

/// The system calls by which files are written that must not be lost: one method is one call, so that
/// tests can let each of them fail, or end the process before or after it. Calls aren't repeated here.
public protocol FileSystem: Sendable {
  /// Opens a file to write it, or a folder to synchronize it; see open(2). `permissions` are those of
  /// a file that is made.
  func open(_ path: String, flags: Int32, permissions: UInt32) throws(SystemError) -> Int32
  /// Writes at most what is given and returns how much of it.
  func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, path: String) throws(SystemError)
    -> Int
  func truncate(_ descriptor: Int32, to byteCount: Int, path: String) throws(SystemError)
  func synchronize(_ descriptor: Int32, path: String) throws(SystemError)
  func close(_ descriptor: Int32, path: String) throws(SystemError)
  func rename(_ path: String, to newPath: String) throws(SystemError)
  func remove(_ path: String) throws(SystemError)
  func makeFolder(_ path: String) throws(SystemError)
}

/// What the name of a file ends in while it is written, before it gets its own.
public let temporarySuffix = ".temporary"

/// What everybody may read and write, less what the process's umask forbids.
public let ordinaryPermissions: UInt32 = 0o666

/// The real one.
public struct LinuxFileSystem: FileSystem {
  public init() {}

  private func check(_ result: Int32, _ path: String) throws(SystemError) {
    guard result == 0 else { throw SystemError(number: errno, path: path) }
  }

  public func open(
    _ path: String, flags: Int32, permissions: UInt32
  ) throws(SystemError) -> Int32 {
    // Paths are passed as C strings that live for the call, here and below.
    let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, permissions)
    guard descriptor >= 0 else { throw SystemError(number: errno, path: path) }
    return descriptor
  }

  public func write(
    _ bytes: ArraySlice<UInt8>, to descriptor: Int32, path: String
  ) throws(SystemError) -> Int {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
    }
    guard count >= 0 else { throw SystemError(number: errno, path: path) }
    return count
  }

  public func truncate(_ descriptor: Int32, to byteCount: Int, path: String) throws(SystemError) {
    try check(ftruncate(descriptor, byteCount), path)
  }

  public func synchronize(_ descriptor: Int32, path: String) throws(SystemError) {
    try check(fsync(descriptor), path)
  }

  public func close(_ descriptor: Int32, path: String) throws(SystemError) {
    try check(Glibc.close(descriptor), path)
  }

  public func rename(_ path: String, to newPath: String) throws(SystemError) {
    try check(unsafe Glibc.rename(path, newPath), newPath)
  }

  public func remove(_ path: String) throws(SystemError) {
    try check(unsafe unlink(path), path)
  }

  public func makeFolder(_ path: String) throws(SystemError) {
    try check(unsafe mkdir(path, 0o777), path)
  }
}

extension FileSystem {
  /// Repeats a call that a signal interrupted.
  public func uninterrupted<Result>(
    _ call: () throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    while true {
      do { return try call() } catch { if error.number != EINTR { throw error } }
    }
  }

  /// Writes all of the bytes, in as many calls as it takes.
  public func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = try uninterrupted { () throws(SystemError) in
        try write(rest, to: descriptor, path: path)
      }
      // A file that takes nothing and reports nothing would keep us here for ever.
      guard count > 0 else { throw SystemError(number: EIO, path: path) }
      rest = rest.dropFirst(count)
    }
  }

  /// Puts a file under its name so that, whatever happens, either the old or the whole new content
  /// is there: written under another name in the same folder, synchronized, renamed, the folder
  /// synchronized.
  ///
  /// - Parameter temporary: the other name; `path` + ".temporary" where none is given, for files that
  ///   one process writes at a time.
  public func replaceFile(
    _ path: String, with bytes: [UInt8], temporary: String? = nil,
    permissions: UInt32 = ordinaryPermissions
  ) throws(SystemError) {
    let temporary = temporary ?? path + temporarySuffix
    do throws(SystemError) {
      try withDescriptor(
        temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, permissions: permissions
      ) { (descriptor) throws(SystemError) in
        try writeAll(bytes, to: descriptor, path: temporary)
        try uninterrupted { () throws(SystemError) in
          try synchronize(descriptor, path: temporary)
        }
      }
      try uninterrupted { () throws(SystemError) in try rename(temporary, to: path) }
    } catch {
      try? remove(temporary)
      throw error
    }
    try synchronizeFolder(of: path)
  }

  /// Gives a finished file or folder its name, durably: the name is on the disk when this returns.
  public func publish(_ path: String, as newPath: String) throws(SystemError) {
    try uninterrupted { () throws(SystemError) in try rename(path, to: newPath) }
    try synchronizeFolder(of: newPath)
  }

  /// Makes names in the folder that holds `path` durable.
  public func synchronizeFolder(of path: String) throws(SystemError) {
    let name = PathNames.folder(of: path) ?? "."
    try withDescriptor(name, O_RDONLY | O_DIRECTORY) { (descriptor) throws(SystemError) in
      try uninterrupted { () throws(SystemError) in try synchronize(descriptor, path: name) }
    }
  }

  /// Opens, calls the body and closes, whatever happens.
  public func withDescriptor(
    _ path: String, _ flags: Int32, permissions: UInt32 = ordinaryPermissions,
    _ body: (Int32) throws(SystemError) -> Void
  ) throws(SystemError) {
    let descriptor = try uninterrupted { () throws(SystemError) in
      try open(path, flags: flags, permissions: permissions)
    }
    do throws(SystemError) {
      try body(descriptor)
    } catch {
      try? close(descriptor, path: path)
      throw error
    }
    do throws(SystemError) {
      try close(descriptor, path: path)
    } catch {
      // Linux frees the descriptor even where close is interrupted, and fsync came before.
      if error.number != EINTR { throw error }
    }
  }
}
