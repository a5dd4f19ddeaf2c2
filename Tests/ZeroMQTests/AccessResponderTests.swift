import TestSupport
import Testing
import ZeroMQ

/// What CURVE and its handler promise, of the libzmq that is here.
@Suite struct AccessResponderTests {
  private let options = SocketOptions(frameBytesMax: 1 << 10)
  private let serverKeys: CurveKeyPair
  private let context: Context

  init() throws {
    context = try Context()
    serverKeys = try .generate()
  }

  private func router() throws -> Socket {
    let router = try Socket(.router, in: context)
    try router.apply(options)
    return router
  }

  private func dealer() throws -> Socket {
    let dealer = try Socket(.dealer, in: context)
    var options = options
    options.lingerMilliseconds = 0
    try dealer.apply(options)
    return dealer
  }

  /// What becomes of a client's connection, while a responder, if there is one, answers by `decide`.
  private func outcome(
    _ client: borrowing Socket, _ address: Address, _ responder: borrowing AccessResponder?,
    _ decide: (AccessRequest) -> AccessDecision = { _ in .deny }
  ) throws -> ConnectionEvent? {
    let monitor = try SocketMonitor(client)
    defer { monitor.stop(watching: client) }
    try client.connect(address)
    var poller = Poller()
    _ = monitor.add(to: &poller)
    for _ in 0..<1_000 {
      switch responder {
      case .some(let responder): try responder.answerAll(decide)
      case .none: break
      }
      if let event = try monitor.next() { return event }
      try poller.wait(timeoutMilliseconds: 10)
    }
    return nil
  }

  @Test func `who is admitted proves its key, and messages tell as whom it was let in`() throws {
    let responder: AccessResponder? = try AccessResponder(in: context)
    let server = try router()
    let client = try dealer()
    try server.requireCurve(secretKey: serverKeys.secretKey, domain: "network")
    let endpoint = try server.bind(Endpoint(host: "127.0.0.1", port: 0))
    let own = try CurveKeyPair.generate()
    try client.useCurve(server: serverKeys.publicKey, own: own)
    var asked: [AccessRequest] = []
    let event = try outcome(client, .network(endpoint), responder) { request in
      asked.append(request)
      return .admit(userID: "worker lab")
    }
    #expect(event == .ready)
    #expect(asked.map(\.publicKey) == [own.publicKey] && asked.map(\.domain) == ["network"])
    #expect(try client.send(Message([7])) == .sent)
    _ = try receive(server)
    let message = try receive(server)
    #expect(message.array() == [7] && message.userID == "worker lab")
  }

  @Test func `who is denied hears so`() throws {
    let responder: AccessResponder? = try AccessResponder(in: context)
    let server = try router()
    let client = try dealer()
    try server.requireCurve(secretKey: serverKeys.secretKey, domain: "network")
    let endpoint = try server.bind(Endpoint(host: "127.0.0.1", port: 0))
    try client.useCurve(server: serverKeys.publicKey, own: .generate())
    #expect(try outcome(client, .network(endpoint), responder) == .authenticationFailed)
  }

  @Test func `without a responder nobody gets in, with the right keys either`() throws {
    let server = try router()
    let client = try dealer()
    try server.requireCurve(secretKey: serverKeys.secretKey, domain: "network")
    let endpoint = try server.bind(Endpoint(host: "127.0.0.1", port: 0))
    try client.useCurve(server: serverKeys.publicKey, own: .generate())
    let event = try outcome(client, .network(endpoint), nil)
    #expect(event != nil && event != .ready)
  }

  @Test func `who expects another server's key or speaks in the clear gets nowhere`() throws {
    let responder: AccessResponder? = try AccessResponder(in: context)
    let server = try router()
    try server.requireCurve(secretKey: serverKeys.secretKey, domain: "network")
    let endpoint = try server.bind(Endpoint(host: "127.0.0.1", port: 0))
    var isAsked = false
    let misled = try dealer()
    try misled.useCurve(server: CurveKeyPair.generate().publicKey, own: .generate())
    let plain = try dealer()
    let events = [
      try outcome(misled, .network(endpoint), responder) { _ in
        isAsked = true
        return .admit(userID: "x")
      },
      try outcome(plain, .network(endpoint), responder) { _ in
        isAsked = true
        return .admit(userID: "x")
      },
    ]
    #expect(!isAsked && events.allSatisfy { $0 != nil && $0 != .ready }, "\(events)")
  }

  @Test func `one router listens encrypted for some and in the clear for others`() throws {
    let folder = try TemporaryFolder()
    let responder: AccessResponder? = try AccessResponder(in: context)
    let server = try router()
    let client = try dealer()
    try server.requireCurve(secretKey: serverKeys.secretKey, domain: "network")
    let endpoint = try server.bind(Endpoint(host: "127.0.0.1", port: 0))
    try server.requireAdmission(domain: "local")
    let address = Address.local(path: "\(folder.path)/socket")
    try server.bind(address)
    let local = try outcome(client, address, responder) { request in
      request.domain == "local" && request.publicKey == nil ? .admit(userID: "local") : .deny
    }
    #expect(local == .ready)
    #expect(try client.send(Message([1])) == .sent)
    _ = try receive(server)
    #expect(try receive(server).userID == "local")
    let plain = try dealer()
    let event = try outcome(plain, .network(endpoint), responder) { _ in .admit(userID: "x") }
    #expect(event != nil && event != .ready)
  }
}
