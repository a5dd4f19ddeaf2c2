import RunFiles
import Threading

/// Writes checkpoints, and returns to earlier ones, on a thread of its own, one after the other.
final class CheckpointWriter: Sendable {
  private enum Job: Sendable {
    case write(Checkpoint)
    case goBack(withoutAnyOf: Set<UInt64>, isUsable: @Sendable (Checkpoint) -> Bool)
  }

  private let queue = WorkQueue<Job>()
  private let thread: NamedThread

  init(directory: RunDirectory, watch: StorageWatch, letters: Mailbox<CoordinatorLetter>) {
    let queue = queue
    thread = NamedThread(name: "checkpoints") {
      while let job = queue.take() {
        switch job {
        case .write(let checkpoint):
          letters.send(
            watch.during(directory.checkpointsPath) {
              CheckpointWriter.write(checkpoint, directory)
            })
        case .goBack(let faultyWorkers, let isUsable):
          letters.send(
            watch.during(directory.checkpointsPath) {
              CheckpointWriter.goBack(directory, withoutAnyOf: faultyWorkers, isUsable)
            })
        }
      }
    }
  }

  /// Ends in one letter.
  func write(_ checkpoint: Checkpoint) { queue.add(.write(checkpoint)) }

  /// Finds the newest checkpoint that none of these workers contributed to, and removes those that
  /// any did. Ends in one letter.
  func goBack(
    withoutAnyOf faultyWorkers: Set<UInt64>, isUsable: @escaping @Sendable (Checkpoint) -> Bool
  ) {
    queue.add(.goBack(withoutAnyOf: faultyWorkers, isUsable: isUsable))
  }

  /// Ends the thread once everything is written, unless a disk holds it.
  func stop() {
    queue.close()
    thread.join(patienceSeconds: CheckpointWriter.patienceSeconds)
  }

  /// The core has waited for the last checkpoint before; what is left takes no time.
  private static let patienceSeconds = 5

  private static func write(_ checkpoint: Checkpoint, _ directory: RunDirectory)
    -> CoordinatorLetter
  {
    let (folder, step) = (directory.checkpoints, checkpoint.state.step)
    do throws(RunFilesError) {
      // No checkpoint may be ahead of the log that accounts for its steps.
      try ProgressLog.synchronize(directory.progressPath)
      try folder.save(checkpoint)
      return .checkpointWritten(step: step, path: folder.file(step: step))
    } catch {
      return .checkpointFailed(step: step, reason: error.description)
    }
  }

  private static func goBack(
    _ directory: RunDirectory, withoutAnyOf faultyWorkers: Set<UInt64>,
    _ isUsable: (Checkpoint) -> Bool
  ) -> CoordinatorLetter {
    var problem: String?
    do throws(RunFilesError) {
      // Whoever resumes from here reads in the log whose checkpoints are refused.
      try ProgressLog.synchronize(directory.progressPath)
    } catch {
      problem = error.description
    }
    do throws(RunFilesError) {
      let (checkpoint, skipped) = try directory.checkpoints.newest(withoutAnyOf: faultyWorkers)
      try directory.checkpoints.tidy(skipped)
      return .wentBack(checkpoint.flatMap { isUsable($0) ? $0 : nil }, problem: problem)
    } catch {
      // The start is always there.
      return .wentBack(nil, problem: error.description)
    }
  }
}
