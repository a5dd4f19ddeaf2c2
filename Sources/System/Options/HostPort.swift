/// A network address as people write it: `127.0.0.1:5555`, `studio.local:5555`, `[::1]:5555`.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
  /// A name or an address, without brackets.
  public let host: String
  /// 0 stands for a free port chosen by the system, where listening.
  public let port: UInt16

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Nil unless the text is HOST:PORT with a host of the characters that names and addresses have.
  public init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(digits) else {
      return nil
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    // The longest name that DNS allows.
    let hostLengthMax = 253
    guard !host.isEmpty, host.utf8.count <= hostLengthMax,
      host.utf8.allSatisfy({ HostPort.hostBytes.contains($0) })
    else { return nil }
    self.init(host: String(host), port: port)
  }

  /// Addresses with commas between them, as many as a coordinator may listen at; nil unless each is one
  /// and none stands there twice, as `127.0.0.1:5555` does beside `0.0.0.0:5555`.
  public static func list(_ text: some StringProtocol) -> [HostPort]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let addresses = parts.prefix(listCountMax + 1).compactMap { HostPort($0) }
    guard addresses.count == parts.count, addresses.count <= listCountMax,
      Set(addresses).count == addresses.count,
      !addresses.contains(where: { all in addresses.contains { all.includes($0) } })
    else { return nil }
    return addresses
  }

  /// Whether it is all of this machine's addresses, and the other one of them.
  private func includes(_ other: HostPort) -> Bool {
    guard other != self, other.port == port, port != 0 else { return false }
    return switch host {
    case "0.0.0.0", "*": !other.host.contains(":")
    case "::": other.host.contains(":")
    default: false
    }
  }

  private static let listCountMax = 16

  private static let hostBytes = Set(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%*".utf8)

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Where a process of this machine reaches what listens here.
  public var reachable: HostPort {
    switch host {
    case "0.0.0.0", "*": HostPort(host: "127.0.0.1", port: port)
    case "::": HostPort(host: "::1", port: port)
    default: self
    }
  }

  /// Whether only this machine can reach it.
  public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

extension ValueReader where Value == [HostPort] {
  /// Addresses to listen at: port 0 picks a free one.
  public static var listeningAddresses: Self {
    Self(
      placeholder: "HOST:PORT[,…]",
      expectation: "addresses such as 127.0.0.1:5555 or 0.0.0.0:5555,[fd00::7]:5555: up to 16 with "
        + "commas between them, none within another (port 0 picks a free one)"
    ) { HostPort.list($0) }
  }
}

extension ValueReader where Value == HostPort {
  /// An address to connect to: port 0 is none.
  public static var address: Self {
    Self(placeholder: "HOST:PORT", expectation: "an address such as 192.168.1.20:5555") { text in
      HostPort(text).flatMap { $0.port == 0 ? nil : $0 }
    }
  }

  /// An address to listen at: port 0 picks a free one.
  public static var listeningAddress: Self {
    Self(
      placeholder: "HOST:PORT",
      expectation: "an address such as 127.0.0.1:5555 or 0.0.0.0:5555 (port 0 picks a free one)"
    ) { HostPort($0) }
  }
}
