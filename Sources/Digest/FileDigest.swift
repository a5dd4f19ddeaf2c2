import Glibc

/// A file whose bytes could not be read.
public struct DigestError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file as the caller named it.
  public let path: String
  /// The system's error number (EACCES, EIO, …).
  public let errorNumber: Int32

  public init(path: String, errorNumber: Int32) {
    self.path = path
    self.errorNumber = errorNumber
  }

  public var description: String {
    let reason = unsafe String(cString: strerror(errorNumber))
    return "cannot read \(path): \(reason); check that it is a file and that you may read it"
  }
}

extension ContentDigest {
  /// The digest of a regular file and the number of bytes that went into it.
  ///
  /// Anything that is not a regular file is refused with EISDIR or EINVAL before a byte is read: a
  /// pipe or a device might never end.
  public static func sha256(
    fileAt path: String
  ) throws(DigestError) -> (digest: ContentDigest, byteCount: UInt64) {
    // O_NONBLOCK: opening a pipe without a writer must not wait; it changes nothing for files.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw DigestError(path: path, errorNumber: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw DigestError(path: path, errorNumber: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw DigestError(path: path, errorNumber: isFolder ? EISDIR : EINVAL)
    }

    var hash = SHA256()
    var byteCount: UInt64 = 0
    var buffer = [UInt8](repeating: 0, count: Self.readSize)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { buffer in
        // The descriptor is open and the buffer has the length given.
        unsafe read(descriptor, buffer.baseAddress, buffer.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw DigestError(path: path, errorNumber: errno) }
      if count == 0 { return (hash.finish(), byteCount) }
      unsafe hash.update(buffer.span.bytes.extracting(0..<count))
      byteCount += UInt64(count)
    }
  }

  // Holds most photographs whole and stays within the second-level cache.
  private static let readSize = 256 << 10
}
