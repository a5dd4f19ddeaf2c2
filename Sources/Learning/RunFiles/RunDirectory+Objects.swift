import Digest
import Files
import Training

/// What a run keeps of what it was made from, so that its classifier can be used, and told what it
/// knows, when the photographs have changed or gone.
extension RunDirectory {
  /// The backbone as workers get it.
  public var backbonePath: String { path + "/backbone.bin" }

  /// The list of the photographs with their classes, parts and digests.
  public var manifestPath: String { path + "/manifest.bin" }

  /// The head that the run began with, where that isn't zeros: as a safetensors file.
  public var startHeadPath: String { path + "/start.safetensors" }

  /// The photographs that the head which the run began with was trained on, see `PhotographList`.
  public var startPhotographsPath: String { path + "/start-photographs.bin" }

  /// Far beyond any backbone for photographs, and any list of them.
  static let objectByteCountMax = 1 << 30

  /// Keeps the backbone; one that is there already stays.
  public func saveBackbone(
    _ object: [UInt8], digest: ContentDigest, fileSystem: some FileSystem = LinuxFileSystem()
  ) throws(RunFilesError) {
    try save(object, digest, backbonePath, "backbone", fileSystem)
  }

  /// The bytes of the backbone. Whether they are the run's, their digest tells.
  public func backbone() throws(RunFilesError) -> [UInt8] {
    try object(backbonePath, "backbone")
  }

  /// Keeps the encoded manifest; one that is there already stays.
  public func saveManifest(
    _ object: [UInt8], digest: ContentDigest, fileSystem: some FileSystem = LinuxFileSystem()
  ) throws(RunFilesError) {
    try save(object, digest, manifestPath, "manifest", fileSystem)
  }

  /// The bytes of the manifest. Whether they are the run's, their digest tells. Runs of earlier builds
  /// have none.
  public func manifest() throws(RunFilesError) -> [UInt8] {
    try object(manifestPath, "manifest")
  }

  /// The head that the run began with, which must be this one.
  public func startHead(_ digest: ContentDigest) throws(RunFilesError) -> Head {
    let bytes = try object(startHeadPath, "starting head")
    guard let head = try? Head(safeTensors: bytes), head.digest == digest else {
      throw RunFilesError(
        .damaged,
        "\(startHeadPath) is damaged: it is not the head that run '\(name)' began with; put it back from "
          + "a copy")
    }
    return head
  }

  /// The photographs that the head which the run began with was trained on.
  public func startPhotographs() throws(RunFilesError) -> Set<ContentDigest> {
    let bytes = try object(startPhotographsPath, "list of earlier photographs")
    guard let list = PhotographList(bytes: bytes) else {
      throw RunFilesError(.damaged, "\(startPhotographsPath) is damaged")
    }
    return list.photographs
  }

  /// The newest sound checkpoint of the run, or that of its best epoch, and what is wrong with newer
  /// ones. Throws where the run hasn't trained for an epoch: it has a head, which has learnt nothing yet.
  ///
  /// - Parameter useBest: whether to take the epoch of the highest validation accuracy instead of
  ///   the last.
  public func checkpoint(
    useBest: Bool
  ) throws(RunFilesError) -> (checkpoint: Checkpoint, skipped: [String]) {
    let newest = try checkpoints.newest(withoutAnyOf: faultyWorkers())
    let skipped = newest.skipped.map(\.reason)
    guard let checkpoint = newest.checkpoint else { throw untrained("has no checkpoint yet") }
    guard checkpoint.epoch > 0 else { throw untrained("hasn't trained for an epoch yet") }
    guard useBest, let best = checkpoint.best else { return (checkpoint, skipped) }
    return (try Checkpoint(readingFrom: checkpoints.file(step: best.step)), skipped)
  }

  private func untrained(_ what: String) -> RunFilesError {
    RunFilesError(
      .damaged,
      "run '\(name)' \(what), and so has learnt nothing that could be used; let it go on with "
        + "'tl-coord start --resume --run \(name)', or name another run")
  }

  /// Whether it has trained for an epoch. Where files are damaged, which is for whoever uses the run to
  /// say, it is taken to have.
  public var hasTrained: Bool {
    do throws(RunFilesError) {
      guard let newest = try checkpoints.newest(withoutAnyOf: faultyWorkers()).checkpoint else {
        return try !checkpoints.steps().isEmpty
      }
      return newest.epoch > 0
    } catch {
      return true
    }
  }

  private func save(
    _ object: [UInt8], _ digest: ContentDigest, _ path: String, _ what: String,
    _ fileSystem: some FileSystem
  ) throws(RunFilesError) {
    if let kept = try? self.object(path, what), ContentDigest.sha256(kept) == digest { return }
    do {
      try fileSystem.replaceFile(path, with: object)
    } catch {
      throw RunFilesError(.cannotCreate, "keep the \(what) of run '\(name)'", error)
    }
  }

  private func object(_ path: String, _ what: String) throws(RunFilesError) -> [UInt8] {
    do {
      return try readFile(path, byteCountMax: Self.objectByteCountMax)
    } catch {
      throw RunFilesError(.inputOutput, "read the \(what) of run '\(name)'", error)
    }
  }
}
