import Access
import Foundation
import TestSupport
import Testing
import ZeroMQ

@Suite final class LocalSocketTests {
  private let folder: TemporaryFolder
  private let environment: [String: String]
  /// Where the sockets of port 5555 lie.
  private let place: String

  init() throws {
    folder = try TemporaryFolder()
    environment = ["XDG_RUNTIME_DIR": folder.path, "XDG_STATE_HOME": "\(folder.path)/state"]
    place = "\(folder.path)/tl/5555"
  }

  @Test func `a coordinator is found by its port for as long as it has the place`() throws {
    do {
      let (socket, claim) = try LocalSocket.claim(port: 5555, environment)
      #expect(socket.folder == place)
      #expect(LocalSocket.find(port: 5555, environment)?.folder == place)
      #expect(LocalSocket.find(port: 5556, environment) == nil)
      withExtendedLifetime(claim) {}
    }
    #expect(LocalSocket.find(port: 5555, environment) == nil)
    #expect(!FileManager.default.fileExists(atPath: place))
  }

  @Test func `two coordinators don't share a place`() throws {
    let (_, claim) = try LocalSocket.claim(port: 5555, environment)
    let error = #expect(throws: AccessError.self) {
      try LocalSocket.claim(port: 5555, environment)
    }
    #expect(error?.code == .inUse)
    withExtendedLifetime(claim) {}
  }

  @Test func `what a killed coordinator left behind is in nobody's way`() throws {
    try FileManager.default.createDirectory(
      atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for name in ["lock", "coordinator"] {
      #expect(FileManager.default.createFile(atPath: "\(place)/\(name)", contents: nil))
    }
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o700], ofItemAtPath: "\(folder.path)/tl")
    #expect(LocalSocket.find(port: 5555, environment) == nil)
    let context = try Context()
    let (socket, claim) = try LocalSocket.claim(port: 5555, environment)
    let router = try Socket(.router, in: context)
    try router.bind(socket.address)
    withExtendedLifetime(claim) {}
  }

  @Test func `a folder that others may enter is refused, and the next one taken`() throws {
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/tl", withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    let (socket, claim) = try LocalSocket.claim(port: 5555, environment)
    #expect(socket.folder == "\(folder.path)/state/tl/sockets/5555")
    #expect(LocalSocket.find(port: 5555, environment)?.folder == socket.folder)
    withExtendedLifetime(claim) {}
  }

  @Test func `a path that no socket can have is passed over`() throws {
    let long = "\(folder.path)/\(String(repeating: "x", count: 100))"
    try FileManager.default.createDirectory(atPath: long, withIntermediateDirectories: true)
    let (socket, claim) = try LocalSocket.claim(
      port: 5555, ["XDG_RUNTIME_DIR": long, "XDG_STATE_HOME": folder.path])
    #expect(socket.folder == "\(folder.path)/tl/sockets/5555")
    withExtendedLifetime(claim) {}
  }
}
