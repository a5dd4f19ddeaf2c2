import TestSupport
import Testing
import ZeroMQ

/// What came before a connection's end still counts.
@Suite struct UnreadMessagesTests {
  private let options = SocketOptions(frameBytesMax: 1 << 10)

  enum Way: CaseIterable {
    case network
    case local
  }

  @Test(arguments: Way.allCases)
  func `a message is read after its sender has gone`(_ way: Way) throws {
    let folder = try TemporaryFolder()
    let router = try Socket(.router, in: Context())
    try router.apply(options)
    let address: Address
    switch way {
    case .network: address = .network(try router.bind(Endpoint(host: "127.0.0.1", port: 0)))
    case .local:
      address = .local(path: "\(folder.path)/socket")
      try router.bind(address)
    }
    let dealer = try Socket(.dealer, in: Context())
    try dealer.apply(options)
    let monitor = try SocketMonitor(dealer)
    defer { monitor.stop(watching: dealer) }
    try dealer.connect(address)
    #expect(try dealer.send(Message([1])) == .sent)
    var poller = Poller()
    let request = poller.add(router)
    try poller.wait(timeoutMilliseconds: 10_000)
    let isReady = poller.isReady(request)
    try #require(isReady, "nothing came")
    guard let route = try router.receive(), try router.receive() != nil else {
      Issue.record("no message")
      return
    }
    #expect(try router.send(Message(route.array()), more: true) == .sent)
    #expect(try router.send(Message([2])) == .sent)
    poller.remove(request)
    router.close()
    var events = Poller()
    _ = monitor.add(to: &events)
    var isLost = false
    while !isLost {
      try events.wait(timeoutMilliseconds: 10_000)
      while let event = try monitor.next() { isLost = isLost || event != .ready }
    }
    // As a loop waits: with what it polls, the library carries out what the connection's end asks for.
    var incoming = Poller()
    _ = incoming.add(dealer)
    try incoming.wait(timeoutMilliseconds: 10_000)
    #expect(try dealer.receive()?.array() == [2])
  }
}
