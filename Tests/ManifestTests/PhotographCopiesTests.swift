import Digest
import Foundation
import Glibc
import Manifest
import TestSupport
import Testing

/// Photographs of a manifest that lie in a folder of somebody else's.
@Suite final class PhotographCopiesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func entry(_ bytes: [UInt8], _ path: String = "roses/1.jpg") -> Manifest.Entry {
    Manifest.Entry(
      path: path, classIndex: 0, byteCount: UInt64(bytes.count), digest: .sha256(bytes))
  }

  @Test func `one is found at its path`() throws {
    try folder.write([1, 2, 3], to: "roses/1.jpg")
    var copies = PhotographCopies(in: folder.path)
    #expect(copies.bytes(of: entry([1, 2, 3])) == [1, 2, 3])
  }

  @Test func `one is found under another name, among others of its size`() throws {
    for number in 0..<5 as Range<UInt8> { try folder.write([number, 9], to: "a/b/\(number)") }
    var copies = PhotographCopies(in: folder.path)
    #expect(copies.bytes(of: entry([3, 9])) == [3, 9])
    #expect(copies.bytes(of: entry([4, 9])) == [4, 9])
    #expect(copies.bytes(of: entry([7, 9])) == nil)
  }

  @Test func `other bytes at its path aren't it, and a copy elsewhere is`() throws {
    try folder.write([1, 2, 4], to: "roses/1.jpg")
    try folder.write([1, 2, 3], to: "tulips/2.jpg")
    var copies = PhotographCopies(in: folder.path)
    #expect(copies.bytes(of: entry([1, 2, 3])) == [1, 2, 3])
    #expect(copies.bytes(of: entry([1, 2])) == nil)
  }

  @Test func `a folder that leads into itself, a pipe and a missing folder are no photographs`()
    throws
  {
    try folder.write([5], to: "inner/5")
    try #require(symlink(folder.path, folder.path + "/inner/again") == 0)
    try #require(mkfifo(folder.path + "/roses", 0o600) == 0)
    var copies = PhotographCopies(in: folder.path)
    #expect(copies.bytes(of: entry([5])) == [5])
    #expect(copies.bytes(of: entry([6])) == nil)
    var none = PhotographCopies(in: folder.path + "/nowhere")
    #expect(none.bytes(of: entry([5])) == nil)
  }
}
