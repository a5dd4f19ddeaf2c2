import Glibc

/// A socket that listens, closed with its owner.
struct ListeningSocket: ~Copyable {
  let descriptor: Int32
  /// The one that was taken.
  let port: UInt16
  /// Whether only this machine can reach it, by the address and not by its name.
  let isLoopback: Bool

  private static let backlog: Int32 = 64

  /// - Parameters:
  ///   - host: a name or an address; `*` stands for all addresses of IPv4.
  ///   - port: 0 takes a free one.
  init(host: String, port: UInt16) throws(HTTPServerError) {
    let shown = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    var wanted = unsafe addrinfo()
    unsafe wanted.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host == "*" ? "0.0.0.0" : host, "\(port)", &wanted, &found)
    // The list is ours until it is freed below.
    guard result == 0, let first = unsafe found, let address = unsafe first.pointee.ai_addr else {
      let reason = unsafe String(cString: gai_strerror(result))
      throw HTTPServerError(
        description: "--http \(shown): \(reason); give an address of this machine")
    }
    defer { unsafe freeaddrinfo(first) }
    let family = unsafe first.pointee.ai_family
    let length = unsafe first.pointee.ai_addrlen
    let descriptor = socket(
      family,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        | Int32(SOCK_NONBLOCK.rawValue), 0)
    var one: Int32 = 1
    // A port whose last server has just ended is free; one that has a server isn't.
    guard descriptor >= 0,
      unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size)) == 0,
      unsafe bind(descriptor, address, length) == 0,
      listen(descriptor, Self.backlog) == 0
    else {
      let reason = Self.reason(errno)
      if descriptor >= 0 { close(descriptor) }
      throw HTTPServerError(description: "--http \(shown) can't be used: \(reason)")
    }
    self.descriptor = descriptor
    self.port = Self.port(of: descriptor) ?? port
    isLoopback = unsafe Self.isLoopback(address)
  }

  /// Gives it away: whoever gets it closes it.
  consuming func take() -> Int32 {
    let descriptor = descriptor
    discard self
    return descriptor
  }

  deinit { close(descriptor) }

  private static func reason(_ number: Int32) -> String {
    switch number {
    case EADDRINUSE: "another program listens there; give another port, or 0 for a free one"
    case EADDRNOTAVAIL: "it is no address of this machine; give one of its own"
    case EACCES: "this user may not listen there; give a port of at least 1024"
    default: unsafe String(cString: strerror(number))
    }
  }

  private static func port(of descriptor: Int32) -> UInt16? {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // The storage has room for any address, and is told so; both kinds have the port in one place.
    return unsafe withUnsafeMutablePointer(to: &address) { storage in
      let isTold = unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length) == 0
      }
      guard isTold else { return nil }
      return unsafe storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        unsafe UInt16(bigEndian: $0.pointee.sin_port)
      }
    }
  }

  private static func isLoopback(_ address: UnsafeMutablePointer<sockaddr>) -> Bool {
    switch unsafe Int32(address.pointee.sa_family) {
    case AF_INET:
      unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        unsafe UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24 == 127
      }
    case AF_INET6:
      unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
        unsafe withUnsafeBytes(of: address.pointee.sin6_addr) { bytes in
          unsafe bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        }
      }
    default: false
    }
  }
}
