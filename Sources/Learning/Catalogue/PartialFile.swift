import Digest
import Files
import Glibc
import Transfer

/// A file on its way: what came of it lies on the disk, and goes on from there, in this process or a
/// later one. The digest is taken as the bytes arrive.
final class PartialFile: TransferReceiver {
  /// Why a server's answer isn't taken.
  enum Refusal {
    /// It says that the file has another length.
    case otherLength(Int)
    /// More came than the file has bytes.
    case tooLong
    /// It sends another part than the one asked for.
    case otherPart
    case unwritable(SystemError)
  }

  private(set) var byteCount = 0
  private(set) var refusal: Refusal?
  /// Whether some of it came in an earlier transfer.
  private(set) var wasContinued = false

  private let path: String
  private let expectedByteCount: Int
  private let descriptor: Int32
  private var hash = SHA256()
  private let progress: (_ byteCount: Int) -> Void

  /// Opens what there is of the file, and reads it for its digest.
  init(
    _ path: String, expectedByteCount: Int, progress: @escaping (_ byteCount: Int) -> Void
  ) throws(SystemError) {
    self.path = path
    self.expectedByteCount = expectedByteCount
    self.progress = progress
    // Not through a link, which somebody may have put there.
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .last(path) }
    try takeWhatIsThere()
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  var isWhole: Bool { byteCount == expectedByteCount }

  private func takeWhatIsThere() throws(SystemError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      // Reads at most the buffer's own length.
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .last(path) }
      if count == 0 { break }
      unsafe hash.update(buffer.span.bytes.extracting(0..<count))
      byteCount += count
      if byteCount > expectedByteCount { break }
    }
    wasContinued = byteCount > 0
    // Longer than the file: whatever it is, it is no beginning of it.
    if byteCount > expectedByteCount { try beginAnew() }
  }

  /// Forgets what came so far.
  func beginAnew() throws(SystemError) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw .last(path)
    }
    byteCount = 0
    wasContinued = false
    hash = SHA256()
  }

  /// Of what came; call it when the file is whole.
  func takeDigest() -> ContentDigest {
    var taken = SHA256()
    swap(&taken, &hash)
    return taken.finish()
  }

  /// All of it is on the disk then.
  func synchronize() throws(SystemError) {
    guard fsync(descriptor) == 0 else { throw .last(path) }
  }

  // MARK: TransferReceiver

  func begin(_ head: AnswerHead) -> Bool {
    refusal = nil
    guard head.status == 206 else {
      if let length = head.contentLength, length != expectedByteCount {
        refusal = .otherLength(length)
        return false
      }
      return takes { () throws(SystemError) in if byteCount > 0 { try beginAnew() } }
    }
    guard let range = head.contentRange, range.first == byteCount else {
      refusal = .otherPart
      return false
    }
    if let total = range.total, total != expectedByteCount {
      refusal = .otherLength(total)
      return false
    }
    wasContinued = true
    return true
  }

  func receive(_ bytes: RawSpan) -> Bool {
    guard bytes.byteCount <= expectedByteCount - byteCount else {
      refusal = .tooLong
      return false
    }
    guard takes({ () throws(SystemError) in try write(bytes) }) else { return false }
    hash.update(bytes)
    byteCount += bytes.byteCount
    progress(byteCount)
    return true
  }

  private func takes(_ body: () throws(SystemError) -> Void) -> Bool {
    do throws(SystemError) {
      try body()
      return true
    } catch {
      refusal = .unwritable(error)
      return false
    }
  }

  private func write(_ bytes: RawSpan) throws(SystemError) {
    var written = 0
    while written < bytes.byteCount {
      let count = unsafe bytes.extracting(written..<bytes.byteCount).withUnsafeBytes { rest in
        // Reads what is left of the bytes, whose length it is given.
        unsafe pwrite(descriptor, rest.baseAddress, rest.count, byteCount + written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .last(path) }
      written += count
    }
  }
}
