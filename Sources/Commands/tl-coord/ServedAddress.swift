import CommandLine
import HTTP
import Options

/// Where something is served over HTTP, who is answered there, and what it is called.
struct ServedAddress {
  let asked: HostPort
  /// What is asked for everywhere; nil where only other machines are asked, for a key of this start's own.
  let givenKey: String?
  private let ownKey = ServedAddress.newKey()

  private static let keyByteCount = 16

  init(_ asked: HostPort, key: String? = nil) {
    self.asked = asked
    givenKey = key
  }

  func admission(port: UInt16, isLoopback: Bool, postPaths: Set<String> = []) -> HTTPAdmission {
    HTTPAdmission(
      names: names(isLoopback: isLoopback), key: givenKey ?? (isLoopback ? nil : ownKey),
      port: port,
      postPaths: postPaths)
  }

  /// The addresses to open; a key that was made for this start is part of them.
  func shown(_ server: HTTPServer) -> [String] {
    let suffix = givenKey == nil && !server.isLoopback ? "?key=\(ownKey)" : ""
    return shownWithoutKey(server).map { $0 + suffix }
  }

  /// The same for whoever mustn't see the key that was made for this start.
  func shownWithoutKey(_ server: HTTPServer) -> [String] {
    hosts.map { "http://\(HostPort(host: $0, port: server.port))/" }
  }

  private static func newKey() -> String {
    (0..<keyByteCount).map { _ in
      let digits = String(UInt8.random(in: 0...255), radix: 16)
      return digits.count == 1 ? "0\(digits)" : digits
    }.joined()
  }

  private var isEverywhere: Bool { ["0.0.0.0", "*", "::"].contains(asked.host) }

  private func names(isLoopback: Bool) -> Set<String> {
    if isLoopback { return [asked.host] }
    let name = hostName()
    return Set(ownAddresses() + [asked.host, name, "\(name).local"])
  }

  private var hosts: [String] {
    guard isEverywhere else { return [asked.host] }
    let own = ownAddresses().filter { asked.host == "::" || !$0.contains(":") }
    return own.isEmpty ? [hostName()] : own
  }
}
