import ClusterCore
import CommandLine
import Glibc
import Options
import WorkerDaemon

/// Prints what happens to a worker, a line each. There are few of them, so they are written at
/// once.
struct WorkerReporter: WorkerObserver {
  private let address: HostPort
  private let isQuiet: Bool

  init(_ address: HostPort, isQuiet: Bool) {
    self.address = address
    self.isQuiet = isQuiet
  }

  func observe(_ notice: WorkerNotice) {
    switch notice {
    case .connecting(let attempt):
      // Later attempts follow a loss, which was told of.
      if attempt <= 1 { say("connecting to \(address)") }
    case .welcomed: say("fetching what the run needs")
    case .serving: say("working for \(address)")
    case .photographMissing(let item, let reason):
      warn("sample \(item.sample) could not be fetched and is asked for again: \(reason)")
    case .runEnded: say("the run has ended; waiting for the next one at \(address)")
    case .coordinatorLost(let reason, let pause):
      let seconds = duration(seconds: Double(pause) / 1e9)
      warn("lost the coordinator (\(reason)); trying again in \(seconds)")
    }
  }

  private func say(_ text: String) {
    if !isQuiet { write(text + "\n", to: STDOUT_FILENO) }
  }

  private func warn(_ text: String) {
    report(
      .warning, printable(text, lengthMax: messageLengthMax),
      program: WorkerProgram.program.name)
  }
}
