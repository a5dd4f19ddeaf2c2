import Access
import Foundation
import Glibc
import TestSupport
import Testing
import Wire
import ZeroMQ

/// Who gets into a coordinator, and who doesn't, while a worker goes on working.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct NetworkAccessTests {
  /// A coordinator's user with keys of its own.
  private final class User {
    let environment: [String: String]
    let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
      // A runtime folder's path is short.
      let runtime = "/tmp/tl-user-\(UUID().uuidString.prefix(8))"
      try FileManager.default.createDirectory(
        atPath: runtime, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      environment = ["XDG_STATE_HOME": folder.path + "/state", "XDG_RUNTIME_DIR": runtime]
    }

    func token(_ arguments: String...) throws -> String {
      let outcome = try RunningCommand.run(
        "tl-coord", ["token"] + arguments, environment: environment)
      #expect(outcome.exitCode == 0, "\(outcome)")
      return String(outcome.output.prefix { !$0.isNewline })
    }

    deinit { try? FileManager.default.removeItem(atPath: environment["XDG_RUNTIME_DIR"]!) }
  }

  /// A worker of somebody else, who shares nothing with the coordinator's user.
  private func join(
    _ address: String, _ arguments: [String], retrySeconds: Int = 30
  ) throws -> RunningCommand {
    try RunningCommand(
      "tl-worker",
      ["join", address, "--threads", "1", "--retry-max-seconds", "\(retrySeconds)"] + arguments)
  }

  @Test func `workers join with a token over the network and with none on the same machine`() throws
  {
    let user = try User()
    let token = try user.token("show")
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(
      run: "tokens", ["--min-workers", "4"], environment: user.environment)
    let address = try coordinator.address()
    let file = try cluster.folder.write(Array((token + "\n").utf8), to: "token")
    try #require(chmod(file, 0o600) == 0)
    let workers = [
      try cluster.startWorker(address, environment: user.environment),
      try join(address, ["--token", token]), try join(address, ["--token-file", file]),
      try RunningCommand(
        "tl-worker", ["join", address, "--threads", "1"], environment: ["TL_TOKEN": token]),
    ]
    let expected = try Cluster.undisturbedHead.get()
    #expect(try coordinator.finishedHead() == expected)
    for worker in workers { #expect(try worker.waitForExit().exitCode == 0) }
  }

  @Test func `workers join at each of several addresses, and strangers at none`() throws {
    let user = try User()
    let token = try user.token("show")
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(
      run: "several", ["--min-workers", "3"], listen: "127.0.0.1:0,127.0.0.2:0",
      environment: user.environment)
    let addresses = try coordinator.address().split(separator: ",").map(String.init)
    try #require(addresses.count == 2)
    let ports = addresses.map { $0.split(separator: ":").last }
    #expect(addresses[0].hasPrefix("127.0.0.1:") && addresses[1].hasPrefix("127.0.0.2:"))
    for address in addresses {
      let outcome = try join(address, ["--insecure"]).waitForExit()
      #expect(outcome.exitCode == 77, "\(address): \(outcome)")
    }
    // This user's own are let in at each port without a token.
    let workers = [
      try join(addresses[0], ["--token", token]), try join(addresses[1], ["--token", token]),
      try cluster.startWorker("127.0.0.1:\(ports[1]!)", environment: user.environment),
    ]
    let expected = try Cluster.undisturbedHead.get()
    #expect(try coordinator.finishedHead() == expected)
    for worker in workers { #expect(try worker.waitForExit().exitCode == 0) }
  }

  @Test func `strangers are turned away while training goes on undisturbed`() throws {
    let user = try User()
    let other = try User()
    let expired = try user.token("add", "late", "--expires", "1m")
    let revoked = try user.token("add", "gone")
    _ = try user.token("revoke", "gone")
    try expire("late", user)
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "strangers", environment: user.environment)
    let address = try coordinator.address()

    for arguments in [
      ["--token", revoked], ["--token", expired], ["--token", try other.token("show")],
      ["--insecure"],
    ] {
      let outcome = try join(address, arguments).waitForExit()
      #expect(outcome.exitCode == 77, "\(arguments): \(outcome)")
    }
    // Of another user of the same machine, who has no token.
    let stranger = try RunningCommand.run(
      "tl-worker", ["join", address, "--stay"], environment: other.environment)
    expectFailure(stranger, 77, "needs a token", "tl-coord token show")
    let look = try RunningCommand.run(
      "tl-coord", ["status", address, "--token", revoked], environment: other.environment)
    expectFailure(look, 69, "doesn't answer whoever has this token", "revoked")

    let worker = try cluster.startWorker(address, environment: user.environment)
    try coordinator.waitForEpoch(0)
    let strangers = try Strangers(address)
    defer { strangers.hangUp() }
    let expected = try Cluster.undisturbedHead.get()
    #expect(try coordinator.finishedHead() == expected)
    #expect(try worker.waitForExit().exitCode == 0)
    let log = try cluster.log(run: "strangers").filter { "\($0.event)".contains("turned away") }
    #expect((1...2).contains(log.count), "\(log)")
  }

  @Test func `a worker whose token is revoked is put out`() throws {
    let user = try User()
    let token = try user.token("add", "lab")
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(
      run: "revoked", epochs: 20_000, environment: user.environment)
    let guest = try join(try coordinator.address(), ["--token", token])
    try coordinator.waitForEpoch(0)
    _ = try user.token("revoke", "lab")
    let outcome = try guest.waitForExit()
    #expect(outcome.exitCode == 77 && outcome.errors.contains("revoked"), "\(outcome)")
    coordinator.command.send(signal: SIGTERM)
    #expect(try coordinator.command.waitForExit().exitCode == 75)
  }

  @Test func `a token for looking looks and does nothing else`() throws {
    let user = try User()
    let token = try user.token("add", "screen", "--role", "status")
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "looking", environment: user.environment)
    let address = try coordinator.address()
    let look = try RunningCommand.run("tl-coord", ["status", address, "--token", token, "--json"])
    #expect(look.exitCode == 0 && look.output.contains("waiting_for_workers"), "\(look)")
    let outcome = try join(address, ["--token", token]).waitForExit()
    #expect(outcome.exitCode == 77 && outcome.errors.contains("may only look"), "\(outcome)")
    let joined = try cluster.log(run: "looking").contains {
      if case .workerJoined = $0.event { true } else { false }
    }
    #expect(!joined)
    coordinator.command.send(signal: SIGTERM)
    #expect(try coordinator.command.waitForExit().exitCode == 75)
  }

  @Test func `without encryption everybody may join, and is warned`() throws {
    let bench = try Workbench()
    let coordinator = try bench.startInBackground(
      "--insecure", "--local-workers", "0", "--advertise", "192.0.2.7:99")
    try coordinator.waitForLine(containing: "tl-worker join 192.0.2.7:99 --insecure")
    try coordinator.waitForLine(containing: "nothing is encrypted")
    coordinator.send(signal: SIGTERM)
    #expect(try coordinator.waitForExit().exitCode == 75)
  }

  @Test func `a second coordinator can't take the place of the first's socket`() throws {
    let user = try User()
    let cluster = try Cluster()
    let first = try cluster.startCoordinator(run: "first", environment: user.environment)
    let port = try first.address().split(separator: ":").last!
    let second = try cluster.startCoordinator(
      run: "second", listen: "127.0.0.2:\(port)", environment: user.environment)
    let outcome = try second.command.waitForExit()
    #expect(outcome.exitCode == 69 && outcome.errors.contains("another port"), "\(outcome)")
    try first.kill()
    // What a killed one left behind is in nobody's way.
    let third = try cluster.startCoordinator(
      run: "third", listen: "127.0.0.1:\(port)", environment: user.environment)
    _ = try third.address()
    try third.kill()
  }

  /// Lets a token's time be over.
  private func expire(_ name: String, _ user: User) throws {
    let store = CredentialStore(user.environment)
    try store.update { (all) throws(AccessError) in
      let place = all.firstIndex { $0.name == name }!
      all[place] = try Credential(
        name: name, role: all[place].role, keys: all[place].keys, createdAt: 1, expiresAt: 2)
    }
  }
}

