import Access
import Foundation
import TestSupport
import Testing

@Suite final class CredentialStoreTests {
  private let folder: TemporaryFolder
  private let store: CredentialStore

  init() throws {
    folder = try TemporaryFolder()
    store = CredentialStore(["XDG_STATE_HOME": folder.path])
  }

  @Test func `keys and the first token are made once, for their owner alone`() throws {
    let keys = try store.serverKeys()
    let first = try #require(try store.credentials().first)
    #expect(first.name == CredentialStore.defaultName && first.role == .worker)
    #expect(try store.serverKeys() == keys)
    #expect(try store.credentials() == [first])
    for name in ["server.key", "credentials"] {
      let path = "\(store.folder)/\(name)"
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
      #expect(mode as? Int == 0o600)
    }
  }

  @Test(arguments: [0o640, 0o604, 0o660])
  func `files that others may read are refused`(_ mode: Int) throws {
    _ = try (store.serverKeys(), store.credentials())
    for name in ["server.key", "credentials"] {
      let path = "\(store.folder)/\(name)"
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      #expect(throws: AccessError.self, "\(name)") {
        _ = try store.serverKeys()
        _ = try store.credentials()
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: store.folder)
    #expect(throws: AccessError.self) { try store.credentials() }
  }

  @Test func `an editor of Windows loses no token`() throws {
    let (keys, credentials) = (try store.serverKeys(), try store.credentials())
    for name in ["server.key", "credentials"] {
      let path = "\(store.folder)/\(name)"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacing("\n", with: "\r\n").write(toFile: path, atomically: false, encoding: .utf8)
    }
    #expect(try store.serverKeys() == keys)
    #expect(try store.credentials() == credentials)
  }

  @Test(arguments: ["", "x", "a worker 00 1 never", "zz zz zz zz zz\n"])
  func `damaged files are named and never half read`(_ text: String) throws {
    _ = try (store.serverKeys(), store.credentials())
    for name in ["server.key", "credentials"] where !(name == "credentials" && text.isEmpty) {
      let path = "\(store.folder)/\(name)"
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      let error = #expect(throws: AccessError.self, "\(name)") {
        _ = try store.credentials()
        _ = try store.serverKeys()
      }
      #expect(error?.description.contains(path) == true)
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test func `a pipe in a file's place is refused and not waited for`() throws {
    _ = try store.credentials()
    let path = "\(store.folder)/server.key"
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: AccessError.self) { try store.serverKeys() }
  }

  @Test func `an added token is there for the next reader, a removed one isn't`() throws {
    let added = try Credential(
      name: "lab-pcs", role: .status, keys: try generateKeys(), createdAt: 5, expiresAt: 9)
    try store.update { $0.append(added) }
    #expect(try store.credentials().last == added)
    #expect(added.isExpired(at: 9) && !added.isExpired(at: 8))
    try store.update { $0.removeAll { $0.name == "lab-pcs" } }
    #expect(try store.credentials().count == 1)
  }

  @Test(arguments: ["", "-x", "a b", "ä", "a\nb", String(repeating: "a", count: 65)])
  func `names that would not fit a line are refused`(_ name: String) throws {
    let keys = try generateKeys()
    #expect(throws: AccessError.self) {
      try Credential(name: name, role: .worker, keys: keys, createdAt: 0, expiresAt: nil)
    }
  }
}
