import Access
import AccessOptions
import ClusterCore
import CommandLine
import DaemonSupport
import Discovery
import Files
import Glibc
import Kernels
import Options
import Supervision
import Threading
import Transfer
import WorkerDaemon

/// The program that lends a machine's cores to a run.
enum WorkerProgram {
  static let threads = Option<Int?>(
    "threads", ValueReader<Int>.integer(1...Limits.threadsPerWorkerMax).optional, default: nil,
    shown: "one for each core", "photographs to compute at a time")
  static let name = Option<String?>(
    "name", .text("NAME", expectation: "a name"),
    "what the coordinator calls this worker; by default the machine's name and a number")
  static let retryMaxSeconds = Option<Double>(
    "retry-max-seconds",
    .number(0...31_536_000, placeholder: "SECONDS"),
    default: 300, shown: "300, and a week with --stay",
    "how long to look for a coordinator that isn't there, or gone")
  static let stay = Option<Bool>(
    flag: "stay", "wait for the next run where one has ended, and longer for a coordinator")
  static let data = Option<String?>(
    "data", .text("DIR|URL", expectation: "a folder, or its address on a web server"),
    "take photographs from this folder, where they are the run's, instead of having them sent; on this "
      + "machine names and subfolders don't matter, on a web server (https://…) they are the run's")
  static let quiet = Option<Bool>(flag: "quiet", "say only what goes wrong")

  static let program = Program(
    name: "tl-worker", version: version,
    summary: "lends this machine's cores to the training of an image classifier",
    commands: [
      Command(
        "join", "work for a coordinator until its run ends",
        positional: Positional(
          "HOST:PORT|NAME", count: 0...1,
          "where the coordinator listens, or what it is called in the local network"),
        groups: [
          OptionGroup(
            "Options",
            [
              threads.declaration, name.declaration, data.declaration, stay.declaration,
              retryMaxSeconds.declaration, quiet.declaration,
            ]),
          AccessOptions.group,
        ],
        notes: [
          "It needs nothing but the address and a token: photographs, network and options come from",
          "there. On the coordinator's own machine its user needs no token. Without an address it looks",
          "for a coordinator that the token is for in the local network (mDNS, by Avahi), where the run was",
          "started with --announce.",
          "Ctrl-C leaves; the run goes on without this worker.",
        ])
    ],
    environment: [
      EnvironmentVariable(
        "TL_KERNELS", choices: InstructionSet.allCases.filter(\.isSupported).map(\.rawValue),
        "the instructions to compute with, instead of the fastest of this machine")
    ])

  static func main() -> ExitCode {
    let terminal = Terminal.standardOutput(environment)
    do {
      let own = OwnArguments()
      let invocation = try program.parse(
        own.texts, notUTF8: own.notUTF8, environment: environment, helpStyle: terminal.style)
      switch invocation {
      case .show(let text):
        write(text, to: STDOUT_FILENO)
        return .success
      case .run(_, let settings):
        for warning in settings.warnings {
          report(.warning, warning, program: program.name)
        }
        return try join(settings)
      }
    } catch {
      report(.error, "\(error)", program: program.name)
      return (error as? CommandLineError)?.exitCode ?? .software
    }
  }

  private static func join(_ settings: Settings) throws -> ExitCode {
    // A service whose configuration names none has an empty one.
    let text = settings.arguments.first.flatMap { $0.isEmpty ? nil : $0 }
    // A name has no colon, an address must have one.
    guard let text, text.contains(":") else { return try joinFound(name: text, settings) }
    guard let address = HostPort(text), address.port > 0 else {
      throw CommandLineError(
        .usage, "'\(printable(text))' is not HOST:PORT",
        advice: "The coordinator's first lines have the whole command, such as "
          + "'tl-worker join 192.168.1.20:5555 --token …'.")
    }
    let door = try door(address, settings)
    let acquaintance = Acquaintance()
    let outcome = try run(
      address, door, settings, patienceSeconds: patienceSeconds(settings), acquaintance)
    return end(outcome, address, door, acquaintance)
  }

  /// Joins the coordinator that is found in the local network. Where it is no longer reached it may be
  /// elsewhere, so that it is looked for again, as long as there is patience since one was last worked for.
  private static func joinFound(name: String?, _ settings: Settings) throws -> ExitCode {
    guard !settings[AccessOptions.insecure] else {
      throw CommandLineError(
        .usage,
        "'--insecure' needs the coordinator's address: without keys nothing tells it from one "
          + "that pretends to be it",
        advice: "Write 'tl-worker join HOST:PORT --insecure'.")
    }
    let token = try AccessOptions.token(settings)
    var search = CoordinatorSearch(
      name: name, key: token.map { KeyFingerprint($0.server) }, stays: settings[stay],
      serviceManager: ServiceManager(environment))
    let patience = patienceSeconds(settings)
    var end = MonotonicClock.now().nanoseconds + UInt64(patience * 1e9)
    var failures = 0
    while true {
      let isPatient = { MonotonicClock.now().nanoseconds < end }
      let found = try search.next(while: isPatient) { report(.note, $0, program: program.name) }
      let address = found.addresses[failures % found.addresses.count]
      if !settings[quiet] {
        write("found \(printable(found.name, lengthMax: 70)) at \(address)\n", to: STDOUT_FILENO)
      }
      let acquaintance = Acquaintance()
      let door = try AccessOptions.door(to: address, settings, checksName: false)
      let outcome = try run(
        address, door, settings, patienceSeconds: min(patience, foundPatienceSeconds), acquaintance)
      if acquaintance.isMade {
        end = MonotonicClock.now().nanoseconds + UInt64(patience * 1e9)
        failures = 0
      } else {
        failures += 1
      }
      guard case .unavailable = outcome, isPatient() else {
        return self.end(outcome, address, door, acquaintance)
      }
    }
  }

