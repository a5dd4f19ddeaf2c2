import ClusterCore
import Manifest

/// Where the photographs of the manifest are.
struct PhotographFiles: Sendable {
  let folders: DatasetFolders
  let manifest: Manifest

  func path(_ sample: SampleIndex) -> String { folders.path(of: manifest.entries[Int(sample)]) }

  /// As people know it.
  func shown(_ sample: SampleIndex) -> String { folders.shown(manifest.entries[Int(sample)]) }

  /// The file's content, as the manifest knows it.
  func read(_ sample: SampleIndex) throws(ManifestError) -> [UInt8] {
    try manifest.entries[Int(sample)].read(in: folders)
  }
}
