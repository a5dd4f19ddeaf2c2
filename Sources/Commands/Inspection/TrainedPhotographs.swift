import Digest
import Manifest
import RunFiles

/// The photographs that a run was trained on, by their contents: read anew from where they are.
public struct TrainedPhotographs {
  private let digests: Set<ContentDigest>
  /// Why it can't be told; nil where it can.
  public let reasonUnknown: String?

  /// - Parameter source: where the photographs are now.
  public init(
    _ run: RunDirectory, threads: Int, source: (RunConfiguration) throws -> Dataset.Source
  ) {
    do {
      let configuration = try run.configuration()
      digests = try TrainedPhotographs.digests(configuration, source(configuration), threads)
      reasonUnknown = nil
    } catch {
      digests = []
      reasonUnknown = "\(error)"
    }
  }

  /// Nil where it can't be told.
  public func contains(_ photograph: ContentDigest) -> Bool? {
    reasonUnknown == nil ? digests.contains(photograph) : nil
  }

  private static func digests(
    _ configuration: RunConfiguration, _ source: Dataset.Source, _ threads: Int
  ) throws -> Set<ContentDigest> {
    let manifest = try Dataset(reading: source, threads: threads).manifest
    guard manifest.digest == configuration.inputs?.manifest else {
      throw InspectionError(.data, "the photographs in \(source.folder) have changed since")
    }
    let split = try Split(
      manifest, validationFraction: configuration.validation, seed: configuration.seed)
    return Set(split.training.map { manifest.entries[Int($0)].digest })
  }
}
