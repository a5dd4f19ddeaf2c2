import Access
import ClusterCore
import DaemonSupport
import Monitoring
import Wire
import ZeroMQ

/// Who may talk to a coordinator over the network.
public enum NetworkAccess: Sendable {
  /// Whoever holds a token of this store; everything is encrypted.
  case tokens(CredentialStore)
  /// Whoever reaches the port; nothing is encrypted.
  case everybody
}

/// The socket of a coordinator, bound: over the network, and beside it a Unix socket for this user's
/// own processes.
final class CoordinatorListener {
  /// Over the network, with the ports that were taken; at least one.
  let endpoints: [Endpoint]
  /// One for each port.
  let locals: [LocalSocket]
  /// Nil where everybody is let in.
  let gate: Gate?
  /// By which workers know the coordinator; nil where everybody is let in.
  let serverKey: CurveKey?
  /// What a worker elsewhere needs; nil where everybody is let in, or where the default token is gone.
  let token: Token?
  private let claims: [LocalSocketClaim]
  private var socket: Socket?
  private var monitor: SocketMonitor?

  init(
    listen: [Endpoint], access: NetworkAccess, environment: [String: String],
    dimensions: HeadDimensions
  ) throws(CoordinatorError) {
    do throws(any Error) {
      let context = try Context(ioThreads: 3)
      let socket = try Socket(.router, in: context)
      try socket.apply(Channels.coordinatorOptions(dimensions))
      let monitor = try SocketMonitor(socket)
      // What is encrypted for others takes no time from the steps of local workers.
      try socket.useThreads(1..<3)
      switch access {
      case .tokens(let store):
        let keys = try store.serverKeys()
        serverKey = keys.publicKey
        token = try store.credentials().first { $0.name == CredentialStore.defaultName }
          .map { Token(server: keys.publicKey, keys: $0.keys) }
        let gate = Gate(store)
        self.gate = gate
        try gate.start(in: context)
        try socket.requireCurve(secretKey: keys.secretKey, domain: Gate.networkDomain)
        endpoints = try listen.map { try socket.bind($0) }
        for endpoint in endpoints {
          try SelfTest.requireRefusal(
            at: endpoint.reachable, server: keys.publicKey, in: context)
        }
        // That was ourselves.
        _ = gate.takeRefusals()
        // Only this user can enter the folder.
        try socket.requireAdmission(domain: Gate.localDomain)
      case .everybody:
        (gate, token, serverKey) = (nil, nil, nil)
        endpoints = try listen.map { try socket.bind($0) }
      }
      try socket.useThreads(0..<1)
      let places = try Self.ports(of: endpoints).map {
        try LocalSocket.claim(port: $0, environment)
      }
      (locals, claims) = (places.map(\.0), places.map(\.1))
      for local in locals { try socket.bind(local.address) }
      try socket.nameConnections()
      self.socket = consume socket
      self.monitor = consume monitor
    } catch let error as AccessError {
      throw CoordinatorError(error)
    } catch let error as ZeroMQError where error.code == .addressInUse {
      throw CoordinatorError(listening: error)
    } catch {
      throw CoordinatorError(.unavailable, "\(error)", advice: "")
    }
  }

  /// Where to listen, as the option has it.
  static func endpoints(_ listen: String) throws(CoordinatorError) -> [Endpoint] {
    do throws(ZeroMQError) {
      return try listen.split(separator: ",").map { (text) throws(ZeroMQError) in
        try Endpoint(text)
      }
    } catch {
      throw CoordinatorError(listening: error)
    }
  }

  /// Throws where nobody can listen there, as far as that can be told beforehand: photographs may take
  /// minutes to read, after which nobody wants to hear of a typing error.
  static func tryListening(_ endpoints: [Endpoint]) throws(CoordinatorError) {
    do throws(ZeroMQError) {
      for endpoint in endpoints { try endpoint.tryListening() }
    } catch {
      throw CoordinatorError(listening: error)
    }
  }

  /// The socket, with what watches over it; can be taken once.
  ///
  /// - Parameter setup: of the run, which bounds what workers may say.
  func takeSocket(_ setup: CoordinatorSetup) -> CoordinatorSocket {
    guard let socket = socket.take(), let monitor = monitor.take() else {
      preconditionFailure("the socket was taken before")
    }
    return CoordinatorSocket(socket, monitor, gate: gate, ports: Self.ports(of: endpoints), setup)
  }

  /// Each once, in their order.
  private static func ports(of endpoints: [Endpoint]) -> [UInt16] {
    var seen: Set<UInt16> = []
    return endpoints.map(\.port).filter { seen.insert($0).inserted }
  }

  /// What people need in order to join.
  func invitation(advertised: Endpoint?, isAnnounced: Bool) -> Invitation {
    Invitation(
      listen: endpoints.map(\.description).joined(separator: ","),
      advertised: advertised?.description, token: token?.text,
      isInsecure: gate == nil, isAnnounced: isAnnounced)
  }
}

extension CoordinatorError {
  /// Why nobody can listen at an address, which may be that of the option's default.
  fileprivate init(listening error: ZeroMQError) {
    switch error.code {
    case .addressInUse:
      self.init(
        .unavailable,
        "\(error.endpoint ?? "the port"), where workers are to join, is in use by another process, most "
          + "likely another run",
        advice:
          "'tl-coord runs' lists the runs: let that one end, or have this one listen at another port "
          + "with '--listen HOST:PORT' (port 0 picks a free one).")
    case .invalidEndpoint: self.init(.configuration, "--listen: \(error)", advice: "")
    default: self.init(.unavailable, "--listen: \(error)", advice: "")
    }
  }

  init(_ error: AccessError) {
    switch error.code {
    case .invalid, .unsafeFile: self.init(.configuration, error.description, advice: "")
    case .inputOutput: self.init(.inputOutput, error.description, advice: "")
    case .inUse: self.init(.unavailable, error.description, advice: "")
    }
  }
}
