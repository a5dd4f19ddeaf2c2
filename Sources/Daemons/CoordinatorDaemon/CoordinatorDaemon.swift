import ClusterCore
import ClusterShell
import DaemonSupport
import Digest
import Glibc
import Monitoring
import RunFiles
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
    let signals = SignalSource([SIGTERM, SIGINT, SIGCHLD])
    DescriptorLimit.raise()
    var configuration = request.configuration
    do { try configuration.validate() } catch { throw CoordinatorError(error) }
    let listen: Endpoint
    do { listen = try Endpoint(configuration.listen) } catch {
      throw CoordinatorError(.configuration, "--listen: \(error)", advice: "")
    }
    var claim = try RunClaim(request)
    let early = InterruptibleObserver(base: observer, signals: signals)
    var setup = try CoordinatorSetup(request, observer: early)
    configuration.resolve(setup.backbone)
    configuration.inputs = setup.inputs

    let channels = try CoordinatorChannels(listen: listen, objects: setup.objects())
    setup.setObjectPort(channels.objectServer.endpoint.port)
    let continuation = try claim.begin(configuration)
    do throws(RunFilesError) {
      try claim.directory.saveBackbone(setup.prepared.object, digest: setup.backbone.digest)
    } catch {
      throw CoordinatorError(error)
    }
    let letters = Mailbox<CoordinatorLetter>()
    let objectThread = channels.objectServer.start(letters: letters)
    let verifier = Verifier(
      setup.backbone, fit: configuration.fit, setup.photographs, letters: letters)
    let stored = StoredFeatures(folder: request.cacheFolder, setup: setup) {
      letters.send(.warning($0))
    }
    defer { stored?.close() }
    let found = stored?.recovered() ?? [:]
    var journal = try RunJournal(
      configuration: configuration, setup: setup, directory: claim.directory,
      continuation: continuation, endpoint: channels.endpoint, letters: letters,
      warnings: early.warnings, observer: observer)
    defer {
      verifier.stop()
      channels.objectServer.stop()
      objectThread.join()
    }
    if stored != nil { journal.noteKeptFeatures(found.count, of: setup.plan.items.count) }
    let localWorkers = try startLocalWorkers(configuration, channels.endpoint, claim.directory)
    var loop = CoordinatorLoop(
      setup: setup, socket: channels.takeSocket(), monitor: channels.takeMonitor(),
      letters: letters, verifier: verifier,
      shell: CoordinatorShell(
        core: core(configuration, setup, continuation, Array(found.keys)),
        trainer: try setup.trainer(continuation?.checkpoint),
        labels: setup.manifest.entries.map(\.classIndex),
        labelSmoothing: Double(setup.terms.labelSmoothing),
        kept: Dictionary(uniqueKeysWithValues: found.map { ($0.key.item, $0.value) }),
        earlier: continuation?.checkpoint?.auditsLeftOpen ?? [:]),
      stored: stored, journal: journal, localWorkers: localWorkers)
    do throws(ZeroMQError) {
      return try loop.run(signals: signals)
    } catch {
      throw CoordinatorError(.inputOutput, error.description, advice: "")
    }
  }

  private static func core(
    _ configuration: RunConfiguration, _ setup: CoordinatorSetup,
    _ continuation: RunClaim.Continuation?, _ kept: [KeptFeatures]
  ) -> Coordinator {
    let checkpoint = continuation?.checkpoint
    return Coordinator(
      plan: setup.plan,
      policy: CoordinatorPolicy(
        workersMin: configuration.minWorkers,
        checkpointIntervalNanoseconds: UInt64(configuration.checkpointEvery * 1e9),
        allowsManyUndecodable: configuration.allowUndecodable,
        audit: AuditPolicy(fraction: configuration.audit, seed: .random(in: 0 ... .max))),
      incarnation: .random(), terms: setup.terms, probe: setup.probe,
      resumingAt: checkpoint?.position ?? .start, kept: kept,
      contributors: checkpoint.map { Contributors($0.contributors) } ?? .none,
      openAudits: Array((checkpoint?.auditsLeftOpen ?? [:]).keys),
      refused: Set((continuation?.faultyWorkers ?? []).map(WorkerID.init)), at: MonotonicClock.now()
    )
  }

  private static func startLocalWorkers(
    _ configuration: RunConfiguration, _ endpoint: Endpoint, _ directory: RunDirectory
  ) throws(CoordinatorError) -> LocalWorkers? {
    guard configuration.localWorkers > 0 else { return nil }
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let threads =
      configuration.workerThreads > 0
      ? configuration.workerThreads : max(1, cores / configuration.localWorkers)
    let workers = try LocalWorkers(
      endpoint: endpoint, threads: threads, logFolder: directory.path)
    try workers.start(count: configuration.localWorkers)
    return workers
  }
}

/// The two sockets, bound.
final class CoordinatorChannels {
  /// Of the control channel, with the port that was taken.
  let endpoint: Endpoint
  let objectServer: ObjectServer
  private var socket: Socket?
  private var monitor: SocketMonitor?

  init(
    listen: Endpoint, objects: [ContentDigest: ObjectServer.Source]
  ) throws(CoordinatorError) {
    do throws(ZeroMQError) {
      let context = try Context()
      let socket = try Socket(.router, in: context)
      try socket.apply(Channels.controlOptions)
      let monitor = try SocketMonitor(socket)
      endpoint = try socket.bind(listen)
      objectServer = try CoordinatorChannels.objectServer(context, listen, objects)
      self.socket = consume socket
      self.monitor = consume monitor
    } catch {
      throw CoordinatorError(.unavailable, error.description, advice: "")
    }
  }

  /// On the next port by default; with port 0 on a free one. On loopback, where no firewall has to
  /// know it, a free one also serves where the next is taken.
  private static func objectServer(
    _ context: Context, _ listen: Endpoint, _ objects: [ContentDigest: ObjectServer.Source]
  ) throws(ZeroMQError) -> ObjectServer {
    let free = Endpoint(host: listen.host, port: 0)
    guard listen.port != 0, listen.port != .max else {
      return try ObjectServer(context: context, endpoint: free, objects: objects)
    }
    do {
      return try ObjectServer(
        context: context, endpoint: Endpoint(host: listen.host, port: listen.port + 1),
        objects: objects)
    } catch {
      guard error.code == .addressInUse, listen.isLoopback else { throw error }
      return try ObjectServer(context: context, endpoint: free, objects: objects)
    }
  }

  /// The control socket; can be taken once.
  func takeSocket() -> Socket {
    guard let socket = socket.take() else { preconditionFailure("the socket was taken before") }
    return socket
  }

  /// What watches the control socket; can be taken once.
  func takeMonitor() -> SocketMonitor {
    guard let monitor = monitor.take() else { preconditionFailure("it was taken before") }
    return monitor
  }
}
