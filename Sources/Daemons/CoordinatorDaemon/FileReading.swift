import Digest
import Glibc

/// A file that the machine doesn't let be read at the moment: nothing follows about what it holds.
struct UnreadableFile: Error, CustomStringConvertible {
  let path: String
  let failure: SystemFailure

  var description: String { "\(path): \(failure)" }
}

/// Exactly these bytes of a file; nil where it isn't there, isn't a file or has fewer.
func readFile(
  _ path: String, offset: Int, byteCount: Int
) throws(UnreadableFile) -> [UInt8]? {
  // O_NONBLOCK: should a pipe have taken the file's place, opening it must not wait.
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { return try absent(path, errno) }
  defer { close(descriptor) }
  var status = stat()
  guard unsafe fstat(descriptor, &status) == 0 else { return try absent(path, errno) }
  guard status.st_mode & S_IFMT == S_IFREG else { return nil }
  var failure: Int32 = 0
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
    while count < byteCount, let start = buffer.baseAddress {
      // Safe: at most the rest of the buffer is written.
      let result = unsafe pread(
        descriptor, start + count, byteCount - count, off_t(offset + count))
      if result < 0, errno == EINTR { continue }
      if result < 0 { failure = errno }
      guard result > 0 else { break }
      count += result
    }
  }
  guard failure == 0 else { return try absent(path, failure) }
  return bytes.count == byteCount ? bytes : nil
}

private func absent(_ path: String, _ number: Int32) throws(UnreadableFile) -> [UInt8]? {
  guard SystemErrors.concernMachine(number) else { return nil }
  throw UnreadableFile(path: path, failure: SystemFailure(number: number))
}
