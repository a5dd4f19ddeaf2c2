import Options
import Testing

struct HostPortTests {
  @Test func `a list has commas and no address twice`() {
    #expect(HostPort.list("127.0.0.1:1")?.map(\.description) == ["127.0.0.1:1"])
    #expect(HostPort.list("a:1,[::1]:1")?.map(\.description) == ["a:1", "[::1]:1"])
    for text in ["", ",", "a:1,", "a:1,,b:1", "a:1,a:1", "a:1, b:1", "a:1;b:1", "a:1,b"] {
      #expect(HostPort.list(text) == nil, "\(text)")
    }
    #expect(HostPort.list((1...16).map { "a:\($0)" }.joined(separator: ","))?.count == 16)
    #expect(HostPort.list((1...17).map { "a:\($0)" }.joined(separator: ",")) == nil)
  }

  @Test func `an address within another of a list is refused`() {
    for text in [
      "0.0.0.0:5555,127.0.0.1:5555", "10.0.0.7:1,*:1", "[::1]:1,[::]:1", "0.0.0.0:1,*:1",
    ] {
      #expect(HostPort.list(text) == nil, "\(text)")
    }
    for text in [
      "0.0.0.0:5555,127.0.0.1:5556", "0.0.0.0:1,[::]:1", "[::]:1,127.0.0.1:1", "0.0.0.0:0,a:0",
    ] {
      #expect(HostPort.list(text)?.count == 2, "\(text)")
    }
  }

  @Test(arguments: ["127.0.0.1:5555", "studio.local:1", "[::1]:65535", "0.0.0.0:0", "*:5555"])
  func `an address survives reading and writing`(_ text: String) throws {
    #expect(try #require(HostPort(text)).description == text)
  }

  @Test(arguments: [
    "", "host", ":5555", "host:", "host:65536", "host:-1", "host:+1", "::1:5555", "[host]:1",
    "a b:1", "host:1 ", "tcp://host:1", "höst:1", "host:１",
    String(repeating: "a", count: 254) + ":1",
  ])
  func `what is no address is refused`(_ text: String) {
    #expect(HostPort(text) == nil)
  }

  @Test func `loopback addresses are known`() {
    #expect(HostPort("127.0.0.1:1")?.isLoopback == true)
    #expect(HostPort("[::1]:1")?.isLoopback == true)
    #expect(HostPort("localhost:1")?.isLoopback == true)
    #expect(HostPort("0.0.0.0:1")?.isLoopback == false)
    #expect(HostPort("10.0.0.7:1")?.isLoopback == false)
  }
}
