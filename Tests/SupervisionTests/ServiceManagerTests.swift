import Supervision
import TestSupport
import Testing

struct ServiceManagerTests {
  @Test(arguments: [false, true])
  func `a manager that listens is told`(isAbstract: Bool) throws {
    let socket = try NotificationSocket(isAbstract: isAbstract)
    let manager = try #require(ServiceManager(["NOTIFY_SOCKET": socket.name]))
    manager.tellReady(status: "waiting\nfor work")
    manager.tell(status: "working")
    manager.tellStopping()
    #expect(
      socket.all() == ["READY=1\nSTATUS=waiting for work", "STATUS=working", "STOPPING=1"])
  }

  @Test func `signs of life come often enough, and no more often`() throws {
    let socket = try NotificationSocket()
    var manager = try #require(
      ServiceManager(["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "4000000"]))
    // A tenth of a second between two calls, for ten seconds.
    for call in 0..<100 { manager.tick(nanoseconds: 5_000_000_000 + UInt64(call) * 100_000_000) }
    #expect(socket.all() == Array(repeating: "WATCHDOG=1", count: 10))
  }

  @Test func `no signs of life where nobody expects them, or another process's`() throws {
    let socket = try NotificationSocket()
    for environment in [
      [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "soon"],
      ["WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "1"],
      ["WATCHDOG_USEC": "18446744073709551615"],
    ] {
      let variables = environment.merging(["NOTIFY_SOCKET": socket.name]) { $1 }
      var manager = try #require(ServiceManager(variables))
      manager.tick(nanoseconds: 1)
    }
    #expect(socket.all().isEmpty)
  }

  @Test func `no manager, no messages`() {
    #expect(ServiceManager([:]) == nil)
    #expect(ServiceManager(["NOTIFY_SOCKET": ""]) == nil)
    #expect(ServiceManager(["NOTIFY_SOCKET": "vsock:2:1234"]) == nil)
    let long = "/tmp/" + String(repeating: "x", count: 200)
    #expect(ServiceManager(["NOTIFY_SOCKET": long]) == nil)
    // One that went away is no trouble.
    ServiceManager(["NOTIFY_SOCKET": "/tmp/tl-no-such-socket"])?.tellReady(status: "")
  }
}
