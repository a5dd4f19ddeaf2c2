import Glibc
import ZeroMQ

/// How a worker or a monitor gets to its coordinator.
public struct CoordinatorDoor: Sendable, CustomStringConvertible {
  private enum Way: Sendable {
    /// Nil where the coordinator lets in everybody.
    case network(Endpoint, Token?)
    /// The Unix socket of the coordinator of this user that listens at a port of this machine.
    case port(Endpoint, environment: [String: String])
    case path(String)
  }

  private let way: Way

  /// Over the network, encrypted.
  public init(_ endpoint: Endpoint, _ token: Token) { way = .network(endpoint, token) }

  /// Over the network, in the clear.
  public init(insecure endpoint: Endpoint) { way = .network(endpoint, nil) }

  /// Through the Unix socket of this user's own coordinator, once there is one. No other user can
  /// listen there.
  public init(ownMachine endpoint: Endpoint, _ environment: [String: String]) {
    way = .port(endpoint, environment: environment)
  }

  /// Whether the coordinator that listens at a port of this machine is none of this user's, and lets in by
  /// token alone; false where nobody listens, who may be this user's once they do.
  ///
  /// One that is only just coming up listens before it has its Unix socket, so that the answer may take
  /// `patienceMilliseconds`.
  public static func isForeign(
    _ endpoint: Endpoint, _ environment: [String: String], patienceMilliseconds: Int = 1_500
  ) -> Bool {
    func isOwn() -> Bool { LocalSocket.find(port: endpoint.port, environment) != nil }
    guard !isOwn(),
      endpoint.reachable.greeting(patienceMilliseconds: patienceMilliseconds)
        == .peer(mechanism: "CURVE")
    else { return false }
    let deadline = ContinuousClock.now + .milliseconds(patienceMilliseconds)
    while !isOwn() {
      guard ContinuousClock.now < deadline else { return true }
      usleep(50_000)
    }
    return false
  }

  /// Through a Unix socket.
  public init(path: String) { way = .path(path) }

  /// Whether the other side asks for a token.
  public var needsToken: Bool {
    if case .network(_, .some) = way { true } else { false }
  }

  /// Whether it leads to a coordinator of this user on this machine.
  public var isOwnMachine: Bool {
    switch way {
    case .network: false
    case .port, .path: true
    }
  }

  /// Connects a socket, in the background.
  public func connect(_ socket: borrowing Socket) throws(ZeroMQError) {
    switch way {
    case .network(let endpoint, let token):
      if let token { try socket.useCurve(server: token.server, own: token.keys) }
      try socket.connect(endpoint)
    case .port(let endpoint, let environment):
      // Looked for anew each time: the coordinator may come later, or come back in another session.
      try socket.connect(LocalSocket.address(port: endpoint.port, environment))
    case .path(let path): try socket.connect(.local(path: path))
    }
  }

  public var description: String {
    switch way {
    case .network(let endpoint, _), .port(let endpoint, _): endpoint.description
    case .path(let path): path
    }
  }
}
