import Testing
import ZeroMQ

@Suite struct EndpointTests {
  @Test(arguments: [
    ("127.0.0.1:5555", "127.0.0.1", 5555),
    ("tcp://localhost:1", "localhost", 1),
    ("[::1]:65535", "::1", 65535),
    ("tcp://[::ffff:10.0.0.7]:5555", "10.0.0.7", 5555),
    ("0.0.0.0:0", "0.0.0.0", 0),
  ])
  func `host and port are read`(text: String, host: String, port: UInt16) throws {
    #expect(try Endpoint(text) == Endpoint(host: host, port: port))
  }

  @Test(arguments: [
    "", ":", "host", "host:", ":5555", "host:65536", "host:-1", "host:x", "::1:5555", "[]:1",
    "a b:1",
  ])
  func `anything else is refused by name`(text: String) {
    let error = #expect(throws: ZeroMQError.self) { _ = try Endpoint(text) }
    #expect(error?.code == .invalidEndpoint)
    #expect(error?.description.contains("HOST:PORT") == true)
  }

  @Test func `an IPv6 address is written in brackets`() {
    #expect(Endpoint(host: "::1", port: 7).description == "[::1]:7")
    #expect(Endpoint(host: "a", port: 7).description == "a:7")
  }

  @Test func `loopback is told from other addresses`() {
    #expect(Endpoint(host: "127.0.0.2", port: 1).isLoopback)
    #expect(Endpoint(host: "::1", port: 1).isLoopback)
    #expect(!Endpoint(host: "0.0.0.0", port: 1).isLoopback)
  }
}
