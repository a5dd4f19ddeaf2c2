import Avahi
import CommandLine
import DaemonSupport
import Discovery
import Glibc
import Options
import Supervision

/// Looks for the coordinator that a worker is to join in the local network.
struct CoordinatorSearch {
  /// What it must be called; nil for any.
  let name: String?
  /// Of the coordinator that the worker's token is for; nil without a token.
  let key: KeyFingerprint?
  /// Whether to go on where there are several, or no daemon: both may change.
  let stays: Bool
  var serviceManager: ServiceManager?
  /// What was told last, so that nothing is told twice in a row.
  private var told = ""

  private static let pauseSeconds: UInt32 = 2

  init(name: String?, key: KeyFingerprint?, stays: Bool, serviceManager: ServiceManager?) {
    self.name = name
    self.key = key
    self.stays = stays
    self.serviceManager = serviceManager
  }

  /// The one coordinator that is meant, as soon as there is one.
  ///
  /// - Parameters:
  ///   - isPatient: whether to look once more where none was found.
  ///   - tell: is given lines for people.
  /// - Throws: 69 where there is none, or no way to look; 64 where there are several.
  mutating func next(
    while isPatient: () -> Bool, tell: (String) -> Void
  ) throws(CommandLineError) -> FoundCoordinator {
    restoreSignals()
    serviceManager?.tellReady(status: "looking for a coordinator in the local network")
    while true {
      serviceManager?.tick(nanoseconds: MonotonicClock.now().nanoseconds)
      switch look() {
      case .found(let coordinator):
        told = ""
        return coordinator
      case .failed(let problem, let mayPass):
        guard mayPass, isPatient() else { throw problem }
        if problem.message != told { tell("\(problem.message)\nIt looks on.") }
        told = problem.message
        sleep(CoordinatorSearch.pauseSeconds)
      }
    }
  }

  private enum Look {
    case found(FoundCoordinator)
    /// `mayPass` says whether it is worth another look.
    case failed(CommandLineError, mayPass: Bool)
  }

  private func look() -> Look {
    do throws(AvahiError) {
      let services = try LocalNetwork.look(for: CoordinatorRecord.serviceType)
      let found = FoundCoordinator.all(in: services)
      switch CoordinatorChoice(among: found, name: name, key: key) {
      case .one(let coordinator): return .found(coordinator)
      case .several(let coordinators): return .failed(several(coordinators), mayPass: stays)
      case .none(let others): return .failed(none(others), mayPass: true)
      }
    } catch {
      let problem = CommandLineError(
        .unavailable, "can't look for coordinators in the local network: \(error)",
        advice: "A coordinator prints its address when it starts; with that it is joined all the "
          + "same: 'tl-worker join HOST:PORT'.\(portAdvice)")
      return .failed(problem, mayPass: stays && error.code != .noLibrary)
    }
  }

  private func several(_ coordinators: [FoundCoordinator]) -> CommandLineError {
    let lines = coordinators.prefix(CoordinatorSearch.listedMax).map(CoordinatorSearch.line)
    let more = coordinators.count - lines.count
    return CommandLineError(
      .usage,
      "there are \(coordinators.count) coordinators in the local network:\n"
        + (lines + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "\n"),
      advice:
        "Say which by its name or address: 'tl-worker join NAME' or 'tl-worker join HOST:PORT'.")
  }

  /// Somebody may have left out the port of an address.
  private var portAdvice: String {
    let host = name.flatMap { HostPort("\($0):5555") }
    return host.map { " If that is a host, its port is missing: \($0)." } ?? ""
  }

  private func none(_ others: [FoundCoordinator]) -> CommandLineError {
    let wanted = name.map { "a coordinator called '\(printable($0))'" } ?? "a coordinator"
    guard !others.isEmpty else {
      return CommandLineError(
        .unavailable, "nobody announces \(wanted) in the local network",
        advice: "A run is announced with 'tl-coord start --listen 0.0.0.0:5555 --announce', where "
          + "avahi-daemon runs; not every network passes mDNS on. A coordinator prints its address when "
          + "it starts; with that it is joined all the same: 'tl-worker join HOST:PORT'.\(portAdvice)"
      )
    }
    let lines = others.prefix(CoordinatorSearch.listedMax).map(CoordinatorSearch.line)
    let reason = key == nil ? "" : " that the token is for"
    return CommandLineError(
      .unavailable,
      "nobody announces \(wanted)\(reason) in the local network; there is\n"
        + lines.joined(separator: "\n"),
      advice: "'tl-coord token show' on the coordinator's machine prints its token.")
  }

  private static let listedMax = 20

  /// Names are anybody's text.
  static func line(_ coordinator: FoundCoordinator) -> String {
    "  \(printable(coordinator.name, lengthMax: 70)) at "
      + coordinator.addresses.prefix(3).map { printable("\($0)") }.joined(separator: ", ")
  }

  /// A worker that comes back from a coordinator has taken them over: here they end the process again,
  /// which has nothing to bring to an end.
  private func restoreSignals() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] { unsafe sigaddset(&signals, signal) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}
