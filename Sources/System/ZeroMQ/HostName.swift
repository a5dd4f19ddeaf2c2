import Glibc

extension Endpoint {
  /// Throws, naming the host, where the name service knows that there is no such name. One that
  /// can't be looked up at the moment passes: the network may be back when it is needed.
  public func checkHostName() throws(ZeroMQError) {
    guard case .unknown = HostLookup(host) else { return }
    throw .unknownHost(self)
  }

  /// This endpoint as the library listens on it. The library takes a name for that of a network
  /// interface, so any other name is looked up here.
  func forListening() throws(ZeroMQError) -> Endpoint {
    // The name is a C string for the length of the call.
    if host == "*" || (unsafe if_nametoindex(host)) != 0 { return self }
    switch HostLookup(host) {
    case .found(let address): return Endpoint(host: address, port: port)
    case .unknown: throw .unknownHost(self)
    case .unavailable: return self
    }
  }
}

/// What the system's name service says of a host.
private enum HostLookup {
  /// Its first numeric address, of IPv4 where it has one.
  case found(String)
  /// There is no such name.
  case unknown
  /// Nobody could be asked.
  case unavailable

  /// Waits for the name service, which may take seconds. Numeric addresses are found at once.
  init(_ host: String) {
    // What is asked for has no pointers in it.
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, nil, &hints, &first)
    guard result == 0 else {
      self = HostLookup.nameless.contains(result) ? .unknown : .unavailable
      return
    }
    // The list belongs to us until it is freed; its addresses are copied before.
    defer { unsafe freeaddrinfo(first) }
    var addresses: [(family: Int32, text: String)] = []
    var entry = unsafe first
    while let found = unsafe entry {
      if let text = unsafe HostLookup.text(of: found.pointee) {
        addresses.append((unsafe found.pointee.ai_family, text))
      }
      unsafe entry = found.pointee.ai_next
    }
    let address = addresses.first { $0.family == AF_INET } ?? addresses.first
    self = address.map { .found($0.text) } ?? .unavailable
  }

  /// EAI_NONAME, and EAI_NODATA, which glibc declares for itself alone: the name has no address.
  private static let nameless: Set<Int32> = [EAI_NONAME, -5]

  private static func text(of entry: addrinfo) -> String? {
    // The longest numeric address with its scope is far shorter.
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    // Writes at most the buffer's own length, with a final 0.
    let result = unsafe getnameinfo(
      entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard result == 0 else { return nil }
    return String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
