import HTTP
import TestSupport
import Testing

@Suite struct `A server on a real socket` {
  private func server(
    _ limits: HTTPLimits = HTTPLimits(), key: String? = nil
  ) throws -> HTTPServer {
    try HTTPServer(
      host: "127.0.0.1", port: 0, limits: limits,
      admission: { port, _ in HTTPAdmission(names: [], key: key, port: port) },
      handler: { request, _ in
        guard request.path == "/page" else { return .text(404, "There is nothing here.") }
        guard request.ifNoneMatch != "\"1\"" else { return .unchanged(tag: "\"1\"") }
        return HTTPAnswer(
          type: "text/plain", body: Array("content".utf8), fields: [.init("ETag", "\"1\"")])
      })
  }

  private func get(
    _ path: String, _ server: HTTPServer, method: String = "GET", _ fields: [String: String] = [:]
  ) throws -> RawConnection.Answer {
    try #require(
      try RawConnection.get(path, port: Int(server.port), method: method, fields))
  }

  @Test func `answers what is there, and says of every answer that nobody keeps or embeds it`()
    throws
  {
    let server = try server()
    let answer = try get("/page", server)
    #expect(answer.status == 200 && answer.text == "content", "\(answer)")
    #expect(answer.fields["etag"] == "\"1\"")
    for answer in [answer, try get("/nothing", server), try get("/page", server, method: "POST")] {
      #expect(answer.fields["cache-control"] == "no-store", "\(answer)")
      #expect(answer.fields["x-content-type-options"] == "nosniff")
      #expect(answer.fields["referrer-policy"] == "no-referrer")
      #expect(answer.fields["cross-origin-resource-policy"] == "same-origin")
      #expect(
        answer.fields["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'")
      #expect(answer.fields["content-length"] == "\(answer.body.count)")
    }
    #expect(try get("/nothing", server).status == 404)
  }

  @Test func `sends nothing that a client has, and no body to who asks for the head`() throws {
    let server = try server()
    let unchanged = try get("/page", server, ["If-None-Match": "\"1\""])
    #expect(unchanged.status == 304 && unchanged.body.isEmpty, "\(unchanged)")
    #expect(try get("/page", server, ["If-None-Match": "\"0\""]).status == 200)
    let head = try get("/page", server, method: "HEAD")
    #expect(head.status == 200 && head.fields["content-length"] == "7", "\(head)")
  }

  @Test func `answers one request after the other on a connection`() throws {
    let server = try server()
    let connection = try RawConnection(port: Int(server.port))
    for _ in 0..<3 {
      connection.ask("/page")
      #expect(connection.readAnswer()?.text == "content")
    }
    #expect(server.connections.newestRequest != nil)
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "get", "FOO"])
  func `answers only GET and HEAD`(_ method: String) throws {
    let answer = try get("/page", try server(), method: method)
    #expect(answer.status == 405 && answer.fields["allow"] == "GET, HEAD", "\(answer)")
    #expect(answer.text.contains("only GET and HEAD"))
  }

  @Test func `a body is neither kept nor waited for`() throws {
    let server = try server()
    let connection = try RawConnection(port: Int(server.port))
    connection.ask("/page", method: "POST", ["Content-Length": "1000000000000"])
    #expect(connection.readAnswer()?.status == 405)
    #expect(try get("/page", server).status == 200)
  }

  @Test(arguments: [
    "evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "[::2]",
  ])
  func `a name that isn't its own is refused`(_ host: String) throws {
    let answer = try get("/page", try server(), ["Host": host])
    #expect(answer.status == 421 && answer.text.contains("name"), "\(answer)")
  }

  @Test func `a request without a host, or without sense, is refused`() throws {
    let server = try server()
    for request in ["GET /page HTTP/1.0\r\n\r\n", "GET /page HTTP/1.1\r\nHost:\r\n\r\n"] {
      let connection = try RawConnection(port: Int(server.port))
      connection.send(request)
      #expect(connection.readAnswer()?.status == 400, "\(request)")
    }
    // What is no request at all may be waited for to become one: it holds nobody else up.
    let held = try ["\r\n\r\n\r\n\0\0", "\u{16}\u{3}\u{1}\u{2}\0\r\n\r\n", "GET\r\n\r\n"].map {
      garbage in
      let connection = try RawConnection(port: Int(server.port))
      connection.send(garbage)
      return connection
    }
    let answer = try withExtendedLifetime(held) { try get("/page", server) }
    #expect(answer.status == 200)
  }

  @Test func `a megabyte of head is not read`() throws {
    let server = try server()
    let long = String(repeating: "a", count: 1 << 20)
    for request in [
      "GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \(long)",
      "GET /\(long) HTTP/1.1\r\nHost: 127.0.0.1",
      "GET /page HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 1 << 16),
    ] {
      let connection = try RawConnection(port: Int(server.port))
      connection.send(request + "\r\n\r\n")
      // The connection may end before the answer arrives, because more than that was sent.
      if let answer = connection.readAnswer() { #expect((400..<500).contains(answer.status)) }
    }
    #expect(try get("/page", server).status == 200)
  }

  @Test(arguments: [
    "/../page", "/%2e%2e/page", "//page", "/page/", "/page%00", "/page%00.jpg", "/%", "/page%",
    "/page%0", "/./page/../../etc/passwd",
    "/..%2f..%2fetc%2fpasswd", "http://127.0.0.1/page", "*",
  ])
  func `an address is compared and nothing else`(_ path: String) throws {
    let answer = try get(path, try server())
    #expect(answer.status == 404 || answer.status == 400, "\(answer)")
  }

  @Test func `an escaped address is the same address`() throws {
    #expect(try get("/%70a%67%65", try server()).text == "content")
  }

  @Test(arguments: [
    (0..<1_000).map { "a\($0)=b" }.joined(separator: "&"), String(repeating: "&", count: 1_000),
    (0..<65).map { "\($0)" }.joined(separator: "&"), "a=" + String(repeating: "b", count: 2_047),
    "&" + String(repeating: "c", count: 12_000),
  ])
  func `more behind the question mark than can be kept is refused at once`(_ query: String) throws {
    let server = try server()
    let connection = try RawConnection(port: Int(server.port))
    connection.ask("/page?\(query)")
    let answer = try #require(connection.readAnswer())
    #expect(answer.status == 414 && answer.text.contains("64 arguments"), "\(answer)")
    #expect(answer.fields["cache-control"] == "no-store")
    #expect(connection.isHungUp())
    #expect(server.counts.answered[414] == 1)
  }

  @Test func `what can be kept behind the question mark does no harm`() throws {
    let server = try server()
    for query in [
      (0..<64).map { "\($0)=%41" }.joined(separator: "&"), String(repeating: "a", count: 2_048),
    ] {
      #expect(try get("/page?\(query)", server).text == "content")
    }
  }

  @Test(arguments: ["GET", "POST"], ["gzip, chunked", "identity", "gzip", "chunked, chunked"])
  func `a body in a coding that isn't known is refused at once`(
    _ method: String, _ coding: String
  ) throws {
    let server = try server()
    let connection = try RawConnection(port: Int(server.port))
    connection.ask("/page", method: method, ["Transfer-Encoding": coding])
    let answer = try #require(connection.readAnswer())
    #expect(answer.status == 501 && answer.text.contains("chunked"), "\(answer)")
    #expect(connection.isHungUp())
  }

  @Test func `who says nothing more has no place any more, and has its answer before`() throws {
    var limits = HTTPLimits()
    limits.connectionsMax = 1
    limits.exchangeSeconds = 3_600
    let server = try server(limits)
    let request = "GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    // Each has its answer only when the one before has lost its place.
    let all = try ["", "GET", request, request + "\r\n", request + "\r\n"].map { text in
      let connection = try RawConnection(port: Int(server.port))
      connection.sendLast(text)
      return (text, connection)
    }
    for (text, connection) in all where text.hasSuffix("\r\n\r\n") {
      #expect(connection.readAnswer()?.text == "content")
      #expect(connection.isHungUp())
    }
  }

  @Test func `who takes too long for an exchange is hung up on`() throws {
    let server = try server()
    let slow = try RawConnection(port: Int(server.port))
    slow.send("GET /page HTTP/1.1\r\nHo")
    let idle = try RawConnection(port: Int(server.port))
    let busy = try RawConnection(port: Int(server.port))
    // Those before have been accepted when this one is answered.
    busy.ask("/page")
    #expect(busy.readAnswer()?.status == 200)
    #expect(server.connections.count == 3)
    let beforeExchange = ContinuousClock.now
    busy.ask("/page")
    #expect(busy.readAnswer()?.status == 200)
    busy.ask("/page")
    #expect(busy.readAnswer()?.status == 200)
    server.connections.end(idleSince: beforeExchange)
    #expect(slow.isHungUp() && idle.isHungUp())
    busy.ask("/page")
    #expect(busy.readAnswer()?.status == 200)
  }

  @Test func `connections beyond the limit wait, and take nobody else's place`() throws {
    var limits = HTTPLimits()
    limits.connectionsMax = 4
    let server = try server(limits)
    let held = try (0..<4).map { _ in try RawConnection(port: Int(server.port)) }
    for connection in held {
      connection.ask("/page")
      #expect(connection.readAnswer()?.status == 200)
    }
    let late = try RawConnection(port: Int(server.port))
    late.ask("/page")
    for connection in held {
      connection.ask("/page")
      #expect(connection.readAnswer()?.status == 200)
    }
    // Those that are held end with their last use.
    withExtendedLifetime(held) {
      #expect(server.connections.count == 4)
      server.connections.end(idleSince: .now)
      #expect(late.readAnswer()?.status == 200)
    }
  }

  @Test func `one address gets so many connections and no more`() throws {
    var limits = HTTPLimits()
    limits.connectionsPerAddressMax = 2
    let server = try server(limits)
    let held = try (0..<2).map { _ in try RawConnection(port: Int(server.port)) }
    for connection in held {
      connection.ask("/page")
      #expect(connection.readAnswer()?.status == 200)
    }
    let late = try RawConnection(port: Int(server.port))
    late.ask("/page")
    // Those that are held end with their last use.
    withExtendedLifetime(held) { #expect(late.isHungUp()) }
  }

  @Test func `an address in use, or of no machine, is refused by name`() throws {
    let server = try server()
    for (host, port, words) in [
      ("127.0.0.1", server.port, "another program listens there"),
      ("192.0.2.1", 0, "no address of this machine"),
      ("no.such.invalid", 0, "--http no.such.invalid"),
    ] as [(String, UInt16, String)] {
      let error = #expect(throws: HTTPServerError.self) {
        _ = try HTTPServer(
          host: host, port: port,
          admission: { port, _ in HTTPAdmission(names: [], key: nil, port: port) },
          handler: { _, _ in .text(200, "ok") })
      }
      #expect(error?.description.contains(words) ?? false, "\(String(describing: error))")
    }
  }

  @Test func `who has the address with the key gets a cookie, and in`() throws {
    let server = try server(key: "secret")
    #expect(server.isLoopback)
    #expect(try get("/page", server).status == 401)
    let entry = try get("/?key=secret", server)
    #expect(entry.status == 303 && entry.fields["location"] == "/", "\(entry)")
    let cookie = try #require(entry.fields["set-cookie"])
    #expect(cookie == "tl-\(server.port)=secret; Path=/; HttpOnly; SameSite=Lax")
    let shown = String(cookie.prefix { $0 != ";" })
    #expect(try get("/page", server, ["Cookie": "a=b; \(shown)"]).status == 200)
  }
}
