import Access
import ClusterCore
import Supervision

/// All that a worker must be told; the rest comes from its coordinator.
public struct WorkerConfiguration: Sendable {
  public var coordinator: CoordinatorDoor
  /// Forward passes at a time, from 1 to `Limits.threadsPerWorkerMax`.
  public var threads: Int
  /// For people: host name and process number.
  public var name: String
  /// For people: the version of this build.
  public var softwareVersion: String
  /// How long to try to reach a coordinator in vain before giving up.
  public var retryMaxSeconds: Double
  /// Whether to wait for another run where one has ended.
  public var stays: Bool
  /// Where to look for photographs before the coordinator is asked for them.
  public var photographs: PhotographPlace?
  /// A descriptor whose end of file means that the coordinator which started this process is gone.
  public var parentDescriptor: Int32?
  /// Is told how this worker is doing, where there is one.
  public var serviceManager: ServiceManager?

  /// The environment variable that names the parent descriptor of a local worker.
  public static let parentDescriptorVariable = "TL_PARENT_DESCRIPTOR"

  public init(
    coordinator: CoordinatorDoor, threads: Int, name: String, softwareVersion: String,
    retryMaxSeconds: Double = 300, stays: Bool = false, photographs: PhotographPlace? = nil,
    parentDescriptor: Int32? = nil,
    serviceManager: ServiceManager? = nil
  ) {
    precondition((1...Limits.threadsPerWorkerMax).contains(threads))
    self.coordinator = coordinator
    self.threads = threads
    self.name = name
    self.softwareVersion = softwareVersion
    self.retryMaxSeconds = retryMaxSeconds
    self.stays = stays
    self.photographs = photographs
    self.parentDescriptor = parentDescriptor
    self.serviceManager = serviceManager
  }
}

/// Is told what people may want to know, on the control thread: it must return at once.
public protocol WorkerObserver: Sendable {
  func observe(_ notice: WorkerNotice)
  func observe(_ news: PhotographNews)
}
