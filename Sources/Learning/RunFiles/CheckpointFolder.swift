import Files
import Glibc

/// The checkpoints of a run: one file each, named by its step.
public struct CheckpointFolder<Files: FileSystem>: Sendable {
  public let path: String
  private let fileSystem: Files

  public init(path: String, fileSystem: Files = LinuxFileSystem()) {
    self.path = path
    self.fileSystem = fileSystem
  }

  /// How many of the latest are kept, beside the best.
  static var keptCount: Int { 3 }

  /// The file of a step's checkpoint.
  public func file(step: UInt64) -> String { "\(path)/\(Self.name(step: step))" }

  public static func name(step: UInt64) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
      + ".safetensors"
  }

  private static func step(of name: String) -> UInt64? {
    guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
    guard let step = UInt64(name.dropFirst(5).dropLast(12)) else { return nil }
    return Self.name(step: step) == name ? step : nil
  }

  /// The steps of which there are checkpoints, ascending; whether they are sound isn't looked at.
  public func steps() throws(RunFilesError) -> [UInt64] {
    do {
      return try names(in: path).compactMap(Self.step(of:)).sorted()
    } catch {
      throw RunFilesError(.inputOutput, "list the checkpoints", error)
    }
  }

  /// Makes the folder again where somebody has removed it: then there are no checkpoints.
  public func makeIfMissing() throws(RunFilesError) {
    do throws(SystemError) {
      try fileSystem.makeFolder(path)
    } catch {
      guard error.number != EEXIST else { return }
      throw RunFilesError(.inputOutput, "create the folder of checkpoints", error)
    }
  }

  /// Writes a checkpoint, durably, and then removes those that are no longer kept: all but the last
  /// three and the best. Where it throws, the older ones are as they were; the new one may be
  /// there whole, but never in part.
  public func save(_ checkpoint: Checkpoint) throws(RunFilesError) {
    do {
      try fileSystem.replaceFile(
        file(step: checkpoint.state.step), with: checkpoint.encoded())
    } catch {
      throw RunFilesError(.inputOutput, "write a checkpoint", error)
    }
    // An old checkpoint too many does no harm: it goes after the next save.
    guard let steps = try? steps() else { return }
    // Those of later steps are of a run that went further before it was taken back.
    let past = steps.filter { $0 <= checkpoint.state.step }
    for step in past.dropLast(Self.keptCount) where step != checkpoint.best?.step {
      try? fileSystem.remove(file(step: step))
    }
  }

  /// A checkpoint that was passed over, and why.
  public struct Skipped: Equatable, Sendable {
    public let path: String
    public let reason: String
    /// Whether it is whole, but a worker that lied contributed to it, or photographs that are there were
    /// skipped.
    public var isRefused = false
  }

  /// The newest checkpoint that is whole and that none of these workers contributed to, and those
  /// newer ones that aren't; nil where there is none. Throws where a newer program wrote one.
  ///
  /// - Parameter skippedFrom: the step from which on photographs were skipped that are there again; later
  ///   checkpoints are none to go on from.
  public func newest(
    withoutAnyOf faultyWorkers: Set<UInt64> = [], upTo skippedFrom: UInt64? = nil
  ) throws(RunFilesError) -> (checkpoint: Checkpoint?, skipped: [Skipped]) {
    var skipped: [Skipped] = []
    for step in try steps().reversed() {
      let path = file(step: step)
      do {
        let checkpoint = try Checkpoint(readingFrom: path)
        let isFaulty = checkpoint.contributors.mayContain(anyOf: faultyWorkers)
        guard isFaulty || skippedFrom.map({ step > $0 }) ?? false else {
          return (checkpoint, skipped)
        }
        let reason =
          isFaulty
          ? "\(path) has work of a worker that gave wrong answers"
          : "\(path) did without photographs that are there again"
        skipped.append(Skipped(path: path, reason: reason, isRefused: true))
      } catch {
        guard error.code == .damaged || error.code == .inputOutput else { throw error }
        skipped.append(Skipped(path: path, reason: error.description))
      }
    }
    return (nil, skipped)
  }

  /// Prepares the folder for going on: files that a write left half done are removed, refused
  /// checkpoints as well, and damaged ones get the ending ".damaged", so that they never again count
  /// as one of the last.
  public func tidy(_ skipped: [Skipped]) throws(RunFilesError) {
    do {
      for name in try names(in: path) where name.hasSuffix(temporarySuffix) {
        try fileSystem.remove("\(path)/\(name)")
      }
      // The refused first: whatever else fails, none of them may be gone on from.
      for file in skipped where file.isRefused { try fileSystem.remove(file.path) }
      for file in skipped where !file.isRefused {
        try fileSystem.rename(file.path, to: file.path + ".damaged")
      }
    } catch {
      throw RunFilesError(.inputOutput, "tidy the checkpoints", error)
    }
  }
}

extension Checkpoint {
  /// Reads a file, wherever it is.
  public init(readingFrom path: String) throws(RunFilesError) {
    let bytes: [UInt8]
    do {
      bytes = try readFile(path, byteCountMax: SafeTensors.byteCountMax)
    } catch {
      throw RunFilesError(.inputOutput, "read the checkpoint", error)
    }
    try self.init(decoding: bytes, path: path)
  }
}

extension RunDirectory {
  public var checkpoints: CheckpointFolder<LinuxFileSystem> {
    CheckpointFolder(path: checkpointsPath)
  }
}
