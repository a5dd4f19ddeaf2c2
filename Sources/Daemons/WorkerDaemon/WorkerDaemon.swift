import ClusterCore
import DaemonSupport
import Glibc
import Threading
import ZeroMQ

/// The worker's process: a thin shell around `ClusterCore.Worker`.
///
/// The calling thread becomes the control thread. It owns the socket to the coordinator and the
/// core; other threads fetch objects and compute.
public enum WorkerDaemon {
  /// Serves coordinators until one dismisses this worker, it is asked to leave, or nothing more can
  /// be done. Call it once in a process, before other threads start: it takes over SIGTERM and
  /// SIGINT. The second of these ends the process at once.
  public static func run(
    _ configuration: WorkerConfiguration, observer: any WorkerObserver
  ) throws(ZeroMQError) -> WorkerOutcome {
    if let problem = DescriptorLimit.raise() {
      return .unable(reason: problem)
    }
    let signals = SignalSource([SIGTERM, SIGINT])
    let context = try Context()
    let letters = Mailbox<WorkerLetter>()
    let objects = ObjectClient(configuration.coordinator, context: context, letters: letters)
    let pool = ComputePool(threads: configuration.threads, letters: letters)
    defer {
      pool.stop()
      objects.stop()
    }
    var loop = WorkerLoop(
      configuration: configuration, observer: observer, context: context, letters: letters,
      objects: objects, pool: pool)
    return try loop.run(signals: signals)
  }
}

/// What other threads leave for the control thread.
enum WorkerLetter: Sendable {
  case fetched(ObjectClient.Fetched)
  case looked(PhotographFound)
  case computed(ComputePool.Result)
}
