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
}
