import Testing
import ZeroMQ

/// What `nameConnections` promises, of the libzmq that is here.
@Suite struct RouterPeersTests {
  private let options = SocketOptions(frameBytesMax: 1 << 10)

  @Test func `peers are named by the library, whatever they claim`() throws {
    let context = try Context()
    let router = try Socket(.router, in: context)
    try router.apply(options)
    let endpoint = try router.bind(Endpoint(host: "127.0.0.1", port: 0))
    try router.nameConnections()
    var routes: Set<[UInt8]> = []
    // The same claim twice, in the form that the library itself uses.
    for number in 0..<2 {
      let claimed: [UInt8] = [0, 1, 2, 3, 4]
      let dealer = try Socket(.dealer, in: context)
      try dealer.apply(options)
      try dealer.claimName(claimed)
      try dealer.connect(endpoint)
      #expect(try dealer.send(Message([UInt8(number)]), more: true) == .sent)
      #expect(try dealer.send(Message([7])) == .sent)
      let route = try receive(router)
      #expect(route.array() != claimed && route.byteCount == 5)
      routes.insert(route.array())
      let first = try receive(router)
      #expect(first.array() == [UInt8(number)] && first.hasMore)
      #expect(try receive(router).array() == [7])
      // Each frame to a peer is a message of its own, an empty one as well.
      for frame: [UInt8] in [[1], [], [2]] {
        #expect(try router.send(Message(route.array()), more: true) == .sent)
        #expect(try router.send(Message(frame), more: true) == .sent)
        let answer = try receive(dealer)
        #expect(answer.array() == frame && !answer.hasMore)
      }
    }
    #expect(routes.count == 2)
  }

  @Test func `a connection that is hung up on ends at its other side`() throws {
    let context = try Context()
    let router = try Socket(.router, in: context)
    try router.apply(options)
    let endpoint = try router.bind(Endpoint(host: "127.0.0.1", port: 0))
    let dealer = try Socket(.dealer, in: context)
    try dealer.apply(options)
    let monitor = try SocketMonitor(dealer)
    defer { monitor.stop(watching: dealer) }
    try dealer.connect(endpoint)
    #expect(try dealer.send(Message([1])) == .sent)
    _ = try receive(router)
    let connection = try #require(try receive(router).connection)
    connection.hangUp()
    var poller = Poller()
    let token = monitor.add(to: &poller)
    var events: [ConnectionEvent] = []
    while !events.contains(.lost(reason: "the connection ended")) {
      try poller.wait(timeoutMilliseconds: 10_000)
      let isReady = poller.isReady(token)
      try #require(isReady, "\(events)")
      while let event = try monitor.next() { events.append(event) }
    }
  }

  @Test func `lent bytes come back once their connection is gone`() throws {
    let context = try Context()
    let returned = Flag()
    do {
      let router = try Socket(.router, in: context)
      try router.apply(options)
      _ = try router.send(Message([0, 9, 9, 9, 9]), more: true)
      _ = try router.send(Message(lending: [1, 2, 3], onReturn: { returned.set() }))
    }
    #expect(returned.isSet)
  }
}

private final class Flag: @unchecked Sendable {
  private(set) var isSet = false
  func set() { isSet = true }
}
