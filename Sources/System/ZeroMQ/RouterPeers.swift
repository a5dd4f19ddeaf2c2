import CZeroMQ
import Glibc

// libzmq lets a peer choose the name by which a router knows it, and asserts, which ends the process,
// where a name that it makes itself is taken already: a zero byte and a counter of 32 bits, which a
// peer may claim as well. `nameConnections` takes that choice from peers.
//
// It rests on a fact of libzmq that the tests try: a listener keeps the options that it was bound
// with, among them that the protocol is ZMTP and not raw bytes, while the router goes by its options
// as they are now. After `ZMQ_ROUTER_RAW` it gives every connection its counter's number and passes
// over the name that the peer sent. Such a router sends each frame as a message of its own.
extension Socket {
  /// From now on the library names each peer itself, whatever the peer claims, and each frame after
  /// the route is a message of its own. Call it after the last `bind`.
  public func nameConnections() throws(ZeroMQError) {
    try set(ZMQ_ROUTER_RAW, Int32(1))
    // What was set above stays, without the meaning that an empty frame else has: to hang up.
    try set(ZMQ_ROUTER_RAW, Int32(0))
  }
}

extension Socket {
  /// Claims a name by which a router shall know this socket: what no peer of ours does, and a hostile
  /// one may.
  package func claimName(_ name: [UInt8]) throws(ZeroMQError) {
    try set(ZMQ_ROUTING_ID, bytes: name)
  }
}

/// The connection that a received message came over.
public struct Connection: Hashable, Sendable {
  let descriptor: Int32

  /// Hangs up: the peer sees the connection's end, and what it sent or was sent is freed.
  ///
  /// The library closes descriptors by itself, so a connection that ended a moment ago may already
  /// have lent its number to another, which then has to connect anew.
  public func hangUp() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Hangs up on somebody who has filled every buffer between: without a reset it would hear of nothing
  /// until the kernel's own patience of a minute ends.
  public func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    // Safe: the kernel copies the structure.
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    hangUp()
  }

  /// All TCP connections of this process at ports of its own, whoever made them.
  public static func all(localPorts: [UInt16]) -> [Connection] {
    guard let folder = unsafe opendir("/proc/self/fd") else { return [] }
    defer { unsafe closedir(folder) }
    var connections: [Connection] = []
    // Safe: the entry is the folder's until the next call, and its name ends with a zero.
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      guard let descriptor = Int32(name), let port = localPort(of: descriptor),
        localPorts.contains(port), !isListening(descriptor)
      else { continue }
      connections.append(Connection(descriptor: descriptor))
    }
    return connections
  }

  private static func isListening(_ descriptor: Int32) -> Bool {
    var (answer, byteCount) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    // Safe: the kernel writes one int.
    return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &byteCount) == 0
      && answer != 0
  }

  /// Nil for what is no TCP socket.
  private static func localPort(of descriptor: Int32) -> UInt16? {
    var address = sockaddr_in6()
    var byteCount = socklen_t(MemoryLayout<sockaddr_in6>.size)
    // Safe: the structure of IPv6 is the larger one, and the port has the same place in both.
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &byteCount)
      }
    }
    guard result == 0,
      [sa_family_t(AF_INET), sa_family_t(AF_INET6)].contains(address.sin6_family)
    else { return nil }
    return UInt16(bigEndian: address.sin6_port)
  }

  /// Bytes that the kernel has received over it; nil where it is no TCP connection.
  public var receivedByteCount: UInt64? {
    // struct tcp_info of linux/tcp.h: tcpi_bytes_received is its 64-bit number at byte 128.
    let (place, size) = (128, 136)
    var information = [UInt8](repeating: 0, count: size)
    var byteCount = socklen_t(size)
    // Safe: the kernel writes at most the array's length.
    let result = unsafe information.withUnsafeMutableBytes {
      unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, $0.baseAddress, &byteCount)
    }
    guard result == 0, byteCount == size else { return nil }
    return unsafe information.withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    }
  }

  /// Whether the other side has yet to take something of what the kernel has for it.
  public var isBehind: Bool {
    var byteCount: Int32 = 0
    // Safe: the kernel writes one int.
    return unsafe ioctl(descriptor, UInt(TIOCOUTQ), &byteCount) == 0 && byteCount > 0
  }
}

extension Message {
  /// Over which connection it was received; nil for what came from inside the process.
  public var connection: Connection? {
    let descriptor = unsafe zmq_msg_get(pointer, ZMQ_SRCFD)
    return descriptor > 2 ? Connection(descriptor: descriptor) : nil
  }
}
