import Digest
import Manifest
import RunFiles

/// What a run knows a photograph from.
public enum Acquaintance: String, CaseIterable, Sendable {
  /// The run was trained on it, or one was whose head it began with.
  case training, validation, test
  /// It has never met it.
  case none
}

/// The photographs that a run has met, by their contents: from the list that it keeps, or, where it was
/// made by an earlier build and keeps none, read anew from where they are.
public struct KnownPhotographs {
  private let acquaintances: [ContentDigest: Acquaintance]
  /// Why it can't be told; nil where it can.
  public let reasonUnknown: String?

  /// - Parameter source: where the photographs are now.
  public init(
    _ run: RunDirectory, threads: Int, source: (RunConfiguration) throws -> Dataset.Source
  ) {
    do {
      let configuration = try run.configuration()
      var acquaintances = try Self.acquaintances(
        configuration,
        Self.kept(run, configuration) ?? Self.read(source(configuration), configuration, threads))
      if let predecessor = configuration.predecessor {
        do {
          for photograph in try run.startPhotographs() { acquaintances[photograph] = .training }
        } catch {
          throw InspectionError(
            .data, "what run '\(predecessor.run)', from which it started, was trained on: \(error)")
        }
      }
      self.acquaintances = acquaintances
      reasonUnknown = nil
    } catch {
      acquaintances = [:]
      reasonUnknown = "\(error)"
    }
  }

  /// Nil where it can't be told.
  public func acquaintance(with photograph: ContentDigest) -> Acquaintance? {
    reasonUnknown == nil ? acquaintances[photograph] ?? Acquaintance.none : nil
  }

  /// Nil where the run keeps no manifest, or not that which it began with.
  static func kept(
    _ run: RunDirectory, _ configuration: RunConfiguration
  ) -> Manifest? {
    guard let bytes = try? run.manifest(), let manifest = try? Manifest(decoding: bytes),
      manifest.digest == configuration.inputs?.manifest
    else { return nil }
    return manifest
  }

  private static func read(
    _ source: Dataset.Source, _ configuration: RunConfiguration, _ threads: Int
  ) throws -> Manifest {
    let manifest = try Dataset(reading: source, threads: threads).manifest
    guard manifest.digest == configuration.inputs?.manifest else {
      throw InspectionError(.data, "the photographs in \(source.folder) have changed since")
    }
    return manifest
  }

  private static func acquaintances(
    _ configuration: RunConfiguration, _ manifest: Manifest
  ) throws -> [ContentDigest: Acquaintance] {
    let split = try Split(
      manifest, validationFraction: configuration.validation, seed: configuration.seed,
      group: configuration.group)
    var acquaintances: [ContentDigest: Acquaintance] = [:]
    for (samples, acquaintance) in [
      (split.training, Acquaintance.training), (split.validation, .validation),
      (split.test, .test),
    ] {
      for sample in samples { acquaintances[manifest.entries[Int(sample)].digest] = acquaintance }
    }
    return acquaintances
  }
}
