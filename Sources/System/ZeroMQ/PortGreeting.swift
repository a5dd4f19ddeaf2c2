import Glibc

/// What a port says of itself before anybody has shown a key: whether there is a peer of this library
/// behind it, and whether that is awake.
public enum PortGreeting: Equatable, Sendable {
  /// Nobody listens, or nobody was reached in time.
  case closed
  /// Connections are taken, and nothing is said in time: the system takes them for a process that is
  /// stopped as well.
  case silent
  /// A peer of this library, and how it tells whom it lets in: `NULL` (everybody) or `CURVE` (by keys).
  case peer(mechanism: String)
  /// Another program.
  case stranger
}

extension Endpoint {
  /// Connects, and reads what peers of this library say first (RFC 37, ZMTP 3.1): a signature, a version
  /// and the name of a mechanism.
  ///
  /// - Parameter patienceMilliseconds: for all of it.
  public func greeting(patienceMilliseconds: Int) -> PortGreeting {
    let deadline = ContinuousClock.now + .milliseconds(patienceMilliseconds)
    guard let descriptor = connected(by: deadline) else { return .closed }
    defer { close(descriptor) }
    // As far as the other side waits for before it says the rest; nothing is asked for after it.
    let beginning = Greeting.signature + [Greeting.majorVersion]
    guard unsafe send(descriptor, beginning, beginning.count, Int32(MSG_NOSIGNAL)) >= 0
    else { return .closed }
    var bytes: [UInt8] = []
    while bytes.count < Greeting.mechanism.upperBound, Greeting.mayBegin(with: bytes) {
      guard wait(for: POLLIN, descriptor, by: deadline) else {
        return bytes.isEmpty ? .silent : .stranger
      }
      var block = [UInt8](repeating: 0, count: Greeting.mechanism.upperBound - bytes.count)
      // Reads at most the buffer's own length.
      let count = unsafe recv(descriptor, &block, block.count, 0)
      guard count > 0 else { return bytes.isEmpty ? .closed : .stranger }
      bytes += block.prefix(count)
    }
    guard Greeting.mayBegin(with: bytes) else { return .stranger }
    let name = bytes[Greeting.mechanism].prefix { $0 != 0 }
    return .peer(mechanism: String(decoding: name, as: UTF8.self))
  }

  /// Nil where nobody took the connection in time.
  private func connected(by deadline: ContinuousClock.Instant) -> Int32? {
    // What is asked for has no pointers in it.
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, String(port), &hints, &first) == 0 else { return nil }
    // The list belongs to us until it is freed.
    defer { unsafe freeaddrinfo(first) }
    var entry = unsafe first
    while let address = unsafe entry {
      if let descriptor = unsafe connected(to: address.pointee, by: deadline) { return descriptor }
      unsafe entry = address.pointee.ai_next
    }
    return nil
  }

  private func connected(to address: addrinfo, by deadline: ContinuousClock.Instant) -> Int32? {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = unsafe socket(address.ai_family, Int32(kind), 0)
    guard descriptor >= 0 else { return nil }
    guard unsafe isConnected(descriptor, to: address, by: deadline) else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private func isConnected(
    _ descriptor: Int32, to address: addrinfo, by deadline: ContinuousClock.Instant
  ) -> Bool {
    // Reads as many bytes as it is told.
    if unsafe connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return true }
    guard errno == EINPROGRESS, wait(for: POLLOUT, descriptor, by: deadline) else { return false }
    var problem: Int32 = 0
    var byteCount = socklen_t(MemoryLayout<Int32>.size)
    // Writes as many bytes as it is told.
    return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &byteCount) == 0
      && problem == 0
  }

  private func wait(
    for event: Int32, _ descriptor: Int32, by deadline: ContinuousClock.Instant
  ) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    while true {
      let left = Int32(max(0, (deadline - .now) / .milliseconds(1)).rounded(.up))
      // One entry, as it is told.
      let result = unsafe poll(&entry, 1, left)
      guard result < 0, errno == EINTR else { return result > 0 }
    }
  }
}

/// The first bytes of a connection.
private enum Greeting {
  static let signature: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f]
  static let majorVersion: UInt8 = 3
  /// Where the mechanism's name is, filled up with zeros.
  static let mechanism = 12..<32

  /// Whether a peer of this library may have said this, which speaks a version with mechanisms; what lies
  /// between both ends of the signature is anything.
  static func mayBegin(with bytes: [UInt8]) -> Bool {
    let known = [(0, signature[0]), (9, signature[9])]
    return known.allSatisfy { place, byte in place >= bytes.count || bytes[place] == byte }
      && (bytes.count <= 10 || bytes[10] >= majorVersion)
  }
}
