import Glibc
import HTTP
import Synchronization
import TestSupport
import Testing

/// What came to a handler and waits for its answer.
private final class Inbox: Sendable {
  private let held = Mutex<[(HTTPRequest, HTTPReply)]>([])

  func take(_ request: HTTPRequest, _ reply: HTTPReply) {
    held.withLock { $0.append((request, reply)) }
  }

  var count: Int { held.withLock { $0.count } }

  func answerAll() {
    let all = held.withLock { held in
      defer { held = [] }
      return held
    }
    for (request, reply) in all { reply.send(echo(request)) }
  }
}

private func echo(_ request: HTTPRequest) -> HTTPAnswer {
  HTTPAnswer(type: request.contentType ?? "none", body: request.body)
}

@Suite struct `Bodies that are posted` {
  private func server(
    _ limits: HTTPLimits = HTTPLimits(), key: String? = nil, bodyBytesMax: Int = 1 << 20,
    inAll: Int = 4 << 20,
    refusal: @escaping @Sendable (HTTPRequest) -> HTTPAnswer? = { _ in nil },
    handler: @escaping @Sendable (HTTPRequest, HTTPReply) -> Void = { $1.send(echo($0)) }
  ) throws -> HTTPServer {
    try HTTPServer(
      host: "127.0.0.1", port: 0, limits: limits,
      uploads: HTTPUploads(
        paths: ["/post"], bodyBytesMax: bodyBytesMax, bodyBytesInAllMax: inAll, refusal: refusal,
        worded: { status, _ in ("application/json", Array("[\(status)]".utf8)) }, handler: handler),
      admission: { port, _ in
        HTTPAdmission(names: [], key: key, port: port, postPaths: ["/post"])
      },
      handler: { request, counts in
        request.path == "/open" ? .text(200, "\(counts.open)") : .text(404, "nothing")
      })
  }

  private func post(
    _ body: [UInt8], _ server: HTTPServer, to path: String = "/post",
    _ fields: [String: String] = [:]
  ) throws -> RawConnection.Answer {
    try #require(try RawConnection.post(body, to: path, port: Int(server.port), fields))
  }

