/// A TCP address to listen on or to connect to.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// A host name, an IPv4 address, or an IPv6 address without brackets.
  public let host: String
  /// 0 stands for any free port, which makes sense only for listening.
  public let port: UInt16

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT` or `[IPv6]:PORT`, with or without `tcp://` before it.
  ///
  /// The library itself takes any number for a port and cuts it to 16 bits.
  public init(_ text: some StringProtocol) throws(ZeroMQError) {
    let scheme = "tcp://"
    let address = text.hasPrefix(scheme) ? text.dropFirst(scheme.count) : text[...]
    guard
      let colon = address.lastIndex(of: ":"),
      address[address.index(after: colon)...].utf8.allSatisfy({ 48...57 ~= $0 }),
      let port = UInt16(address[address.index(after: colon)...])
    else { throw .invalidEndpoint(String(text)) }
    var host = address[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      // The form in which the system shows an IPv4 address on an IPv6 socket.
      let mapped = "::ffff:"
      if host.hasPrefix(mapped), host.contains(".") { host = host.dropFirst(mapped.count) }
    } else if host.contains(":") {
      throw .invalidEndpoint(String(text))
    }
    guard !host.isEmpty, host.utf8.count <= Endpoint.hostBytesMax, !host.contains(where: \.isSpace)
    else { throw .invalidEndpoint(String(text)) }
    self.init(host: String(host), port: port)
  }

  /// The longest name that DNS allows.
  public static let hostBytesMax = 253

  /// `HOST:PORT`, as people write it.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// The form that the library reads.
  var url: String { "tcp://\(description)" }

  /// Where a process of this machine reaches what listens here.
  public var reachable: Endpoint {
    switch host {
    case "0.0.0.0", "*": Endpoint(host: "127.0.0.1", port: port)
    case "::": Endpoint(host: "::1", port: port)
    default: self
    }
  }

  /// Whether only processes of the same machine can reach it.
  public var isLoopback: Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }
}

extension Character {
  fileprivate var isSpace: Bool { isWhitespace || isNewline || self == "\0" }
}
