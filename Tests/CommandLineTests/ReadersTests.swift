import CommandLine
import Glibc
import TestSupport
import Testing

/// Where secrets aren't written.
@Suite struct ReadersTests {
  private func isRead(mode: mode_t, _ environment: [String: String] = [:]) throws -> Bool {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "output")
    try #require(chmod(path, mode) == 0)
    let descriptor = open(path, O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    return isReadByOthers(descriptor, environment)
  }

  @Test func `a file is read by those whom its mode lets in`() throws {
    #expect(try !isRead(mode: 0o600))
    #expect(try !isRead(mode: 0o611))
    #expect(try isRead(mode: 0o644))
    #expect(try isRead(mode: 0o640))
  }

  @Test func `a pipe is read by whom it was made for, unless it is the journal`() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    #expect(!isReadByOthers(ends[1], [:]))
    var status = stat()
    try #require(fstat(ends[1], &status) == 0)
    #expect(isReadByOthers(ends[1], ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]))
    #expect(!isReadByOthers(ends[1], ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino + 1)"]))
  }
}
