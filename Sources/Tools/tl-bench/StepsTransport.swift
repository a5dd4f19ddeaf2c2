import Glibc
import Threading
import ZeroMQ

/// How workers and coordinator of the benchmark of steps are connected.
enum StepsTransport: CaseIterable {
  case network
  case encrypted
  case local

  /// Of the names of results.
  var suffix: String {
    switch self {
    case .network: ""
    case .encrypted: "_encrypted"
    case .local: "_unix_socket"
    }
  }
}

/// One line between a coordinator and its workers.
final class StepsLine: Sendable {
  private enum Way: Sendable {
    case network
    case encrypted(CurveKeyPair, OpenDoor)
    case local(path: String)
  }

  private let way: Way

  init(_ transport: StepsTransport, in context: Context) throws {
    way =
      switch transport {
      case .network: .network
      case .encrypted: .encrypted(try .generate(), OpenDoor(in: context))
      case .local: .local(path: "/tmp/tl-bench-\(getpid()).socket")
      }
  }

  /// Binds a router.
  func bind(_ socket: borrowing Socket) throws -> Address {
    switch way {
    case .network: break
    case .encrypted(let keys, _):
      try socket.requireCurve(secretKey: keys.secretKey, domain: "steps")
    case .local(let path):
      try socket.bind(.local(path: path))
      return .local(path: path)
    }
    return .network(try socket.bind(Endpoint(host: "127.0.0.1", port: 0)))
  }

  func connect(_ socket: borrowing Socket, to address: Address) throws {
    if case .encrypted(let keys, _) = way {
      try socket.useCurve(server: keys.publicKey, own: keys)
    }
    try socket.connect(address)
  }

  deinit {
    switch way {
    case .network: break
    case .encrypted(_, let door): door.stop()
    case .local(let path): unsafe unlink(path)
    }
  }
}

/// Lets in everybody who encrypts.
private final class OpenDoor: Sendable {
  private let stopping = Mailbox<Void>()
  private let thread: NamedThread

  init(in context: Context) {
    let (stopping, isOpen) = (stopping, Mailbox<Void>())
    thread = NamedThread(name: "access") {
      do throws(ZeroMQError) {
        let responder = try AccessResponder(in: context)
        isOpen.send(())
        var poller = Poller()
        _ = responder.add(to: &poller)
        let end = poller.add(fileDescriptor: stopping.fileDescriptor)
        while !poller.isReady(end) {
          try poller.wait(timeoutMilliseconds: nil)
          try responder.answerAll { _ in .admit(userID: "worker") }
        }
      } catch {
        fatalError("nobody can be let in: \(error)")
      }
    }
    var poller = Poller()
    let token = poller.add(fileDescriptor: isOpen.fileDescriptor)
    while !poller.isReady(token), (try? poller.wait(timeoutMilliseconds: nil)) != nil {}
  }

  func stop() {
    stopping.send(())
    thread.join()
  }
}
