import Access
import TestSupport
import Testing
import ZeroMQ

/// Whose the coordinator is that listens at a port of this machine.
@Suite final class ForeignCoordinatorTests {
  private let folder: TemporaryFolder
  private let context: Context

  init() throws {
    folder = try TemporaryFolder()
    context = try Context()
  }

  /// Of a user who has sockets and keys of their own.
  private func environment(of user: String) -> [String: String] {
    ["XDG_RUNTIME_DIR": "\(folder.path)/\(user)", "XDG_STATE_HOME": "\(folder.path)/\(user)/state"]
  }

  @Test func `one that asks for a token and has no socket of this user's is another's`() throws {
    let socket = try Socket(.router, in: context)
    try socket.requireCurve(secretKey: generateKeys().secretKey, domain: Gate.networkDomain)
    let endpoint = try socket.bind(Endpoint(host: "127.0.0.1", port: 0))
    let (own, other) = (environment(of: "own"), environment(of: "other"))
    let (_, claim) = try LocalSocket.claim(port: endpoint.port, own)
    #expect(!CoordinatorDoor.isForeign(endpoint, own))
    #expect(CoordinatorDoor.isForeign(endpoint, other, patienceMilliseconds: 500))
    withExtendedLifetime(claim) {}
  }

  @Test func `one that lets in everybody, and a port where nobody listens, are nobody's`() throws {
    let socket = try Socket(.router, in: context)
    let endpoint = try socket.bind(Endpoint(host: "127.0.0.1", port: 0))
    #expect(!CoordinatorDoor.isForeign(endpoint, environment(of: "other")))
    #expect(
      !CoordinatorDoor.isForeign(Endpoint(host: "127.0.0.1", port: 1), environment(of: "other")))
  }
}
