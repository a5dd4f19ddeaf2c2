import TestSupport
import Testing
import Transfer

private final class Sink: TransferReceiver {
  var bytes: [UInt8] = []
  var questions = 0
  /// Questions that are answered with yes.
  var patience = Int.max

  func begin(_ head: AnswerHead) -> Bool { true }

  func receive(_ bytes: RawSpan) -> Bool {
    unsafe bytes.withUnsafeBytes { unsafe self.bytes += $0 }
    return true
  }

  var isWanted: Bool {
    questions += 1
    return questions <= patience
  }
}

@Suite struct TransferClientTests {
  private static let file = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 11) }

  @Test func `files come over one connection, one after the other`() throws {
    let server = try LocalHTTPServer(keepsConnections: true) { request in
      .file(Self.file + Array(request.target.utf8), for: request)
    }
    let client = TransferClient()
    for name in ["a", "b", "c"] {
      let sink = Sink()
      try client.get(server.address(name), into: sink)
      #expect(sink.bytes == Self.file + Array("/\(name)".utf8))
    }
    #expect(server.requests.count == 3)
    #expect(server.connectionCount == 1)
  }

  @Test func `nothing of a transfer is left for the next`() throws {
    let server = try LocalHTTPServer(keepsConnections: true) { request in
      request.target == "/gone"
        ? .init(status: 404) : .file(Self.file, for: request)
    }
    let client = TransferClient()
    let part = Sink()
    try client.get(server.address("x"), from: 49_000, into: part)
    #expect(part.bytes.count == 1_000)
    #expect(throws: TransferError.self) { try client.get(server.address("gone"), into: Sink()) }
    let whole = Sink()
    try client.get(server.address("x"), into: whole)
    #expect(whole.bytes == Self.file)
  }

  @Test func `a connection that the server has closed is opened again`() throws {
    let server = try LocalHTTPServer { .file(Self.file, for: $0) }
    let client = TransferClient()
    for _ in 0..<3 {
      let sink = Sink()
      try client.get(server.address(), into: sink)
      #expect(sink.bytes == Self.file)
    }
    #expect(server.connectionCount == 3)
  }

  @Test func `without redirects the place that a server names is told and not visited`() throws {
    let server = try LocalHTTPServer { request in
      request.target == "/here" ? .file(Self.file, for: request) : .redirect(to: "/here")
    }
    var limits = TransferLimits()
    limits.redirectsMax = 0
    let error = #expect(throws: TransferError.self) {
      try TransferClient().get(server.address("there"), limits: limits, into: Sink())
    }
    #expect(error?.kind == .misdirected)
    #expect(error?.reason == "the server says that it is elsewhere, at /here")
    #expect(server.requests.map(\.target) == ["/there"])
  }

  @Test func `a server that sends a little now and then has no more than its time`() throws {
    let server = try stallingServer(of: Self.file)
    var limits = TransferLimits()
    limits.secondsMax = 1
    let error = #expect(throws: TransferError.self) {
      try TransferClient().get(server.address(), limits: limits, into: Sink())
    }
    #expect(error?.kind == .stalled)
    #expect(error?.reason == "it took longer than 1 s")
  }

  @Test func `a transfer that isn't wanted any more ends although nothing comes`() throws {
    let server = try stallingServer(of: Self.file)
    let sink = Sink()
    sink.patience = 3
    let error = #expect(throws: TransferError.self) {
      try TransferClient().get(server.address(), into: sink)
    }
    #expect(error?.kind == .refused)
    #expect(sink.questions == 4)
  }
}
