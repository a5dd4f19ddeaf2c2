import Testing
import Threading
import ZeroMQ

@Suite struct SocketTests {
  let context: Context
  let freePort = Endpoint(host: "127.0.0.1", port: 0)
  let options = SocketOptions(frameBytesMax: 1_000)

  init() throws {
    context = try Context()
  }

  private func socket(_ kind: Socket.Kind) throws -> Socket {
    let socket = try Socket(kind, in: context)
    try socket.apply(options)
    return socket
  }

  private func dealer(to endpoint: Endpoint) throws -> Socket {
    let dealer = try socket(.dealer)
    try dealer.connect(endpoint)
    return dealer
  }

  /// The frames of the next message, or nothing after ten seconds.
  private func frames(of socket: borrowing Socket) throws -> [[UInt8]] {
    var poller = Poller()
    let token = poller.add(socket)
    try poller.wait(timeoutMilliseconds: 10_000)
    guard poller.isReady(token) else { return [] }
    var frames: [[UInt8]] = []
    var more = true
    while more, let message = try socket.receive() {
      frames.append(message.array())
      more = message.hasMore
    }
    return frames
  }

  @Test func `port 0 takes a free port and the endpoint names it`() throws {
    let server = try socket(.router)
    let endpoint = try server.bind(freePort)
    #expect(endpoint.host == "127.0.0.1")
    #expect(endpoint.port != 0)
    server.close()
  }

  @Test func `an address that can't be listened at is told of beforehand`() throws {
    let server = try socket(.router)
    let taken = try server.bind(freePort)
    func code(_ endpoint: Endpoint) -> ZeroMQError.Code? {
      do throws(ZeroMQError) { try endpoint.tryListening() } catch { return error.code }
      return nil
    }
    #expect(code(taken) == .addressInUse)
    // Of a network that is for documentation alone (RFC 5737).
    #expect(code(Endpoint(host: "192.0.2.77", port: 0)) == .addressNotAvailable)
    #expect(code(Endpoint(host: "no-such-host.invalid", port: 1)) == .unknownHost)
    for host in ["127.0.0.1", "0.0.0.0", "*", "localhost", "lo"] {
      #expect(code(Endpoint(host: host, port: 0)) == nil, "\(host)")
    }
    server.close()
    // The trial leaves nothing behind.
    let again = try socket(.router)
    let free = try again.bind(freePort)
    again.close()
    _ = free
  }

  @Test func `a message of two frames goes there and back`() throws {
    let server = try socket(.router)
    let endpoint = try server.bind(freePort)
    let client = try dealer(to: endpoint)
    #expect(try client.send(Message([1, 2]), more: true) == .sent)
    #expect(try client.send(Message([3])) == .sent)

    let request = try frames(of: server)
    #expect(request.count == 3)
    #expect(request.dropFirst() == [[1, 2], [3]])

    #expect(try server.send(Message(request[0]), more: true) == .sent)
    #expect(try server.send(Message([4])) == .sent)
    #expect(try frames(of: client) == [[4]])
  }

  @Test func `a message for an unknown peer is reported`() throws {
    let server = try socket(.router)
    try server.bind(freePort)
    #expect(try server.send(Message([0, 9, 9, 9, 9]), more: true) == .unroutable)
  }

  @Test func `nothing to receive is no error`() throws {
    let server = try socket(.router)
    try server.bind(freePort)
    let foundNothing = try server.receive() == nil
    #expect(foundNothing)
  }

  @Test func `a port in use is named`() throws {
    let server = try socket(.router)
    let endpoint = try server.bind(freePort)
    let other = try socket(.router)
    let error = #expect(throws: ZeroMQError.self) { _ = try other.bind(endpoint) }
    #expect(error?.code == .addressInUse)
    #expect(error?.description.contains(endpoint.description) == true)
    server.close()
  }

  @Test func `an address of no interface is named`() throws {
    let server = try socket(.router)
    let error = #expect(throws: ZeroMQError.self) {
      try server.bind(Endpoint("192.0.2.1:5555"))
    }
    #expect(error?.code == .addressNotAvailable)
    #expect(error?.description.contains("192.0.2.1:5555") == true)
  }

  @Test func `a frame over the limit never arrives and its sender is disconnected`() throws {
    let server = try socket(.router)
    let endpoint = try server.bind(freePort)
    let offender = try dealer(to: endpoint)
    #expect(try offender.send(Message([UInt8](repeating: 1, count: 2_000))) == .sent)
    let honest = try dealer(to: endpoint)
    #expect(try honest.send(Message([7])) == .sent)
    #expect(try frames(of: server).last == [7])
    offender.close()
  }

  @Test func `a full queue says so instead of waiting`() throws {
    let socket = try Socket(.dealer, in: context)
    var options = SocketOptions(frameBytesMax: 1_000, sendQueueMessagesMax: 2)
    options.lingerMilliseconds = 0
    try socket.apply(options)
    // Nobody listens there: port 1 is reserved.
    try socket.connect(Endpoint("127.0.0.1:1"))
    var results: [Socket.SendResult] = []
    for _ in 0..<8 { results.append(try socket.send(Message([1]))) }
    #expect(results.first == .sent)
    #expect(results.last == .wouldBlock)
  }
}

@Suite struct MessageTests {
  @Test func `content is kept, shared and counted`() {
    let bytes = [UInt8](0..<200)
    let message = Message(bytes)
    let other = message.shared()
    #expect(other.byteCount == 200)
    #expect(other.array() == bytes)
    #expect(message.array() == bytes)
  }

  @Test func `content can be written in place`() {
    let message = Message(byteCount: 4) { span in span.storeBytes(of: 7, as: UInt32.self) }
    #expect(message.array() == [7, 0, 0, 0])
    #expect(Message().array() == [])
  }
}

@Suite struct PollerTests {
  @Test func `a mailbox wakes the poller and its letters come in order`() throws {
    let mailbox = Mailbox<Int>()
    var poller = Poller()
    let token = poller.add(fileDescriptor: mailbox.fileDescriptor)
    try poller.wait(timeoutMilliseconds: 0)
    var isReady = poller.isReady(token)
    #expect(!isReady)

    let sender = NamedThread(name: "sender") { for number in 0..<100 { mailbox.send(number) } }
    var received: [Int] = []
    while received.count < 100 {
      try poller.wait(timeoutMilliseconds: 10_000)
      guard poller.isReady(token) else { break }
      received += mailbox.receiveAll()
    }
    #expect(received == Array(0..<100))
    sender.join()

    try poller.wait(timeoutMilliseconds: 0)
    isReady = poller.isReady(token)
    #expect(!isReady)
    poller.remove(token)
  }
}