  private func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  }

  /// Asks until the server says something; how many requests are open is known to its thread alone.
  private func waitUntil(_ server: HTTPServer, _ isSo: () -> Bool) throws {
    let connection = try RawConnection(port: Int(server.port))
    while !isSo() {
      connection.ask("/open")
      try #require(connection.readAnswer()?.status == 200)
    }
  }

  @Test(arguments: [0, 1, 1000, 70_000, 1 << 20])
  func `arrive whole, and their answers too`(_ count: Int) throws {
    let server = try server()
    let answer = try post(bytes(count), server, ["Content-Type": "image/x"])
    #expect(answer.status == 200 && answer.body == bytes(count))
    #expect(answer.fields["content-type"] == "image/x")
    #expect(answer.fields["cache-control"] == "no-store")
  }

  @Test func `arrive in chunks, and byte by byte`() throws {
    let server = try server()
    let connection = try RawConnection(port: Int(server.port))
    connection.ask("/post", method: "POST", ["Transfer-Encoding": "chunked"])
    connection.send("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
    #expect(connection.readAnswer()?.text == "abcde")
    connection.ask("/post", method: "POST", ["Content-Length": "4"])
    for letter in "wxyz" { connection.send(String(letter)) }
    #expect(connection.readAnswer()?.text == "wxyz")
  }

  @Test func `follow each other on a connection, sent before the first is answered`() throws {
    let server = try server()
    let connection = try RawConnection(port: Int(server.port))
    for number in 0..<5 { connection.post(Array("number \(number)".utf8), to: "/post") }
    for number in 0..<5 { #expect(connection.readAnswer()?.text == "number \(number)") }
  }

  @Test func `may be answered later, while others are, in any order`() throws {
    let inbox = Inbox()
    let server = try server(handler: inbox.take)
    let held = try (0..<3).map { _ in try RawConnection(port: Int(server.port)) }
    for (number, connection) in held.enumerated() {
      connection.post([UInt8(48 + number)], to: "/post")
    }
    try waitUntil(server) { inbox.count == 3 }
    // Who waits for an answer isn't idle.
    server.connections.end(idleSince: .now + .seconds(1))
    inbox.answerAll()
    for (number, connection) in held.enumerated() {
      #expect(connection.readAnswer()?.text == "\(number)")
    }
    #expect(server.counts.handlerSeconds.count <= 3)
  }

  @Test func `a client that asks before it sends is told to, or why not`() throws {
    let server = try server()
    let connection = try RawConnection(port: Int(server.port))
    connection.ask("/post", method: "POST", ["Expect": "100-continue", "Content-Length": "3"])
    #expect(connection.readAnswer()?.status == 100)
    connection.send("abc")
    #expect(connection.readAnswer()?.text == "abc")
    for (path, length, status) in [("/post", 1 << 21, 413), ("/other", 3, 405)] {
      let connection = try RawConnection(port: Int(server.port))
      connection.ask(
        path, method: "POST", ["Expect": "100-continue", "Content-Length": "\(length)"])
      #expect(connection.readAnswer()?.status == status)
      #expect(connection.isHungUp())
    }
  }

  @Test func `too long ones are refused, and who sent them hears it`() throws {
    let server = try server(bodyBytesMax: 1000)
    #expect(try post(bytes(1000), server).status == 200)
    for count in [1001, 2000] {
      let answer = try post(bytes(count), server)
      #expect(answer.status == 413 && answer.text == "[413]", "\(answer)")
    }
    // Nobody knows how long it gets before it is.
    let connection = try RawConnection(port: Int(server.port))
    connection.ask("/post", method: "POST", ["Transfer-Encoding": "chunked"])
    for _ in 0..<15 { connection.send("64\r\n" + String(repeating: "x", count: 100) + "\r\n") }
    connection.send("0\r\n\r\n")
    #expect(connection.readAnswer()?.status == 413)
    try waitUntil(server) { server.counts.bodyBytes == 0 }
  }

  @Test func `one without an end is hung up on`() throws {
    let server = try server(bodyBytesMax: 1000)
    let connection = try RawConnection(port: Int(server.port))
    connection.ask("/post", method: "POST", ["Transfer-Encoding": "chunked"])
    let chunk = "64\r\n" + String(repeating: "x", count: 100) + "\r\n"
    while connection.send(chunk) {}
    #expect(connection.readAnswer() == nil)
    let endless = try RawConnection(port: Int(server.port))
    endless.ask("/post", method: "POST", ["Content-Length": "99999999999999999999"])
    if let answer = endless.readAnswer() { #expect((400..<500).contains(answer.status)) }
    #expect(endless.isHungUp())
    #expect(try post([1], server).status == 200)
  }

  @Test func `all together have a limit, and give back what they took`() throws {
    let inbox = Inbox()
    let server = try server(bodyBytesMax: 1000, inAll: 2500, handler: inbox.take)
    let held = try (0..<2).map { _ in try RawConnection(port: Int(server.port)) }
    for connection in held { connection.post(bytes(1000), to: "/post") }
    try waitUntil(server) { inbox.count == 2 }
    #expect(server.counts.bodyBytes == 2000)
    let refused = try post(bytes(1000), server)
    #expect(refused.status == 503 && refused.fields["retry-after"] == "1", "\(refused)")
    inbox.answerAll()
    for connection in held { #expect(connection.readAnswer()?.body == bytes(1000)) }
    try waitUntil(server) { server.counts.bodyBytes == 0 }
    #expect(server.counts.answered[503] == 1)
  }

  @Test func `are refused by their head before they are read`() throws {
    let server = try server(
      refusal: { head in
        precondition(head.body.isEmpty)
        return head.contentType == "text/x" ? .text(415, "no") : nil
      })
    let answer = try post(bytes(5000), server, ["Content-Type": "text/x"])
    #expect(answer.status == 415 && answer.text == "[415]", "\(answer)")
    #expect(server.counts.handlerSeconds.count == 0)
  }

  @Test(arguments: [
    "Host: localhost\r\nHost: elsewhere\r\nContent-Length: 3",
    "Host: localhost\r\nContent-Length: 3\r\nContent-Length: 4",
    "Host: localhost\r\nContent-Length: 3\r\nContent-Length: 3",
    "Host: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
  ])
  func `are refused where a proxy may have read another request`(_ fields: String) throws {
    let server = try server()
    let connection = try RawConnection(port: Int(server.port))
    connection.send("POST /post HTTP/1.1\r\n\(fields)\r\n\r\nabc")
    let answer = try #require(connection.readAnswer())
    #expect(answer.status == 400 && answer.text == "[400]", "\(answer)")
    // What came after it is no request of its own.
    connection.send("GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(connection.readAnswer() == nil)
  }

  @Test func `go to their path alone, by POST alone`() throws {
    let server = try server()
    for path in ["/", "/open", "/post/", "/post/x", "/POST"] {
      let answer = try post([1], server, to: path)
      #expect(answer.status == 405 && answer.fields["allow"] == "GET, HEAD", "\(path) \(answer)")
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "post"] {
      let answer = try #require(
        try RawConnection.get("/post", port: Int(server.port), method: method))
      #expect(answer.status == 405 && answer.fields["allow"] == "POST", "\(method) \(answer)")
    }
    #expect(try post(bytes(9), server, to: "/post?key=x").body == bytes(9))
  }

  @Test func `need the key, and are none of another site's business`() throws {
    let inbox = Inbox()
    let server = try server(key: "secret", handler: inbox.take)
    #expect(try post([1], server).status == 401)
    #expect(try post([1], server, ["Authorization": "Bearer wrong"]).status == 401)
    let own = "http://127.0.0.1"
    for origin in [
      "https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "", "127.0.0.1",
    ] {
      let answer = try post(
        [1], server, ["Authorization": "Bearer secret", "Origin": origin])
      #expect(answer.status == 403, "\(origin) \(answer)")
    }
    #expect(inbox.count == 0)
    let connection = try RawConnection(port: Int(server.port))
    connection.post([1], to: "/post", ["Authorization": "Bearer secret", "Origin": own])
    let entry = ["Authorization": "Bearer secret"]
    while inbox.count == 0 {
      try #require(try RawConnection.get("/open", port: Int(server.port), entry)?.status == 200)
    }
    inbox.answerAll()
    #expect(connection.readAnswer()?.status == 200)
  }

  @Test func `a client that goes before its answer harms nobody`() throws {
    let inbox = Inbox()
    let server = try server(handler: inbox.take)
    do {
      let connection = try RawConnection(port: Int(server.port))
      connection.post([1, 2], to: "/post")
      try waitUntil(server) { inbox.count == 1 }
      _ = connection
    }
    inbox.answerAll()
    do {
      let connection = try RawConnection(port: Int(server.port))
      connection.ask("/post", method: "POST", ["Content-Length": "1000"])
      connection.send("half")
      try waitUntil(server) { server.counts.bodyBytes == 4 }
      _ = connection
    }
    try waitUntil(server) { server.counts.brokenOff >= 1 && server.counts.bodyBytes == 0 }
  }

  @Test func `who sends too slowly is hung up on`() throws {
    let server = try server()
    let slow = try RawConnection(port: Int(server.port))
    slow.ask("/post", method: "POST", ["Content-Length": "1000"])
    slow.send("half")
    try waitUntil(server) { server.counts.bodyBytes == 4 }
    server.connections.end(idleSince: .now)
    #expect(slow.isHungUp())
    try waitUntil(server) { server.counts.bodyBytes == 0 }
  }

  @Test func `what is under way is answered at the end, and nothing new is taken`() throws {
    let inbox = Inbox()
    let server = try server(handler: inbox.take)
    let before = try RawConnection(port: Int(server.port))
    before.post([7], to: "/post")
    let idle = try RawConnection(port: Int(server.port))
    try waitUntil(server) { inbox.count == 1 }
    idle.ask("/open")
    #expect(idle.readAnswer()?.status == 200)
    let ended = Mutex(0)
    server.beginToEnd { ended.withLock { $0 += 1 } }
    #expect(ended.withLock { $0 } == 0)
    idle.post([8], to: "/post")
    let refused = try #require(idle.readAnswer())
    #expect(refused.status == 503 && refused.fields["connection"] == "close", "\(refused)")
    #expect(refused.fields["retry-after"] != nil && idle.isHungUp())
    // The port is free for another.
    #expect(throws: (any Error).self) { _ = try RawConnection(port: Int(server.port)) }
    inbox.answerAll()
    #expect(before.readAnswer()?.body == [7])
    #expect(before.isHungUp())
    // Told by the server's thread, about when it hangs up.
    while ended.withLock({ $0 }) == 0 { sched_yield() }
  }

  @Test func `a server that goes answers what waits`() throws {
    let inbox = Inbox()
    let held: [RawConnection]
    do {
      let server = try server(handler: inbox.take)
      held = try (0..<3).map { _ in try RawConnection(port: Int(server.port)) }
      for connection in held { connection.post([1], to: "/post") }
      try waitUntil(server) { inbox.count == 3 }
    }
    for connection in held {
      if let answer = connection.readAnswer() { #expect(answer.status == 503) }
      #expect(connection.isHungUp())
    }
    // Too late, and no harm.
    inbox.answerAll()
  }
}