/// Connections that say something else than they should, or nothing.
private final class Strangers {
  private var descriptors: [Int32] = []

  init(_ address: String) throws {
    let endpoint = try Endpoint(address)
    var random = SystemRandomNumberGenerator()
    let noise = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &random) }
    let greeting: [UInt8] =
      [0xff] + [UInt8](repeating: 0, count: 8) + [0x7f, 3, 0] + Array("NULL".utf8)
      + [UInt8](repeating: 0, count: 48)
    let clientHello: [UInt8] = [0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3] + noise.prefix(194)
    let sayings: [[UInt8]] = [
      Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), clientHello, noise, greeting,
      greeting + noise, [0xff], Array("SSH-2.0-OpenSSH_9.2\r\n".utf8),
    ]
    for number in 0..<570 {
      let descriptor = try connect(endpoint.port)
      descriptors.append(descriptor)
      guard number < 70 else { continue }
      let saying = sayings[number % sayings.count]
      // Safe: the array's own bytes. Whether they are taken is the other side's business.
      _ = unsafe saying.withUnsafeBytes {
        unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
    }
  }

  private func connect(_ port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0, "no connection: \(errno)")
    return descriptor
  }

  func hangUp() {
    for descriptor in descriptors { close(descriptor) }
    descriptors = []
  }
}
