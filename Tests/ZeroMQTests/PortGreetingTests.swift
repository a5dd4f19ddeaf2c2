import Foundation
import Testing
import ZeroMQ

@Suite final class PortGreetingTests {
  private let context: Context
  private let nowhere = Endpoint(host: "127.0.0.1", port: 0)
  /// For what is said at once; only a test that fails waits so long.
  private let patienceMilliseconds = 30_000

  init() throws { context = try Context() }

  /// A plain socket at a free port, which has a place in the queue for whoever connects.
  private func listener(isOpen: Bool = true) throws -> (descriptor: Int32, Endpoint) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The calls use the struct, whose size they are given.
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, byteCount) == 0 && getsockname(descriptor, $0, &byteCount) == 0
      }
    }
    try #require(isBound && (!isOpen || listen(descriptor, 4) == 0))
    return (descriptor, Endpoint(host: "127.0.0.1", port: UInt16(bigEndian: address.sin_port)))
  }

  @Test func `a peer says by what it tells whom it lets in`() throws {
    let open = try Socket(.router, in: context)
    let place = try open.bind(nowhere)
    #expect(
      place.greeting(patienceMilliseconds: patienceMilliseconds) == .peer(mechanism: "NULL"))
    let closed = try Socket(.router, in: context)
    try closed.requireCurve(secretKey: CurveKeyPair.generate().secretKey, domain: "network")
    let other = try closed.bind(nowhere)
    #expect(
      other.greeting(patienceMilliseconds: patienceMilliseconds) == .peer(mechanism: "CURVE"))
  }

  @Test func `who takes connections and says nothing is told from nobody`() throws {
    let (descriptor, place) = try listener()
    defer { close(descriptor) }
    #expect(place.greeting(patienceMilliseconds: 50) == .silent)
    // Bound, so that nobody else gets the port, and not listening.
    let (other, silentPlace) = try listener(isOpen: false)
    defer { close(other) }
    #expect(silentPlace.greeting(patienceMilliseconds: patienceMilliseconds) == .closed)
    #expect(
      Endpoint(host: "nowhere.invalid", port: 5555)
        .greeting(patienceMilliseconds: patienceMilliseconds) == .closed)
  }

  @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"])
  func `another program is told from a peer`(words: String) throws {
    let (descriptor, place) = try listener()
    defer { close(descriptor) }
    let thread = Thread {
      let connection = accept(descriptor, nil, nil)
      let bytes = Array(words.utf8)
      _ = unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      close(connection)
    }
    thread.start()
    #expect(place.greeting(patienceMilliseconds: patienceMilliseconds) == .stranger)
  }
}
