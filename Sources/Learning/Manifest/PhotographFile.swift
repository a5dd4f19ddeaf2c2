import Digest
import Files
import Glibc

extension Manifest.Entry {
  /// The bytes of the photograph in the dataset's folder, checked against the manifest.
  public func read(in folders: DatasetFolders) throws(ManifestError) -> [UInt8] {
    let bytes: [UInt8]
    do throws(SystemError) {
      // One byte more than there should be shows whether the file has grown.
      bytes = try readFile(folders.path(of: self), count: Int(byteCount) + 1)
    } catch {
      // Something else has taken the file's place, such as a folder or a pipe.
      if error.number == EISDIR || error.number == EINVAL { throw .changedFile(path) }
      throw .unreadableFile(path, errorNumber: error.number)
    }
    guard bytes.count == Int(byteCount), ContentDigest.sha256(bytes) == digest else {
      throw .changedFile(path)
    }
    return bytes
  }
}
