import Avahi
import Testing

/// What can be tried on every machine, with a daemon or without. `make test-hosts` tries a network.
struct LocalNetworkTests {
  @Test func `a look ends with services, or with what is missing here and what to do`() {
    do throws(AvahiError) {
      #expect(try LocalNetwork.look(for: "_tl-nobody-has-this._tcp") == [])
    } catch {
      #expect(error.code != .other, "\(error)")
      #expect(error.description.contains("apt install avahi-daemon"))
    }
  }

  @Test func `what isn't a type of service is refused and does no harm`() {
    // Where a daemon runs it is Avahi that refuses.
    for type in ["", "http", "_http", String(repeating: "_x", count: 1000)] {
      #expect(throws: AvahiError.self) { try LocalNetwork.look(for: type) }
    }
  }

  @Test func `a service is announced, or it is said what is missing`() {
    let long = String(repeating: "ö", count: 100)
    do throws(AvahiError) {
      var announcement = try Announcement(
        long, type: "_tl-tests._tcp", at: [.init(.one("127.0.0.1"), port: 9)], text: ["a=b"])
      _ = try announcement.wait(milliseconds: 1)
    } catch {
      #expect(error.code != .other, "\(error)")
    }
  }
}
