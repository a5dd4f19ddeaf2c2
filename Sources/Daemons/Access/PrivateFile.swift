import Files
import Glibc

/// Small files that only their owner may read.
enum PrivateFile {
  /// Far more than any of them has.
  private static let byteCountMax = 4 << 20

  /// The content and the version that was read; nil where there is no such file.
  ///
  /// - Throws: `unsafeFile` where somebody else may read or write it, `inputOutput`.
  static func read(_ path: String) throws(AccessError) -> (bytes: [UInt8], version: Version)? {
    // Whatever lies there: a pipe must not make us wait, nor a link lead elsewhere.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw AccessError(.inputOutput, "cannot read \(SystemError.last(path))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw AccessError(.inputOutput, "cannot read \(SystemError.last(path))")
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      status.st_mode & 0o077 == 0
    else {
      throw AccessError(
        .unsafeFile,
        "\(path) holds secret keys and others may read it, or it isn't yours; if nobody has, run "
          + "`chmod 600 \(path)`, else remove it and hand out new tokens")
    }
    guard status.st_size <= byteCountMax else {
      throw AccessError(.unsafeFile, "\(path) is too large for what it is")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    // Safe: at most the array's length is written.
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
    }
    guard count == bytes.count else {
      throw AccessError(.inputOutput, "cannot read \(SystemError.last(path))")
    }
    return (bytes, Version(status))
  }

  /// Puts a file into its place, whole or not at all.
  static func write(_ bytes: [UInt8], to path: String) throws(AccessError) {
    let temporary = "\(path).\(getpid()).new"
    // What a process of this number left that was killed might have other permissions.
    unsafe unlink(temporary)
    do throws(SystemError) {
      try LinuxFileSystem().replaceFile(
        path, with: bytes, temporary: temporary, permissions: 0o600)
    } catch {
      throw AccessError(.inputOutput, "cannot write \(path): \(error.reason)")
    }
  }

  /// By which a file that was replaced or written is known.
  struct Version: Equatable, Sendable {
    private let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int
    private let byteCount: Int

    init(_ status: stat) {
      inode = UInt64(status.st_ino)
      seconds = status.st_ctim.tv_sec
      nanoseconds = status.st_ctim.tv_nsec
      byteCount = Int(status.st_size)
    }

    /// Of the file that is there now; nil where there is none.
    static func current(_ path: String) -> Version? {
      var status = stat()
      return unsafe lstat(path, &status) == 0 ? Version(status) : nil
    }
  }
}
