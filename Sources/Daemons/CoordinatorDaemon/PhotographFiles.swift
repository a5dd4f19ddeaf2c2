import ClusterCore
import Manifest

/// Reads a photograph as the manifest knows it.
typealias PhotographFile = @Sendable () throws(ManifestError) -> [UInt8]

/// Where the photographs of the manifest are.
struct PhotographFiles: Sendable {
  let folder: String
  let manifest: Manifest

  func path(_ sample: SampleIndex) -> String { "\(folder)/\(manifest.entries[Int(sample)].path)" }

  func file(_ sample: SampleIndex) -> PhotographFile {
    let (folder, entry) = (folder, manifest.entries[Int(sample)])
    return { () throws(ManifestError) in try entry.read(in: folder) }
  }
}
