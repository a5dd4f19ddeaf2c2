import Glibc

/// The address by which other machines of the network most likely reach this one: that of the
/// first interface that is up and no loopback, or else the machine's name.
public func ownAddress() -> String {
  var first: UnsafeMutablePointer<ifaddrs>?
  // The list belongs to us until it is freed below; every entry and address in it lives as long.
  guard unsafe getifaddrs(&first) == 0 else { return hostName() }
  defer { unsafe freeifaddrs(first) }
  var entry = unsafe first
  while let interface = unsafe entry {
    let isUp = unsafe interface.pointee.ifa_flags & UInt32(IFF_UP) != 0
    let isLoopback = unsafe interface.pointee.ifa_flags & UInt32(IFF_LOOPBACK) != 0
    if isUp, !isLoopback, let address = unsafe interface.pointee.ifa_addr,
      unsafe address.pointee.sa_family == sa_family_t(AF_INET)
    {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let result = unsafe getnameinfo(
        address, socklen_t(MemoryLayout<sockaddr_in>.size), &text, socklen_t(text.count), nil, 0,
        NI_NUMERICHOST)
      if result == 0 { return String(decoding: bytes(of: text), as: UTF8.self) }
    }
    unsafe entry = interface.pointee.ifa_next
  }
  return hostName()
}

/// The name of this machine; "localhost" where it has none.
public func hostName() -> String {
  var text = [CChar](repeating: 0, count: 256)
  // The call writes at most the buffer's own length.
  guard unsafe gethostname(&text, text.count - 1) == 0 else { return "localhost" }
  let name = String(decoding: bytes(of: text), as: UTF8.self)
  return name.isEmpty ? "localhost" : name
}

private func bytes(of text: [CChar]) -> [UInt8] {
  text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }
}
