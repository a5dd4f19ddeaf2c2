import Access
import TestSupport
import Testing
import Threading
import ZeroMQ

@Suite struct SelfTestTests {
  private let context: Context
  private let keys: CurveKeyPair

  init() throws {
    context = try Context()
    keys = try generateKeys()
  }

  private func listen(_ router: borrowing Socket) throws -> Endpoint {
    try router.apply(SocketOptions(frameBytesMax: 1 << 10))
    try router.requireCurve(secretKey: keys.secretKey, domain: Gate.networkDomain)
    return try router.bind(Endpoint(host: "127.0.0.1", port: 0))
  }

  @Test func `a throwaway key is turned away by a gate`() throws {
    let folder = try TemporaryFolder()
    let store = CredentialStore(["XDG_STATE_HOME": folder.path])
    _ = try store.credentials()
    let gate = Gate(store)
    try gate.start(in: context)
    let router = try Socket(.router, in: context)
    let endpoint = try listen(router)
    try SelfTest.requireRefusal(at: endpoint, server: keys.publicKey, in: context)
    #expect(gate.takeRefusals().strangers == 1)
    router.close()
    gate.stop()
  }

  @Test func `a door that is open is noticed`() throws {
    let router = try Socket(.router, in: context)
    let endpoint = try listen(router)
    let stopping = Mailbox<Void>()
    let isReady = Mailbox<Void>()
    let context = context
    let thread = NamedThread(name: "open door") {
      guard let responder = try? AccessResponder(in: context) else { return }
      var poller = Poller()
      _ = responder.add(to: &poller)
      let end = poller.add(fileDescriptor: stopping.fileDescriptor)
      isReady.send(())
      while !poller.isReady(end) {
        guard (try? poller.wait(timeoutMilliseconds: nil)) != nil else { return }
        try? responder.answerAll { _ in .admit(userID: "anybody") }
      }
    }
    var poller = Poller()
    _ = poller.add(fileDescriptor: isReady.fileDescriptor)
    try poller.wait(timeoutMilliseconds: 10_000)
    let error = #expect(throws: AccessError.self) {
      try SelfTest.requireRefusal(at: endpoint, server: keys.publicKey, in: context)
    }
    #expect(error?.code == .unsafeFile)
    stopping.send(())
    thread.join()
  }
}
