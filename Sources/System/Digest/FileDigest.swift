import Files
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
    "cannot read \(path): \(SystemError.reason(errorNumber)); check that it is a file and that you may "
      + "read it"
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
    let file = try sha256(fileAt: path, keepingFirst: 0)
    return (file.digest, file.byteCount)
  }

  /// The same, and the first `count` bytes of the file, or all if it is shorter.
  public static func sha256(
    fileAt path: String, keepingFirst count: Int
  ) throws(DigestError) -> (digest: ContentDigest, byteCount: UInt64, firstBytes: [UInt8]) {
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
    var firstBytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: Self.readSize)
    while true {
      let readCount = unsafe buffer.withUnsafeMutableBytes { buffer in
        // The descriptor is open and the buffer has the length given.
        unsafe read(descriptor, buffer.baseAddress, buffer.count)
      }
      if readCount < 0 && errno == EINTR { continue }
      guard readCount >= 0 else { throw DigestError(path: path, errorNumber: errno) }
      if readCount == 0 { return (hash.finish(), byteCount, firstBytes) }
      unsafe hash.update(buffer.span.bytes.extracting(0..<readCount))
      byteCount += UInt64(readCount)
      firstBytes += buffer.prefix(min(readCount, count - firstBytes.count))
    }
  }

  // Holds most photographs whole and stays within the second-level cache.
  private static let readSize = 256 << 10
}
