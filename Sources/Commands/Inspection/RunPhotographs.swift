import ClusterCore
import Manifest
import MobileNet
import RunFiles
import Training

/// A run's newest head, and the photographs that it was made with, wherever they are by now.
struct RunPhotographs: Sendable {
  let run: RunDirectory
  let configuration: RunConfiguration
  let checkpoint: Checkpoint
  let manifest: Manifest
  let split: Split
  /// Where the photographs are.
  let folders: DatasetFolders
  let threads: Int

  /// - Parameter source: where the photographs are now.
  /// - Throws: a run without a checkpoint or a list of its photographs, damaged files of it, and one
  ///   whose photographs another version of the program prepared.
  init(
    _ run: RunDirectory, source: Dataset.Source, threads: Int
  ) throws(InspectionError) {
    do throws(RunFilesError) {
      configuration = try run.configuration()
      try configuration.checkPixels()
      checkpoint = try run.checkpoint(useBest: false).checkpoint
    } catch {
      throw InspectionError(error)
    }
    guard let manifest = KnownPhotographs.kept(run, configuration) else {
      throw InspectionError(
        .data,
        "\(run.manifestPath) is missing or damaged; "
          + "'tl-coord start --run \(run.name) --resume' writes it anew")
    }
    do throws(ManifestError) {
      split = try Split(
        manifest, validationFraction: configuration.validation, seed: configuration.seed,
        group: configuration.group)
    } catch {
      throw InspectionError(.data, error.description)
    }
    self.run = run
    self.manifest = manifest
    self.threads = threads
    // Of a folder that has changed beyond reading, whatever is still where it was can be read.
    folders = (try? Dataset.folders(of: source)) ?? DatasetFolders(source.folder)
  }

  func entry(_ sample: SampleIndex) -> Manifest.Entry { manifest.entries[Int(sample)] }

  /// The photograph as a file; nil where it has gone or changed since.
  func file(_ sample: SampleIndex) -> [UInt8]? { try? entry(sample).read(in: folders) }

  func backbone() throws(InspectionError) -> Backbone {
    try Classifier.backbone(of: run, configuration, checkpoint).1
  }
}
