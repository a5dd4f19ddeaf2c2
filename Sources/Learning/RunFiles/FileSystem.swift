import Glibc

/// A system call that failed.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// ENOSPC, EIO, …
  public let number: Int32
  public let path: String

  public init(number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  public var description: String { "\(path): \(reason)" }

  /// What the system says, without the path.
  public var reason: String {
    // strerror gives a static or thread-local text, copied at once.
    unsafe String(cString: strerror(number))
  }
}

/// The system calls by which files of a run are written: one method is one call, so that tests can
/// let each of them fail, or end the process before or after it. Calls aren't repeated here.
public protocol FileSystem: Sendable {
  /// Opens a file to write it, or a folder to synchronize it; see open(2).
  func open(_ path: String, flags: Int32) throws(SystemError) -> Int32
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

/// The real one.
public struct LinuxFileSystem: FileSystem {
  public init() {}

  private func check(_ result: Int32, _ path: String) throws(SystemError) {
    guard result == 0 else { throw SystemError(number: errno, path: path) }
  }

  public func open(_ path: String, flags: Int32) throws(SystemError) -> Int32 {
    // Paths are passed as C strings that live for the call, here and below.
    let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o666)
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
  func uninterrupted<Result>(
    _ call: () throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    while true {
      do { return try call() } catch { if error.number != EINTR { throw error } }
    }
  }

  /// Writes all of the bytes, in as many calls as it takes.
  func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemError) {
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
  /// is there: written to `path` + ".temporary", synchronized, renamed, the folder synchronized.
  func replaceFile(_ path: String, with bytes: [UInt8]) throws(SystemError) {
    let temporary = path + RunDirectory.temporarySuffix
    do throws(SystemError) {
      try withDescriptor(temporary, O_WRONLY | O_CREAT | O_TRUNC) {
        (descriptor) throws(SystemError) in
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

  /// Makes names in the folder that holds `path` durable.
  func synchronizeFolder(of path: String) throws(SystemError) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let name = folder.isEmpty ? "/" : folder
    try withDescriptor(name, O_RDONLY | O_DIRECTORY) { (descriptor) throws(SystemError) in
      try uninterrupted { () throws(SystemError) in try synchronize(descriptor, path: name) }
    }
  }

  /// Opens, calls the body and closes, whatever happens.
  func withDescriptor(
    _ path: String, _ flags: Int32, _ body: (Int32) throws(SystemError) -> Void
  ) throws(SystemError) {
    let descriptor = try uninterrupted { () throws(SystemError) in
      try open(path, flags: flags)
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

/// The bytes of a file from an offset on, at most `count` of them; more than `byteCountMax` are
/// EFBIG.
package func readFile(
  _ path: String, from offset: Int = 0, count countMax: Int = .max, byteCountMax: Int = .max
) throws(SystemError) -> [UInt8] {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw SystemError(number: errno, path: path) }
  defer { close(descriptor) }
  var status = stat()
  guard unsafe fstat(descriptor, &status) == 0 else {
    throw SystemError(number: errno, path: path)
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw SystemError(number: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL, path: path)
  }
  let expected = min(countMax, max(0, Int(status.st_size) - offset))
  guard expected <= byteCountMax else { throw SystemError(number: EFBIG, path: path) }
  var bytes = [UInt8](repeating: 0, count: expected)
  var count = 0
  while count < expected {
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in
      // Reads into the rest of the buffer, whose length it is given.
      unsafe pread(descriptor, buffer.baseAddress! + count, expected - count, offset + count)
    }
    if got < 0 && errno == EINTR { continue }
    guard got >= 0 else { throw SystemError(number: errno, path: path) }
    if got == 0 { break }
    count += got
  }
  bytes.removeLast(expected - count)
  return bytes
}

/// The names in a folder, without "." and "..", sorted.
func names(in folder: String) throws(SystemError) -> [String] {
  // The stream is closed before this returns; each entry is copied before the next is read.
  guard let stream = unsafe opendir(folder) else {
    throw SystemError(number: errno, path: folder)
  }
  defer { unsafe closedir(stream) }
  var names: [String] = []
  while let entry = unsafe readdir(stream) {
    let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}
