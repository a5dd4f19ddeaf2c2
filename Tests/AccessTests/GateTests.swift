import Access
import Foundation
import TestSupport
import Testing

@Suite final class GateTests {
  private let folder: TemporaryFolder
  private let store: CredentialStore
  private let gate: Gate

  init() throws {
    folder = try TemporaryFolder()
    store = CredentialStore(["XDG_STATE_HOME": folder.path])
    gate = Gate(store)
  }

  private func add(_ name: String, _ role: Role = .worker, expiresAt: Int64? = nil) throws
    -> Credential
  {
    let credential = try Credential(
      name: name, role: role, keys: try generateKeys(), createdAt: 0, expiresAt: expiresAt)
    try store.update { $0.append(credential) }
    return credential
  }

  private func isAdmitted(_ credential: Credential, at seconds: Int64 = 0, uptime: Double = 0)
    -> Bool
  {
    gate.look()
    return if case .admit = gate.decide(credential.keys.publicKey, at: seconds, uptime: uptime) {
      true
    } else {
      false
    }
  }

  @Test func `strangers and those without a key are turned away and counted`() throws {
    _ = try add("lab")
    gate.look()
    #expect(gate.decide(nil, at: 0, uptime: 0) == .deny)
    #expect(gate.decide(try generateKeys().publicKey, at: 0, uptime: 0) == .deny)
    #expect(gate.takeRefusals().strangers == 2)
    #expect(gate.takeRefusals() == Gate.Refusals())
  }

  @Test func `a token counts from its making to its expiry or its end`() throws {
    let lab = try add("lab", expiresAt: 100)
    gate.look()
    guard case .admit(let userID) = gate.decide(lab.keys.publicKey, at: 99, uptime: 0) else {
      Issue.record("not admitted")
      return
    }
    let guest = try #require(Guest(userID))
    guard case .holder("lab", .worker, _) = guest else {
      Issue.record("\(guest)")
      return
    }
    #expect(!isAdmitted(lab, at: 100))
    #expect(gate.takeRefusals().expired == 1)
    let other = try add("other", .status)
    #expect(isAdmitted(other))
    try store.update { $0.removeAll { $0.name == "other" } }
    #expect(!isAdmitted(other))
  }

  @Test func `who was let in is unwelcome once the token is renewed or revoked`() throws {
    let lab = try add("lab")
    gate.look()
    guard case .admit(let userID) = gate.decide(lab.keys.publicKey, at: 0, uptime: 0) else {
      Issue.record("not admitted")
      return
    }
    let guest = try #require(Guest(userID))
    #expect(gate.isWelcome(guest))
    try store.update { $0.removeAll { $0.name == "lab" } }
    gate.look()
    #expect(!gate.isWelcome(guest))
    _ = try add("lab")
    gate.look()
    #expect(!gate.isWelcome(guest), "another key under the old name")
  }

  @Test func `connections without end are slowed, those of other tokens are not`() throws {
    let (loud, quiet) = (try add("loud"), try add("quiet"))
    for _ in 0..<Int(Gate.burst) { #expect(isAdmitted(loud)) }
    #expect(!isAdmitted(loud) && isAdmitted(quiet))
    #expect(gate.takeRefusals().postponed == 1)
    #expect(isAdmitted(loud, uptime: 1.01 / Gate.connectionsPerSecond))
    #expect(!isAdmitted(loud, uptime: 1.01 / Gate.connectionsPerSecond))
  }

  @Test func `where the credentials can't be read, nobody new is let in and nobody put out`()
    throws
  {
    let lab = try add("lab")
    gate.look()
    guard case .admit(let userID) = gate.decide(lab.keys.publicKey, at: 0, uptime: 0) else {
      Issue.record("not admitted")
      return
    }
    let guest = try #require(Guest(userID))
    let path = "\(store.folder)/credentials"
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect(!isAdmitted(lab))
    #expect(gate.takeRefusals().problem != nil)
    #expect(gate.isWelcome(guest))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(isAdmitted(lab))
    try FileManager.default.removeItem(atPath: path)
    #expect(!isAdmitted(lab))
    #expect(!gate.isWelcome(guest))
  }

  @Test func `nobody is a guest by a text that no gate has said`() {
    for text in ["", "locals", "worker", "worker lab", "boss lab abc", "worker lab abc d", " "] {
      #expect(Guest(text) == nil, "\(text)")
    }
    #expect(Guest(Guest.local.text) == .local)
  }
}
