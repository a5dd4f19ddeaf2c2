import ClusterCore
import ClusterShell
import Digest

/// Everything that can happen in a simulated cluster.
enum Happening {
  case arrivalAtCoordinator(connection: Int, Packet)
  case arrivalAtWorker(connection: Int, Packet)
  /// A worker's socket has reached the coordinator.
  case connected(worker: Int, socket: Int)

  case coordinatorTick(incarnation: Int)
  /// What a thread of the coordinator has come to.
  case coordinatorResult(incarnation: Int, CoordinatorEvent)
  case checkpointDone(incarnation: Int, SimulatedCheckpoint, isWritten: Bool)
  /// The disk has what no faulty worker contributed to.
  case rollbackDone(incarnation: Int, excluding: Set<WorkerID>)
  case coordinatorStart
  case coordinatorThaw(incarnation: Int)

  case workerStart
  case workerTick(worker: Int)
  /// What a thread of a worker has come to, if its session's work is still the same.
  case workerResult(worker: Int, work: Int, WorkerEvent)
  case objectsReady(worker: Int, work: Int)
  case photographDone(worker: Int, PhotographReply, of: ContentDigest)
  case passDone(worker: Int, ForwardPass, ForwardResult)
  case shareDone(worker: Int, ShareWork)
  case workerThaw(worker: Int)
  /// A worker that never stays goes, and comes back as another one.
  case workerFlap(worker: Int)

  case fault
  case calm
}
