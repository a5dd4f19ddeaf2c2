import Testing
import ZeroMQ

@Suite struct SocketMonitorTests {
  let context: Context
  let options = SocketOptions(frameBytesMax: 1_000)

  init() throws {
    context = try Context()
  }

  /// The next event, or nil after ten seconds.
  private func next(_ monitor: borrowing SocketMonitor) throws -> ConnectionEvent? {
    var poller = Poller()
    _ = monitor.add(to: &poller)
    for _ in 0..<100 {
      if let event = try monitor.next() { return event }
      try poller.wait(timeoutMilliseconds: 100)
    }
    return nil
  }

  @Test func `a connection's beginning and end are told on both sides`() throws {
    let server = try Socket(.router, in: context)
    try server.apply(options)
    let serverMonitor = try SocketMonitor(server)
    let endpoint = try server.bind(Endpoint("127.0.0.1:0"))

    let client = try Socket(.dealer, in: context)
    try client.apply(options)
    let clientMonitor = try SocketMonitor(client)
    try client.connect(endpoint)
    #expect(try next(serverMonitor) == .ready)
    #expect(try next(clientMonitor) == .ready)

    client.close()
    let end = try next(serverMonitor)
    #expect(end == .lost(reason: "the connection ended"))
    server.close()
  }

  @Test func `an address where nobody listens is told at once`() throws {
    let client = try Socket(.dealer, in: context)
    try client.apply(options)
    let monitor = try SocketMonitor(client)
    // Port 1 is reserved.
    try client.connect(Endpoint("127.0.0.1:1"))
    #expect(try next(monitor) == .lost(reason: "nobody listens there"))
    client.close()
  }

  /// The library's thread hands events over one after the other: one that nobody takes would stop it.
  @Test func `connections live on when a monitor that was stopped goes before its socket`() throws {
    let server = try Socket(.router, in: context)
    try server.apply(options)
    let endpoint = try server.bind(Endpoint("127.0.0.1:0"))
    for round in 0..<20 {
      let client = try Socket(.dealer, in: context)
      try client.apply(options)
      let monitor = try SocketMonitor(client)
      try client.connect(endpoint)
      #expect(try next(monitor) == .ready)
      monitor.stop(watching: client)
      _ = consume monitor
      // What would be told now nobody hears; what is said must still arrive.
      _ = try client.send(Message([UInt8(round)]))
      var poller = Poller()
      _ = poller.add(server)
      try poller.wait(timeoutMilliseconds: 10_000)
      let hasRoute = try server.receive()?.hasMore
      let content = try server.receive()?.array()
      #expect(hasRoute == true && content == [UInt8(round)])
      client.close()
    }
    server.close()
  }
}
