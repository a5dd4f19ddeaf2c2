import Digest

extension RunDirectory {
  /// The backbone as workers get it, so that the run's classifier can be used without the
  /// photographs that an int8 backbone was calibrated on.
  public var backbonePath: String { path + "/backbone.bin" }

  /// Far beyond any backbone for photographs.
  static let backboneByteCountMax = 1 << 30

  /// Keeps the backbone; one that is there already stays.
  public func saveBackbone(
    _ object: [UInt8], digest: ContentDigest, fileSystem: some FileSystem = LinuxFileSystem()
  ) throws(RunFilesError) {
    if let kept = try? backbone(), ContentDigest.sha256(kept) == digest { return }
    do {
      try fileSystem.replaceFile(backbonePath, with: object)
    } catch {
      throw RunFilesError(.cannotCreate, "keep the backbone of run '\(name)'", error)
    }
  }

  /// The bytes of the backbone. Whether they are the run's, their digest tells.
  public func backbone() throws(RunFilesError) -> [UInt8] {
    do {
      return try readFile(backbonePath, byteCountMax: Self.backboneByteCountMax)
    } catch {
      throw RunFilesError(.inputOutput, "read the backbone of run '\(name)'", error)
    }
  }
}
