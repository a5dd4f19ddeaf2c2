import RunFiles
import Threading

/// Writes checkpoints on a thread of its own, one after the other.
final class CheckpointWriter: Sendable {
  private let queue = WorkQueue<Checkpoint>()
  private let thread: NamedThread

  init(directory: RunDirectory, letters: Mailbox<CoordinatorLetter>) {
    let queue = queue
    let folder = directory.checkpoints
    thread = NamedThread(name: "checkpoints") {
      while let checkpoint = queue.take() {
        let step = checkpoint.state.step
        do throws(RunFilesError) {
          // No checkpoint may be ahead of the log that accounts for its steps.
          try ProgressLog.synchronize(directory.progressPath)
          try folder.save(checkpoint)
          letters.send(.checkpointWritten(step: step, path: folder.file(step: step)))
        } catch {
          letters.send(.checkpointFailed(step: step, reason: error.description))
        }
      }
    }
  }

  /// Ends in one letter.
  func write(_ checkpoint: Checkpoint) { queue.add(checkpoint) }

  func stop() {
    queue.close()
    thread.join()
  }
}
