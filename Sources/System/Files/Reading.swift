import Glibc

/// The bytes of a file from an offset on, at most `count` of them, or all that its size says; more
/// than `byteCountMax` are EFBIG. What isn't a file is EISDIR or EINVAL, without waiting for it; a path
/// with a NUL, which the system would read up to there and find another file by, is ENOENT.
public func readFile(
  _ path: String, from offset: Int = 0, count countMax: Int? = nil, byteCountMax: Int = .max
) throws(SystemError) -> [UInt8] {
  guard !path.utf8.contains(0) else { throw SystemError(number: ENOENT, path: path) }
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
  let expected = countMax ?? max(0, Int(status.st_size) - offset)
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
