import RunFiles
import Threading

/// Writes checkpoints on a thread of its own, one after the other.
final class CheckpointWriter: Sendable {
  private let queue = WorkQueue<Checkpoint>()
  private let thread: NamedThread

  init(folder: CheckpointFolder<LinuxFileSystem>, letters: Mailbox<CoordinatorLetter>) {
    let queue = queue
    thread = NamedThread(name: "checkpoints") {
      while let checkpoint = queue.take() {
        let step = checkpoint.state.step
        do throws(RunFilesError) {
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
