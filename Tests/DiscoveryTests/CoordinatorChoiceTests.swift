import Avahi
import Discovery
import Options
import Testing
import ZeroMQ

struct CoordinatorChoiceTests {
  private let own = KeyFingerprint(CurveKey(bytes: 0..<32)!)
  private let strange = KeyFingerprint(CurveKey(bytes: 1..<33)!)

  private func service(
    _ name: String, _ address: String, port: UInt16 = 5555, _ key: KeyFingerprint? = nil
  ) -> FoundService {
    let strings = CoordinatorRecord(protocolVersion: 7, key: key).strings
    return FoundService(
      name: name, address: address, port: port,
      text: strings.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) })
  }

  private func choose(
    _ services: [FoundService], name: String? = nil, key: KeyFingerprint? = nil
  ) -> CoordinatorChoice {
    CoordinatorChoice(among: FoundCoordinator.all(in: services), name: name, key: key)
  }

  @Test func `all ways to a coordinator are one, those that serve most first`() {
    let found = FoundCoordinator.all(in: [
      service("studio", "127.0.0.1", own), service("studio", "fe80::1%eth0", own),
      service("studio", "fd00::7", own), service("studio", "192.168.1.20", own),
      service("studio", "192.168.1.20", own),
    ])
    #expect(
      found.map(\.addresses) == [
        ["192.168.1.20", "fd00::7", "fe80::1%eth0", "127.0.0.1"].map {
          HostPort(host: $0, port: 5555)
        }
      ])
  }

  @Test func `another port, name or key is another coordinator, and port 0 none`() {
    let found = FoundCoordinator.all(in: [
      service("b", "10.0.0.1", own), service("b", "10.0.0.1", port: 6666, own),
      service("b", "10.0.0.1", strange), service("a", "10.0.0.1", own),
      service("a", "10.0.0.2", port: 0, own),
    ])
    #expect(found.map(\.name) == ["a", "b", "b", "b"])
  }

  @Test func `a token chooses the coordinator that it is for`() {
    let services = [service("studio", "10.0.0.1", own), service("kitchen", "10.0.0.2", strange)]
    #expect(choose(services, key: own) == .one(FoundCoordinator.all(in: [services[0]])[0]))
    guard case .several(let both) = choose(services) else {
      Issue.record("without a token either may be meant")
      return
    }
    #expect(both.map(\.name) == ["kitchen", "studio"])
    #expect(
      choose([services[1]], key: own) == .none(others: FoundCoordinator.all(in: [services[1]])))
    // Who tells no key isn't joined with a token.
    #expect(
      choose([service("studio", "10.0.0.1")], key: own)
        == .none(others: FoundCoordinator.all(in: [service("studio", "10.0.0.1")])))
    #expect(choose([]) == .none(others: []))
  }

  @Test func `a name chooses among several, in capitals or not`() {
    let services = [service("studio", "10.0.0.1", own), service("Kitchen", "10.0.0.2", own)]
    #expect(
      choose(services, name: "kitchen", key: own)
        == .one(FoundCoordinator.all(in: [services[1]])[0]))
    guard case .none(let others) = choose(services, name: "attic", key: own) else {
      Issue.record("nobody has that name")
      return
    }
    #expect(others.count == 2)
  }

  @Test func `somebody who says the same of itself at another port makes the choice ambiguous`() {
    let services = [
      service("studio", "10.0.0.1", own), service("studio", "10.0.0.66", port: 6666, own),
    ]
    guard case .several(let both) = choose(services, key: own) else {
      Issue.record("one of them was believed")
      return
    }
    #expect(both.count == 2)
  }

  @Test func `what listens is announced where others reach it, and nowhere twice`() {
    func places(_ text: String) -> [Announcement.Place] { Announcer.places(HostPort.list(text)!) }
    #expect(places("0.0.0.0:5555") == [.init(.allOfIPv4, port: 5555)])
    #expect(places("[::]:5555") == [.init(.all, port: 5555)])
    #expect(places("10.0.0.1:6666,0.0.0.0:5555") == [.init(.allOfIPv4, port: 5555)])
    #expect(
      places("127.0.0.1:5555,10.0.0.1:5555,[fd00::7]:5556")
        == [.init(.one("10.0.0.1"), port: 5555), .init(.one("fd00::7"), port: 5556)])
    #expect(places("127.0.0.1:5555") == [])
  }
}
