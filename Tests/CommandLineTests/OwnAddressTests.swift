import CommandLine
import Options
import Testing

struct OwnAddressTests {
  @Test func `this machine has an address or a name that others can be told`() {
    #expect(HostPort("\(ownAddress()):5555") != nil)
  }
}
