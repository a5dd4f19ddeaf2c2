import ClusterCore
import ClusterShell
import DaemonSupport
import Discovery
import Glibc
import Monitoring
import Options
import RunFiles
import Supervision
import Threading
import Training
import ZeroMQ

/// The coordinator's process: a thin shell around `ClusterCore.Coordinator`.
///
/// The calling thread becomes the control thread. It owns the socket to the workers and the core;
/// other threads serve objects, write checkpoints and check what workers claim.
public enum CoordinatorDaemon {
  /// Runs, or goes on with, one training job to its end.
  ///
  /// Call it once in a process, before other threads start: it takes over SIGTERM, SIGINT and
  /// SIGCHLD. The first SIGTERM or SIGINT asks it to stop; the second ends the process at once, and so
  /// does one before the run has begun.
  public static func run(
    _ request: CoordinatorRequest, observer: any RunObserver
  ) throws(CoordinatorError) -> RunOutcome {
    if let problem = DescriptorLimit.raise() {
      throw CoordinatorError(.unavailable, problem, advice: "")
    }
    DescriptorLimit.keepReserveFromNetwork()
    let signals = SignalSource([SIGTERM, SIGINT, SIGCHLD])
    var configuration = request.configuration
    do { try configuration.validate() } catch { throw CoordinatorError(error) }
    let listen = try CoordinatorListener.endpoints(configuration.listen)
    // A run that another coordinator has is told of as that, and not as a port in use.
    var claim = try RunClaim(request)
    try CoordinatorListener.tryListening(listen)
    let early = InterruptibleObserver(base: observer, signals: signals)
    defer { early.stop() }
    let before = claim.manifest
    let inheritance = try Inheritance(request, claim.directory)
    let setup = try CoordinatorSetup(
      request, before: before, backbone: claim.backbone, inheritance: inheritance, observer: early)
    try claim.check(setup.manifest, against: before)
    configuration.resolve(setup.backbone)
    configuration.inputs = setup.inputs
    configuration.predecessor = inheritance?.predecessor
    if request.resume == .never, inheritance == nil {
      configuration.preparation = configuration.ownPreparation
    }

    let listener = try CoordinatorListener(
      listen: listen, access: request.access, environment: request.environment,
      dimensions: setup.dimensions)
    defer { listener.gate?.stop() }
    let continuation = try claim.begin(
      configuration, setup.length, with: setup.filesToBeginWith(in: claim.directory))
    do throws(RunFilesError) {
      try claim.directory.saveBackbone(setup.prepared.object, digest: setup.backbone.digest)
      try claim.directory.saveManifest(setup.manifest.encoded(), digest: setup.manifest.digest)
    } catch {
      throw CoordinatorError(error)
    }
    let letters = Mailbox<CoordinatorLetter>()
    let watch = StorageWatch()
    let objectServer = ObjectServer(objects: setup.objects(), watch: watch, letters: letters)
    let verifier = Verifier(
      setup.backbone, fit: configuration.fit, setup.photographs, watch, letters: letters)
    let stored = StoredFeatures(folder: request.cacheFolder, setup: setup) {
      letters.send(.warning($0))
    }
    defer { stored?.close() }
    let found = stored?.recovered() ?? [:]
    // Before anybody is told where to find the run.
    let announcer = request.announcedName.map { announce($0, listener, letters) }
    defer { announcer?.stop() }
    var journal = try RunJournal(
      configuration: configuration, setup: setup, directory: claim.directory,
      continuation: continuation,
      invitation: listener.invitation(
        advertised: request.advertise,
        isAnnounced: announcer?.succeedsAtOnce(patienceMilliseconds: announcingMilliseconds)
          ?? false),
      letters: letters, warnings: early.warnings, observer: observer)
    defer {
      verifier.stop()
      objectServer.stop()
    }
    if stored != nil { journal.noteKeptFeatures(found.count, of: setup.plan.items.count) }
    early.stop()
    let localWorkers = try startLocalWorkers(
      configuration, listener, setup.photographs.folders.training, claim.directory)
    var loop = CoordinatorLoop(
      setup: setup, socket: listener.takeSocket(setup), objectServer: objectServer,
      gate: listener.gate, watch: watch, letters: letters, verifier: verifier,
      shell: CoordinatorShell(
        core: core(
          configuration, setup, continuation, Array(found.keys), request.softwareVersion),
        trainer: try setup.trainer(continuation?.checkpoint),
        labels: setup.manifest.entries.map(\.classIndex),
        objective: Objective(setup.terms),
        kept: Dictionary(uniqueKeysWithValues: found.map { ($0.key.item, $0.value) }),
        earlier: continuation?.checkpoint?.auditsLeftOpen ?? [:]),
      stored: stored, journal: journal, localWorkers: localWorkers,
      serviceManager: ServiceManager(request.environment))
    do throws(ZeroMQError) {
      return try loop.run(signals: signals)
    } catch {
      throw CoordinatorError(.inputOutput, error.description, advice: "")
    }
  }

  private static func core(
    _ configuration: RunConfiguration, _ setup: CoordinatorSetup,
    _ continuation: RunClaim.Continuation?, _ kept: [KeptFeatures], _ softwareVersion: String
  ) -> Coordinator {
    let checkpoint = continuation?.checkpoint
    return Coordinator(
      plan: setup.plan,
      policy: CoordinatorPolicy(
        workersMin: configuration.minWorkers,
        checkpointIntervalNanoseconds: UInt64(configuration.checkpointEvery * 1e9),
        undecodableShareMax: configuration.undecodableMax,
        audit: AuditPolicy(fraction: configuration.audit, seed: .random(in: 0 ... .max))),
      incarnation: .random(), terms: setup.terms, probe: setup.probe,
      resumingAt: checkpoint?.position ?? .start, kept: kept,
      contributors: checkpoint.map { Contributors($0.contributors) } ?? .none,
      openAudits: Array((checkpoint?.auditsLeftOpen ?? [:]).keys),
      refused: Set((continuation?.faultyWorkers ?? []).map(WorkerID.init)),
      softwareVersion: softwareVersion, at: MonotonicClock.now())
  }

  /// A daemon of the same machine needs some milliseconds to answer.
  private static let announcingMilliseconds = 1_000

  /// The run goes on where it can't be announced: whoever has the address joins all the same.
  private static func announce(
    _ name: String, _ listener: CoordinatorListener, _ letters: Mailbox<CoordinatorLetter>
  ) -> Announcer {
    Announcer(
      name, at: listener.endpoints.map { HostPort(host: $0.host, port: $0.port) },
      CoordinatorRecord(
        protocolVersion: Limits.protocolVersion, key: listener.serverKey.map(KeyFingerprint.init))
    ) { reason in
      letters.send(
        .warning(
          "the run can't be announced in the local network, so that workers need its address: "
            + "\(reason). It is tried again every few seconds"))
    }
  }

  private static func startLocalWorkers(
    _ configuration: RunConfiguration, _ listener: CoordinatorListener, _ photographs: String,
    _ directory: RunDirectory
  ) throws(CoordinatorError) -> LocalWorkers? {
    guard configuration.localWorkers > 0 else { return nil }
    let threads =
      configuration.workerThreads > 0
      ? configuration.workerThreads : max(1, processorCount / configuration.localWorkers)
    let workers = try LocalWorkers(
      endpoint: listener.endpoints[0], socket: listener.locals[0], threads: threads,
      photographs: photographs, logFolder: directory.path)
    try workers.start(count: configuration.localWorkers)
    return workers
  }
}
