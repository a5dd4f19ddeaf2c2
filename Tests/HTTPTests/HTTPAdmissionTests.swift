import HTTP
import Testing

@Suite struct `Who is answered` {
  private let open = HTTPAdmission(names: ["Studio.local", "fe80::1"], key: nil, port: 8080)
  private let locked = HTTPAdmission(names: ["studio"], key: "k3y", port: 8080)

  private func status(_ admission: HTTPAdmission, _ request: HTTPRequest) -> Int? {
    admission.refusal(of: request)?.status
  }

  @Test(arguments: [
    "localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]", "studio.local",
    "studio.local.:99", "[fe80::1]:8080",
  ])
  func `goes by the server's names, with any port`(_ host: String) {
    #expect(status(open, HTTPRequest(path: "/", host: host)) == nil)
  }

  @Test(arguments: [
    "evil.example", "studio.local.evil.example", "studio", "::1", "[::1", "localhost:80:80",
    "localhost:port", "127.0.0.2", " localhost", "localhost@evil.example",
  ])
  func `goes by no other`(_ host: String) {
    #expect([400, 421].contains(status(open, HTTPRequest(path: "/", host: host))))
  }

  @Test func `needs a host`() {
    for host in [nil, "", ":80", "]"] as [String?] {
      #expect([400, 421].contains(status(open, HTTPRequest(path: "/", host: host))))
    }
  }

  @Test func `the key counts in a cookie, as a bearer's token, and behind an address`() {
    func request(_ path: String = "/metrics") -> HTTPRequest {
      HTTPRequest(path: path, host: "studio")
    }
    #expect(status(locked, request()) == 401)
    for shown in ["", "k3", "k3yy", "K3Y", "k3y "] {
      var wrong = request()
      wrong.key = shown
      wrong.cookie = "tl-8080=\(shown)x"
      wrong.authorization = "Bearer \(shown)x"
      #expect(status(locked, wrong) == 401, "\(shown)")
    }
    var asked = request()
    asked.key = "k3y"
    #expect(status(locked, asked) == nil)
    asked.path = "/"
    #expect(status(locked, asked) == 303)
    for cookie in ["tl-8080=k3y", "a=b; tl-8080=k3y; c=d", "tl-80=other; tl-8080=k3y"] {
      var asked = request()
      asked.cookie = cookie
      #expect(status(locked, asked) == nil, "\(cookie)")
    }
    var other = request()
    other.cookie = "tl-80=k3y; xtl-8080=k3y"
    #expect(status(locked, other) == 401)
    for authorization in ["Bearer k3y", "bearer  k3y"] {
      var asked = request()
      asked.authorization = authorization
      #expect(status(locked, asked) == nil, "\(authorization)")
    }
  }

  @Test func `a key doesn't help who calls it by another name, or wants to change something`() {
    var request = HTTPRequest(path: "/", key: "k3y", host: "evil.example")
    #expect(status(locked, request) == 421)
    request.host = "studio"
    request.method = "POST"
    #expect(status(locked, request) == 405)
  }
}
