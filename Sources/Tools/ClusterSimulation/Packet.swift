import ClusterCore
import Wire

/// What travels over a simulated connection: the very frames of a real one.
struct Packet {
  var control: [UInt8]
  /// Empty where the message carries no tensor.
  var tensor: [UInt8] = []
  /// Whose hello it is, where it is one.
  var greeting: WorkerID?
}

/// One connection between a worker's socket and a coordinator. Messages of a direction arrive in
/// the order in which they were sent, but for repetitions; messages of different connections
/// overtake one another.
struct Connection {
  let worker: Int
  let coordinator: Int
  var isOpen = true
  /// Messages on their way or waiting for a process that is stopped.
  var underWay = 0
  /// When the last message of each direction arrives, in nanoseconds.
  var lastToCoordinator: UInt64 = 0
  var lastToWorker: UInt64 = 0
  /// Nothing arrives before: the network is cut in this direction.
  var cutToCoordinator: UInt64 = 0
  var cutToWorker: UInt64 = 0
}
