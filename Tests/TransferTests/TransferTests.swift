import TestSupport
import Testing
import Transfer

/// Keeps what comes, until it has had enough.
private final class Collector: TransferReceiver {
  var head: AnswerHead?
  var bytes: [UInt8] = []
  var byteCountMax = Int.max

  func begin(_ head: AnswerHead) -> Bool {
    self.head = head
    return true
  }

  func receive(_ bytes: RawSpan) -> Bool {
    unsafe bytes.withUnsafeBytes { self.bytes += $0 }
    return self.bytes.count <= byteCountMax
  }
}

@Suite struct TransferTests {
  private static let file = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  private func expectFailure(
    _ kind: TransferError.Kind, from server: LocalHTTPServer, limits: TransferLimits = .init()
  ) {
    let error = #expect(throws: TransferError.self) {
      try Transfer.get(server.address(), limits: limits, into: Collector())
    }
    #expect(error?.kind == kind, "\(String(describing: error))")
  }

  @Test func `a file comes whole`() throws {
    let server = try LocalHTTPServer { .file(Self.file, for: $0) }
    let collector = Collector()
    try Transfer.get(server.address("a/b.tgz"), into: collector)
    #expect(collector.bytes == Self.file)
    #expect(collector.head?.status == 200)
    #expect(collector.head?.contentLength == Self.file.count)
    #expect(server.requests.map(\.target) == ["/a/b.tgz"])
  }

  @Test func `the rest of a file comes, and where it begins is told`() throws {
    let server = try LocalHTTPServer { .file(Self.file, for: $0) }
    let collector = Collector()
    try Transfer.get(server.address(), from: 99_990, into: collector)
    #expect(collector.bytes == Array(Self.file[99_990...]))
    #expect(collector.head?.contentRange == .init(first: 99_990, last: 99_999, total: 100_000))
  }

  @Test func `a server that ignores ranges sends the whole file, and that is told`() throws {
    let server = try LocalHTTPServer { .file(Self.file, for: $0, honoursRanges: false) }
    let collector = Collector()
    try Transfer.get(server.address(), from: 50_000, into: collector)
    #expect(collector.head?.status == 200)
    #expect(collector.bytes == Self.file)
  }

  @Test func `redirects are followed`() throws {
    let server = try LocalHTTPServer { request in
      request.target == "/here" ? .file(Self.file, for: request) : .redirect(to: "/here")
    }
    let collector = Collector()
    try Transfer.get(server.address("there"), into: collector)
    #expect(collector.bytes == Self.file)
  }

  @Test func `a circle of redirects ends`() throws {
    let server = try LocalHTTPServer { _ in .redirect(to: "/again") }
    expectFailure(.misdirected, from: server)
    #expect(server.requests.count == TransferLimits().redirectsMax + 1)
  }

  @Test(arguments: ["file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"])
  func `a redirect to something else than HTTP is not followed`(_ address: String) throws {
    let server = try LocalHTTPServer { _ in .redirect(to: address) }
    expectFailure(.misdirected, from: server)
  }

  @Test(arguments: [404, 403, 500, 503])
  func `an answer that is no success is told, and its page is no file`(_ status: Int) throws {
    let server = try LocalHTTPServer { _ in .init(status: status, body: Array("sorry".utf8)) }
    let collector = Collector()
    let error = #expect(throws: TransferError.self) {
      try Transfer.get(server.address(), into: collector)
    }
    #expect(error?.kind == .status(status))
    #expect(error?.mayPass == (status >= 500))
    #expect(collector.bytes.isEmpty)
  }

  @Test func `a connection that ends early is told`() throws {
    let server = try LocalHTTPServer { request in
      var answer = LocalHTTPServer.Answer.file(Self.file, for: request)
      answer.cutAfter = 60_000
      return answer
    }
    let collector = Collector()
    let error = #expect(throws: TransferError.self) {
      try Transfer.get(server.address(), into: collector)
    }
    #expect(error?.kind == .cutOff)
    #expect(collector.bytes == Array(Self.file[..<60_000]))
  }

  @Test func `a connection that stalls ends`() throws {
    let server = try stallingServer(of: Self.file)
    var limits = TransferLimits()
    limits.stallSeconds = 1
    expectFailure(.stalled, from: server, limits: limits)
  }

  @Test func `a receiver that has had enough ends the transfer`() throws {
    let server = try LocalHTTPServer { .file(Self.file, for: $0) }
    let collector = Collector()
    collector.byteCountMax = 10
    let error = #expect(throws: TransferError.self) {
      try Transfer.get(server.address(), into: collector)
    }
    #expect(error?.kind == .refused)
  }

  @Test func `where nobody listens, it says so`() throws {
    // A port that was free a moment ago: the server is gone when it is asked.
    let port = try LocalHTTPServer { _ in .init() }.port
    let error = #expect(throws: TransferError.self) {
      try Transfer.get("http://127.0.0.1:\(port)/", into: Collector())
    }
    #expect(error?.kind == .unreachable || error?.kind == .cutOff, "\(String(describing: error))")
  }

  @Test func `an address that is none is told`() {
    let error = #expect(throws: TransferError.self) {
      try Transfer.get("file:///etc/hostname", into: Collector())
    }
    #expect(error?.kind == .misdirected)
  }

  @Test func `an empty file has a head`() throws {
    let server = try LocalHTTPServer { _ in .init() }
    let collector = Collector()
    try Transfer.get(server.address(), into: collector)
    #expect(collector.head?.status == 200)
    #expect(collector.bytes.isEmpty)
  }
}