  /// How long one place is tried before it is looked where the coordinator is now.
  private static let foundPatienceSeconds = 30.0

  private static func run(
    _ address: HostPort, _ door: CoordinatorDoor, _ settings: Settings, patienceSeconds: Double,
    _ acquaintance: Acquaintance
  ) throws -> WorkerOutcome {
    let cores = min(processorCount, Limits.threadsPerWorkerMax)
    let configuration = WorkerConfiguration(
      coordinator: door,
      threads: settings[threads] ?? cores,
      name: settings[name] ?? "\(hostName())-\(getpid())", softwareVersion: version,
      retryMaxSeconds: patienceSeconds, stays: settings[stay],
      photographs: try photographs(settings),
      parentDescriptor: environment[WorkerConfiguration.parentDescriptorVariable].flatMap {
        Int32($0)
      }, serviceManager: ServiceManager(environment))
    return try WorkerDaemon.run(
      configuration,
      observer: WorkerReporter(
        address, acquaintance, photographs: configuration.photographs,
        isOwnMachine: door.isOwnMachine, isQuiet: settings[quiet]))
  }

  private static func patienceSeconds(_ settings: Settings) -> Double {
    let weekSeconds = 7 * 86_400.0
    let isGiven = settings.origin(of: retryMaxSeconds) != .default
    return settings[stay] && !isGiven ? weekSeconds : settings[retryMaxSeconds]
  }

  /// A coordinator's own local worker inherits its environment, in which TL_DATA is what to train on.
  private static func photographs(
    _ settings: Settings
  ) throws(CommandLineError) -> PhotographPlace? {
    guard environment[LocalSocket.variable] == nil, let text = settings[data] else { return nil }
    if WebFolder.isMeant(by: text) {
      guard let folder = WebFolder(text) else {
        throw CommandLineError(
          .usage, "--data: '\(printable(text))' is no address of a folder on a web server",
          advice: "It is one like https://nas.local/photos/, of HTTP or HTTPS, below which the "
            + "photographs lie as in the coordinator's folder.")
      }
      return .server(folder)
    }
    guard isFolder(text) else {
      throw CommandLineError(
        .usage, "--data: there is no folder '\(printable(text))'",
        advice: "Without --data the coordinator sends the photographs.")
    }
    return .folder(text)
  }

  private static func door(
    _ address: HostPort, _ settings: Settings
  ) throws(CommandLineError) -> CoordinatorDoor {
    // A coordinator's own local worker.
    if let path = environment[LocalSocket.variable] {
      return CoordinatorDoor(path: path)
    }
    // Who waits for days also waits for the network to come up.
    return try AccessOptions.door(to: address, settings, checksName: !settings[stay])
  }

  private static func end(
    _ outcome: WorkerOutcome, _ address: HostPort, _ door: CoordinatorDoor,
    _ acquaintance: Acquaintance
  ) -> ExitCode {
    func fail(_ text: String, _ exitCode: ExitCode) -> ExitCode {
      report(.error, text, program: program.name)
      return exitCode
    }
    switch outcome {
    case .dismissed: return .success
    case .unavailable(let reason):
      return fail(absence(reason, address, door, acquaintance), .unavailable)
    case .refused(let refusal):
      return fail("the coordinator at \(address) refused: \(refusal.reason)", .refused)
    case .unable(let reason):
      return fail("this machine can't do what the run needs: \(reason)", .configuration)
    }
  }

  /// Why there is no coordinator, and what to do.
  private static func absence(
    _ reason: String, _ address: HostPort, _ door: CoordinatorDoor, _ acquaintance: Acquaintance
  ) -> String {
    if let reason = Silence(at: address, door).reason { return "\(reason.text)\n\(reason.advice)" }
    let advice =
      acquaintance.isMade
      ? "It let this worker in before: look on its machine whether it still runs ('tl-coord runs'). "
        + "--retry-max-seconds has a worker wait longer for it."
      : "Check the address, that the coordinator runs and that no firewall is between."
    return "no coordinator at \(address): \(reason)\n\(advice)"
  }
}
