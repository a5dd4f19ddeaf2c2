import Access
import AccessOptions
import Options
import Testing
import ZeroMQ

@Suite struct SilenceTests {
  private let address = HostPort(host: "127.0.0.1", port: 5555)
  private let endpoint = Endpoint(host: "127.0.0.1", port: 5555)

  private func words(_ greeting: PortGreeting, _ door: CoordinatorDoor) -> String? {
    Silence(at: address, door, greeting: greeting).reason.map { "\($0.text)\n\($0.advice)" }
  }

  @Test func `a port where nobody listens has no reason of its own`() {
    #expect(words(.closed, CoordinatorDoor(ownMachine: endpoint, [:])) == nil)
  }

  @Test(arguments: [
    (PortGreeting.silent, "takes connections and says nothing", "kill -CONT PID"),
    (.stranger, "is no coordinator", "first lines"),
    (.peer(mechanism: "CURVE"), "runs and doesn't answer: it hangs", "kill -CONT PID"),
    (.peer(mechanism: "NULL"), "doesn't encrypt", "give '--insecure'"),
  ])
  func `what a port says tells what is wrong on the own machine`(
    _ greeting: PortGreeting, _ text: String, _ advice: String
  ) {
    let words = words(greeting, CoordinatorDoor(ownMachine: endpoint, [:])) ?? ""
    #expect(words.contains(text) && words.contains(advice), "\(words)")
    #expect(words.contains("127.0.0.1:5555"))
  }

  @Test func `with a token the token is doubted, and without encryption its lack`() throws {
    let token = Token(server: try generateKeys().publicKey, keys: try generateKeys())
    let doubted = words(.peer(mechanism: "CURVE"), CoordinatorDoor(endpoint, token)) ?? ""
    #expect(doubted.contains("doesn't answer whoever has this token"), "\(doubted)")
    let open = words(.peer(mechanism: "CURVE"), CoordinatorDoor(insecure: endpoint)) ?? ""
    #expect(open.contains("Leave '--insecure' out"), "\(open)")
    let plain = words(.peer(mechanism: "NULL"), CoordinatorDoor(insecure: endpoint)) ?? ""
    #expect(plain.contains("runs and doesn't answer"), "\(plain)")
  }
}
