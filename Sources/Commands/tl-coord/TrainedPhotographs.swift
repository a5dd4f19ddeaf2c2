import CoordinatorDaemon
import Digest
import Manifest
import RunFiles

/// The photographs that a run was trained on, by their contents: read anew from where they were.
struct TrainedPhotographs {
  private let digests: Set<ContentDigest>
  /// Why it can't be told; nil where it can.
  let reasonUnknown: String?

  init(_ run: RunDirectory) {
    do {
      digests = try TrainedPhotographs.digests(run)
      reasonUnknown = nil
    } catch {
      digests = []
      reasonUnknown = "\(error)"
    }
  }

  /// Nil where it can't be told.
  func contains(_ photograph: ContentDigest) -> Bool? {
    reasonUnknown == nil ? digests.contains(photograph) : nil
  }

  private static func digests(_ run: RunDirectory) throws -> Set<ContentDigest> {
    let configuration = try run.configuration()
    let folder = try Inputs.dataFolder(configuration.data) { _, _ in }
    let dataset = try Dataset(
      reading: Dataset.Source(folder: folder, as: configuration),
      threads: PredictCommand.threadCount)
    let manifest = dataset.manifest
    guard manifest.digest == configuration.inputs?.manifest else { throw Changed(folder: folder) }
    let split = try Split(
      manifest, validationFraction: configuration.validation, seed: configuration.seed)
    return Set(split.training.map { manifest.entries[Int($0)].digest })
  }

  private struct Changed: Error, CustomStringConvertible {
    let folder: String
    var description: String { "the photographs in \(folder) have changed since" }
  }
}
