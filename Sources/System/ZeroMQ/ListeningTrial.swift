import CZeroMQ
import Glibc

extension Endpoint {
  /// Throws what listening here would throw, as far as a moment's bind tells: that there is no such
  /// host, that the address isn't this machine's, that its port is taken. Nobody can connect meanwhile.
  public func tryListening() throws(ZeroMQError) {
    let endpoint = try forListening()
    // As the library does, so that what a process left behind a moment ago isn't in the way.
    var reuse: Int32 = 1
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE
    var first: UnsafeMutablePointer<addrinfo>?
    let host = endpoint.host == "*" ? "0.0.0.0" : endpoint.host
    // The names of interfaces are left to the library.
    guard unsafe getaddrinfo(host, String(endpoint.port), &hints, &first) == 0,
      let address = unsafe first
    else { return }
    // The list belongs to us until it is freed.
    defer { unsafe freeaddrinfo(first) }
    let descriptor = unsafe socket(
      address.pointee.ai_family, address.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // Both calls read as many bytes as they are told.
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    guard unsafe bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) != 0 else {
      return
    }
    throw .last("bind", address: .network(self))
  }
}
