import Digest
import Glibc

extension Manifest.Entry {
  /// The bytes of the photograph in the dataset's folder, checked against the manifest.
  public func read(in folders: DatasetFolders) throws(ManifestError) -> [UInt8] {
    let file = folders.path(of: self)
    // O_NONBLOCK: should a pipe have taken the file's place, opening it must not wait.
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadableFile(path, errorNumber: errno) }
    defer { close(descriptor) }
    // One byte more than there should be shows whether the file has grown.
    var bytes = [UInt8](repeating: 0, count: Int(byteCount) + 1)
    var filled = 0
    while filled < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        // What is left of the buffer, which outlives the call.
        unsafe Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .unreadableFile(path, errorNumber: errno) }
      if count == 0 { break }
      filled += count
    }
    bytes.removeLast(bytes.count - filled)
    guard filled == Int(byteCount), ContentDigest.sha256(bytes) == digest else {
      throw .changedFile(path)
    }
    return bytes
  }
}
