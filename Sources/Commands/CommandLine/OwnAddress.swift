import Glibc
import Options

/// The address by which other machines of the network most likely reach this one: that of the
/// first interface that is up and no loopback, or else the machine's name.
public func ownAddress() -> String { ownAddresses().first ?? hostName() }

/// The addresses by which other machines may reach this one: of IPv4 and then of IPv6, without those
/// that mean something on one interface alone.
public func ownAddresses() -> [String] {
  ownAddresses(sa_family_t(AF_INET))
    + ownAddresses(sa_family_t(AF_INET6)).filter { !$0.contains("%") }
}

/// Whether a name or an address is this machine's own.
public func isOwnAddress(_ host: String) -> Bool {
  let host = host.lowercased()
  if HostPort(host: host, port: 0).isLoopback || host == "0.0.0.0" || host == "::" { return true }
  if host == hostName().lowercased() { return true }
  return ownAddresses(sa_family_t(AF_INET)).contains(host)
    || ownAddresses(sa_family_t(AF_INET6)).contains(host)
}

/// The addresses of a family, IPv4 or IPv6, of the interfaces that are up and no loopback.
private func ownAddresses(_ family: sa_family_t) -> [String] {
  var addresses: [String] = []
  var first: UnsafeMutablePointer<ifaddrs>?
  // The list belongs to us until it is freed below; every entry and address in it lives as long.
  guard unsafe getifaddrs(&first) == 0 else { return [] }
  defer { unsafe freeifaddrs(first) }
  var entry = unsafe first
  while let interface = unsafe entry {
    let isUp = unsafe interface.pointee.ifa_flags & UInt32(IFF_UP) != 0
    let isLoopback = unsafe interface.pointee.ifa_flags & UInt32(IFF_LOOPBACK) != 0
    if isUp, !isLoopback, let address = unsafe interface.pointee.ifa_addr,
      unsafe address.pointee.sa_family == family
    {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let byteCount =
        family == sa_family_t(AF_INET)
        ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
      let result = unsafe getnameinfo(
        address, socklen_t(byteCount), &text, socklen_t(text.count), nil, 0,
        NI_NUMERICHOST)
      if result == 0 { addresses.append(String(decoding: bytes(of: text), as: UTF8.self)) }
    }
    unsafe entry = interface.pointee.ifa_next
  }
  return addresses
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
