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
  private let photographs: PhotographPlace?
  /// Whether it looks for a coordinator of this user on this machine, and so needs no token.
  private let isOwnMachine: Bool
  private let isQuiet: Bool

  init(
    _ address: HostPort, _ acquaintance: Acquaintance, photographs: PhotographPlace?,
    isOwnMachine: Bool, isQuiet: Bool
  ) {
    self.address = address
    self.acquaintance = acquaintance
    self.photographs = photographs
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

  func observe(_ news: PhotographNews) {
    let place = photographs?.description ?? ""
    switch news {
    case .holdsNothing(let last):
      warn(
        "none of the run's photographs so far is in \(place), so that the coordinator is asked for "
          + "them: is --data the right folder?"
          + (last.map { " The last one was looked for at \($0)" } ?? ""))
    case .isStuck:
      warn(
        "\(place) doesn't answer; the coordinator is asked for the photographs from now on")
    case .failed(let reason):
      warn(
        "a photograph didn't come from the server of --data, and the coordinator is asked for it, as "
          + "for all that don't: \(reason)")
    case .rests(let failures, let seconds):
      warn(
        "\(failures) photographs in a row didn't come from \(place): the coordinator is asked for all "
          + "of them, and the server tried again after \(duration(seconds: Double(seconds)))")
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
