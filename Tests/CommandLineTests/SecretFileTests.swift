import CommandLine
import Glibc
import TestSupport
import Testing

@Suite final class SecretFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(mode: mode_t) throws -> String {
    // As it is, and not as a URL has it.
    let path = "\(folder.path)/it's a key"
    try folder.write(Array("a secret\n".utf8), to: "it's a key")
    try #require(chmod(path, mode) == 0)
    return path
  }

  @Test(arguments: [0o600, 0o400]) func `what only its owner may read is read`(mode: mode_t) throws
  {
    #expect(try readSecretFile(at: file(mode: mode)) == "a secret\n")
  }

  @Test(arguments: [0o644, 0o640, 0o604, 0o620, 0o777])
  func `what others may read or write is refused, with what mends it`(mode: mode_t) throws {
    let path = try file(mode: mode)
    let error = #expect(throws: CommandLineError.self) { try readSecretFile(at: path) }
    let octal = String(mode, radix: 8)
    #expect(error?.exitCode == .configuration)
    #expect(error?.message.contains("its mode is \(octal)") == true, "\(error?.message ?? "")")
    let quoted = path.replacing("'", with: "'\\''")
    #expect(error?.advice.contains("chmod 600 '\(quoted)'") == true, "\(error?.advice ?? "")")
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
  func `a file of another user is as its owner has it`() throws {
    let path = try file(mode: 0o644)
    try #require(chown(path, 65_534, 65_534) == 0)
    #expect(try readSecretFile(at: path) == "a secret\n")
  }

  @Test func `what isn't there is named`() {
    let error = #expect(throws: CommandLineError.self) { try readSecretFile(at: "nowhere") }
    #expect(error?.message.contains("nowhere") == true)
  }
}
