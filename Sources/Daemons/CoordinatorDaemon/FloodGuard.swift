import Glibc
import ZeroMQ

/// Ends connections that fill the memory with a message that never ends.
///
/// libzmq limits a frame, but hands a message of many frames over only when it is complete, so such a
/// peer is seen by nobody else. The guard looks only while the process has grown: it then compares what
/// the kernel has received over each connection with when that last came to a message.
struct FloodGuard {
  private let ports: [UInt16]
  private var unfinished: UnfinishedMessages<Connection>
  /// Resident bytes when all was well.
  private var usualByteCount = 0
  private var ticksInDoubt = 0

  /// Growth that makes the guard look; heads, features and pieces of photographs grow it too.
  private static let doubtfulGrowthByteCount = 32 << 20
  /// After a second without a culprit the growth is taken for the run's own.
  private static let ticksInDoubtMax = 10

  /// - Parameter frameByteCountMax: the largest frame that a worker sends.
  init(ports: [UInt16], frameByteCountMax: Int) {
    self.ports = ports
    unfinished = UnfinishedMessages(frameByteCountMax: UInt64(frameByteCountMax))
  }

  /// Called with every tick.
  ///
  /// - Parameter heard: the connections that came to a message since the last call.
  /// - Returns: how many connections it ended.
  mutating func tick(heard: Set<Connection>) -> Int {
    unfinished.complete(heard)
    let byteCount = FloodGuard.residentByteCount
    guard byteCount > usualByteCount + FloodGuard.doubtfulGrowthByteCount else {
      usualByteCount = min(usualByteCount, byteCount)
      ticksInDoubt = 0
      return 0
    }
    var received: [Connection: UInt64] = [:]
    for connection in Connection.all(localPorts: ports) {
      if let byteCount = connection.receivedByteCount { received[connection] = byteCount }
    }
    let endless = unfinished.look(received)
    for connection in endless { connection.reset() }
    ticksInDoubt = endless.isEmpty ? ticksInDoubt + 1 : 0
    if ticksInDoubt > FloodGuard.ticksInDoubtMax { usualByteCount = byteCount }
    return endless.count
  }

  /// The memory that this process has in use; 0 where the kernel doesn't tell.
  private static var residentByteCount: Int {
    let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var text = [UInt8](repeating: 0, count: 128)
    // Safe: at most the array's length is written.
    let count = unsafe text.withUnsafeMutableBytes {
      unsafe read(descriptor, $0.baseAddress, $0.count)
    }
    // In pages: the size, the resident part, and more.
    let fields = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
  }
}
