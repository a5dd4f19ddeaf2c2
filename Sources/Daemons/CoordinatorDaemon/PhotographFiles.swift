import ClusterCore
import Digest
import Manifest
import Threading

/// Where the photographs of the manifest are.
struct PhotographFiles: Sendable {
  let folder: String
  let manifest: Manifest

  func path(_ sample: SampleIndex) -> String { "\(folder)/\(manifest.entries[Int(sample)].path)" }

  /// The file as the manifest knows it, or nil where it can't be read or has other bytes by now.
  func read(_ sample: SampleIndex) -> [UInt8]? {
    let entry = manifest.entries[Int(sample)]
    guard let bytes = readFile(path(sample), offset: 0, byteCount: Int(entry.byteCount)),
      ContentDigest.sha256(bytes) == entry.digest
    else { return nil }
    return bytes
  }
}
