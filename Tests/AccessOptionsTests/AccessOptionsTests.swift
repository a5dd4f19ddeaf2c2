import Access
import AccessOptions
import CommandLine
import Glibc
import Options
import TestSupport
import Testing

@Suite struct AccessOptionsTests {
  private static let program = Program(
    name: "ex", version: "1.2.3", summary: "an example",
    commands: [
      Command(
        "join", "join something", positional: Positional("HOST:PORT", "where to go"),
        groups: [AccessOptions.group])
    ])

  private func door(
    to address: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> CoordinatorDoor {
    guard
      case .run(_, let settings) = try Self.program.parse(
        ["join", address] + arguments, environment: environment, readFile: { _ in "" })
    else { throw CommandLineError(.software, "help instead of settings") }
    return try AccessOptions.door(to: try #require(HostPort(address)), settings)
  }

  private func newToken() throws -> String {
    Token(server: try generateKeys().publicKey, keys: try generateKeys()).text
  }

  /// At a port where no user's program listens.
  @Test(arguments: ["127.0.0.1:1", "[::1]:1", "localhost:1"])
  func `on the same machine no token is needed`(_ address: String) throws {
    #expect(try !door(to: address).needsToken)
    #expect(try door(to: address).description == address)
  }

  @Test func `elsewhere one is`() throws {
    let error = #expect(throws: CommandLineError.self) { try door(to: "192.0.2.1:5555") }
    #expect(error?.exitCode == .refused && error?.advice.contains("tl-coord token show") == true)
    #expect(try door(to: "192.0.2.1:5555", ["--token", newToken()]).needsToken)
    #expect(try !door(to: "192.0.2.1:5555", ["--insecure"]).needsToken)
  }

  @Test func `a token comes from the command line, the environment or a file`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Array("\(try newToken())\n".utf8), to: "token")
    let broken = try folder.write(Array("tl1_broken".utf8), to: "broken")
    for path in [file, broken] { try #require(chmod(path, 0o600) == 0) }
    let variable = ["TL_TOKEN": try newToken()]
    #expect(try door(to: "127.0.0.1:5", environment: variable).needsToken)
    #expect(try door(to: "127.0.0.1:5", ["--token-file", file]).needsToken)
    try #require(chmod(file, 0o644) == 0)
    let readable = #expect(throws: CommandLineError.self) {
      try door(to: "127.0.0.1:5", ["--token-file", file])
    }
    #expect(readable?.exitCode == .configuration && readable?.advice.contains("chmod 600") == true)
    // What was typed counts before the environment.
    for arguments in [["--token-file", broken], ["--token", "tl1_broken"]] {
      let error = #expect(throws: CommandLineError.self, "\(arguments)") {
        try door(to: "127.0.0.1:5", arguments, environment: variable)
      }
      #expect(error?.exitCode == .usage)
    }
    #expect(throws: CommandLineError.self) {
      try door(to: "127.0.0.1:5", ["--token-file", folder.path + "/none"])
    }
  }
}
