import ClusterCore
import CommandLine
import Glibc
import Options
import Synchronization
import WorkerDaemon

/// Whether a coordinator has let this worker in.
final class Acquaintance: Sendable {
  private let state = Atomic<Bool>(false)
  var isMade: Bool { state.load(ordering: .relaxed) }
  func make() { state.store(true, ordering: .relaxed) }
}

/// Prints what happens to a worker, a line each. There are few of them, so they are written at
/// once.
struct WorkerReporter: WorkerObserver {
  private let address: HostPort
  private let acquaintance: Acquaintance
  /// Whether it looks for a coordinator of this user on this machine, and so needs no token.
  private let isOwnMachine: Bool
  private let isQuiet: Bool

  init(_ address: HostPort, _ acquaintance: Acquaintance, isOwnMachine: Bool, isQuiet: Bool) {
    self.address = address
    self.acquaintance = acquaintance
    self.isOwnMachine = isOwnMachine
    self.isQuiet = isQuiet
  }

  func observe(_ notice: WorkerNotice) {
    switch notice {
    case .connecting(let attempt):
      // Later attempts follow a loss, which was told of.
      if attempt <= 1 { say("connecting to \(address)") }
    case .welcomed:
      acquaintance.make()
      say("fetching what the run needs")
    case .serving: say("working for \(address)")
    case .unanswered(let patience): warn(unanswered(patience))
    case .photographMissing(let item, let reason):
      warn("sample \(item.sample) could not be fetched and is asked for again: \(reason)")
    case .runEnded: say("the run has ended; waiting for the next one at \(address)")
    case .coordinatorLost(let reason, let pause):
      let seconds = duration(seconds: Double(pause) / 1e9)
      warn("lost the coordinator (\(reason)); trying again in \(seconds)")
    }
  }

  func observe(_ news: PhotographFolderNews) {
    switch news {
    case .holdsNothing(let folder):
      warn(
        "none of the run's photographs so far is in \(folder), so that the coordinator is asked for "
          + "them: is --data the right folder?")
    case .isStuck(let folder):
      warn(
        "\(folder) doesn't answer; the coordinator is asked for the photographs from now on")
    }
  }

  private func unanswered(_ patience: UInt64) -> String {
    let waited = duration(seconds: Double(Limits.unansweredNanoseconds) / 1e9)
    let left = duration(seconds: Double(patience) / 1e9)
    let beginning =
      "nobody has answered at \(address) for \(waited), and it goes on looking for \(left): "
    guard isOwnMachine else {
      return beginning
        + "check the address, that the coordinator runs and that no firewall is between"
    }
    return beginning
      + "without a token it finds coordinators of this user alone; for another user's coordinator give "
      + "--token what 'tl-coord token show' prints there"
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
