import AccessOptions
import ClusterCore
import CommandLine
import Monitoring
import Options
import RunFiles

/// Follows a run from outside: through its log, through its coordinator, or both.
struct RunWatcher: ~Copyable {
  private var log: LogReading?
  private var client: StatusClient?
  private var clientAddress: HostPort?
  /// What a coordinator alone has told, where there is no log.
  private var remote: RunView?
  private var isFirst = true
  /// Of a run whose coordinator has answered before: since when it has said nothing, in answers or lines.
  private var heardAt: ContinuousClock.Instant?
  private var silentLooks = 0

  /// Long enough for a machine at the other end of a continent.
  private static let firstPatienceMilliseconds = 5_000
  private static let patienceMilliseconds = 1_000
  /// A coordinator answers from its loop, which is never busy for long.
  private static let stallSeconds = 5
  /// For one that never answered us and has written nothing either.
  private static let unheardStallSeconds = 15
  /// A coordinator that restarts needs a few seconds.
  private static let silentLooksMax = 20

  private let settings: Settings

  init(_ target: RunTarget, _ settings: Settings) throws(CommandLineError) {
    self.settings = settings
    switch target {
    case .run(let directory): log = LogReading(directory)
    case .coordinator(let address):
      client = try StatusClient(address, AccessOptions.door(to: address, settings))
    }
  }

  /// The run as it is now. Throws where nobody ever answered.
  mutating func look() throws -> RunView {
    defer { isFirst = false }
    guard log != nil else { return try lookAtCoordinator() }
    let newestLine = log?.view.newestLineAt
    try log?.update()
    // The coordinator knows more than its log, while it lives.
    if log?.view.phase == .running, let address = log?.address {
      if clientAddress != address {
        (clientAddress, heardAt) = (address, nil)
        client = (try? AccessOptions.door(to: address.reachable, settings))
          .flatMap { try? StatusClient(address, $0) }
      }
      // Who looks once can't compare: an answer is worth waiting for.
      let patience =
        isFirst && log?.isOwn == true
        ? RunWatcher.firstPatienceMilliseconds : RunWatcher.patienceMilliseconds
      if let status = try? client?.ask(patienceMilliseconds: patience),
        status.run == log?.directory.name
      {
        log?.add(status)
        heardAt = .now
      } else if let heard = heardAt {
        if log?.view.newestLineAt != newestLine { heardAt = .now }
        if .now - heard > .seconds(RunWatcher.stallSeconds) { log?.loseSight() }
      } else if log?.isOwn == true, let quiet = log?.quietSeconds,
        quiet > (isFirst ? RunWatcher.stallSeconds : RunWatcher.unheardStallSeconds)
      {
        // Another user's may not let us in, and work all the same.
        log?.loseSight()
      }
    }
    return log?.view ?? RunView(name: "", phase: .notStarted)
  }

  private mutating func lookAtCoordinator() throws -> RunView {
    let patience =
      isFirst ? RunWatcher.firstPatienceMilliseconds : RunWatcher.patienceMilliseconds
    guard let status = try client?.ask(patienceMilliseconds: patience) else {
      silentLooks += 1
      guard var view = remote, silentLooks <= RunWatcher.silentLooksMax else {
        throw client?.silence ?? CommandLineError(.software, "nothing to look at")
      }
      // A coordinator that has taken its last step goes when it has measured the outcome.
      let isDone = view.stepsTotal > 0 && view.step >= view.stepsTotal
      if view.phase != .finished { view.phase = isDone ? .finished : .silent }
      remote = view
      return view
    }
    silentLooks = 0
    var view = remote ?? RunView(name: status.run, phase: .running)
    let before = view.step
    view.phase = .running
    view.take(status)
    if view.step > before { view.add(stepLoss: status.trainLoss, step: view.step) }
    // Of an epoch that ended before we looked only the accuracy is known.
    let ended = Int(status.progress.epoch)
    if status.validationAccuracy >= 0, ended > (view.epochs.last?.number ?? 0) {
      view.epochs.append(
        RunView.Epoch(
          number: ended, step: view.step, trainLoss: .nan, trainAccuracy: .nan,
          validationLoss: .nan,
          validationAccuracy: status.validationAccuracy,
          validationBalancedAccuracy: status.validationBalancedAccuracy))
    }
    remote = view
    return view
  }
}
