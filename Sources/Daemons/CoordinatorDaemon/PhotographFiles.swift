import ClusterCore
import Manifest

/// Reads a photograph as the manifest knows it.
typealias PhotographFile = @Sendable () throws(ManifestError) -> [UInt8]

/// Where the photographs of the manifest are.
struct PhotographFiles: Sendable {
  let folders: DatasetFolders
  let manifest: Manifest

  func path(_ sample: SampleIndex) -> String { folders.path(of: manifest.entries[Int(sample)]) }

  func file(_ sample: SampleIndex) -> PhotographFile {
    let (folders, entry) = (folders, manifest.entries[Int(sample)])
    return { () throws(ManifestError) in try entry.read(in: folders) }
  }
}
