import ClusterCore
import Digest
import Training

/// What a checkpoint keeps.
struct SimulatedCheckpoint {
  var position: Position
  var state: TrainerState
  var contributors: Contributors
  /// With the digests of the features.
  var openAudits: [OpenAudit: ContentDigest]
}

/// A disk on which checkpoints are written to a temporary file that is then renamed. It keeps what
/// was announced; of what was under way at a crash it may keep all, nothing, or a torn file.
struct Disk {
  private enum File {
    case whole(SimulatedCheckpoint)
    /// Doesn't verify.
    case torn
  }

  private var files: [UInt64: File] = [:]
  private(set) var tornSkipped = 0
  /// Of features.
  var store = SimulatedStore()
  /// The workers that the progress log names as faulty workers.
  var faultyWorkers: Set<WorkerID> = []

  mutating func write(_ checkpoint: SimulatedCheckpoint) {
    files[checkpoint.position.step] = .whole(checkpoint)
    // The last three and whatever else: older ones are removed only after newer ones are safe.
    for step in files.keys.sorted().dropLast(3) { files[step] = nil }
  }

  /// The machine crashed while this was being written.
  mutating func crash(writing checkpoint: SimulatedCheckpoint, _ numbers: inout SplitMix64) {
    switch numbers.below(3) {
    case 0: files[checkpoint.position.step] = .whole(checkpoint)
    case 1 where files[checkpoint.position.step] == nil:
      files[checkpoint.position.step] = .torn
    default: break
    }
  }

  /// The newest checkpoint that verifies and, without `withFaulty`, that no known faulty worker contributed to.
  mutating func newest(withFaulty: Bool = false) -> SimulatedCheckpoint? {
    for step in files.keys.sorted(by: >) {
      switch files[step] {
      case .whole(let checkpoint):
        if withFaulty || !faultyWorkers.contains(where: checkpoint.contributors.mayContain) {
          return checkpoint
        }
      case .torn, nil: tornSkipped += 1
      }
    }
    return nil
  }

  /// Removes what is newer.
  mutating func removeNewer(than checkpoint: SimulatedCheckpoint?) {
    for step in files.keys where step > checkpoint?.position.step ?? 0 { files[step] = nil }
    if checkpoint == nil { files = [:] }
  }
}
