import Archive
import Foundation
import TestSupport
import Testing

typealias Item = ArchiveWriting.Item

struct UnpackingTests {
  private static let limits = UnpackingRules.Limits(byteCountMax: 100_000, entryCountMax: 100)

  private static let items = [
    Item("photos/", type: "5"), Item("photos/LICENSE.txt", Array("free".utf8)),
    Item("photos/roses/1.jpg", [1, 2, 3]), Item("photos/roses/2.jpg", []),
    Item("photos/tulips/größer.jpg", [UInt8](repeating: 7, count: 50_000)),
  ]

  /// Unpacks into a new folder below the given one; what it holds then, sorted.
  private func unpack(
    _ archive: [UInt8], in folder: borrowing TemporaryFolder, limits: UnpackingRules.Limits = limits
  ) throws -> [String] {
    let file = try folder.write(archive, to: "archive")
    let target = folder.path + "/unpacked"
    try? FileManager.default.removeItem(atPath: target)
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try Unpacking.unpack(file, into: target, limits: limits)
    return try FileManager.default.subpathsOfDirectory(atPath: target).sorted()
  }

  @Test(arguments: [
    ArchiveWriting.tar(items), ArchiveWriting.gzip(ArchiveWriting.tar(items)),
    ArchiveWriting.zip(items),
  ])
  func `all that is in an archive comes out as it was`(_ archive: [UInt8]) throws {
    let folder = try TemporaryFolder()
    let names = try unpack(archive, in: folder)
    #expect(
      names == [
        "photos", "photos/LICENSE.txt", "photos/roses", "photos/roses/1.jpg", "photos/roses/2.jpg",
        "photos/tulips", "photos/tulips/größer.jpg",
      ])
    for item in Self.items where item.type == "0" {
      #expect(try folder.read("unpacked/" + item.path) == item.bytes, "\(item.path)")
    }
  }

  /// Swift takes a slash with an accent for one character that is no slash; the system doesn't.
  @Test(arguments: ["../\u{301}x", "a/../../\u{301}x", "/\u{301}x"])
  func `no accent behind a slash leads out of the folder`(_ path: String) throws {
    for archive in [ArchiveWriting.tar([Item(path, [1])]), ArchiveWriting.zip([Item(path, [1])])] {
      let folder = try TemporaryFolder()
      #expect(throws: ArchiveError.self) { try unpack(archive, in: folder) }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["archive", "unpacked"])
    }
  }

  @Test func `the system's own tar and gzip are read`() throws {
    let folder = try TemporaryFolder()
    try folder.write([UInt8](repeating: 3, count: 70_000), to: "from/a/1.jpg")
    try folder.write([9], to: "from/b/2.jpg")
    let made = try RunningCommand.run(
      "/usr/bin/env", ["tar", "-czf", folder.path + "/made.tgz", "-C", folder.path + "/from", "."])
    try #require(made.exitCode == 0, "\(made)")
    let names = try unpack(try folder.read("made.tgz"), in: folder)
    #expect(names == ["a", "a/1.jpg", "b", "b/2.jpg"])
  }

  @Test(arguments: [
    Item("../outside.jpg", [1]), Item("a/../../outside.jpg", [1]), Item("/tmp/outside.jpg", [1]),
    Item("a/..", type: "5"), Item("a/link", type: "2", linkTarget: "../.."),
    Item("a/hard", type: "1", linkTarget: "../outside.jpg"), Item("a/device", type: "3"),
    Item("a/pipe", type: "6"), Item("a\\..\\b", [1]), Item("a/\u{1B}[2J", [1]),
    Item(String(repeating: "x/", count: 20) + "deep.jpg", [1]), Item("a/1.jpg", [2]),
  ])
  func `an archive with anything but files in folders is refused`(_ item: Item) throws {
    let folder = try TemporaryFolder()
    let around = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    for archive in [
      ArchiveWriting.tar([Item("a/1.jpg", [1]), item]),
      ArchiveWriting.zip([Item("a/1.jpg", [1]), item]),
    ] {
      // ZIP has neither hard links nor devices.
      if archive.starts(with: [0x50, 0x4B]), "1367".contains(item.type) { continue }
      #expect("\(item)") {
        _ = try unpack(archive, in: folder)
      } throws: { error in
        (error as? ArchiveError)?.kind == .refused
      }
      let links = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
        let path = "\(folder.path)/\($0)"
        return try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
          == .typeSymbolicLink
      }
      #expect(links.isEmpty)
      let now = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(now).subtracting(around) == ["archive", "unpacked"])
    }
  }

  @Test func `a link is not followed by a later entry, for it was refused before`() throws {
    let folder = try TemporaryFolder()
    let archive = ArchiveWriting.tar([
      Item("a", type: "2", linkTarget: folder.path), Item("a/outside.jpg", [1]),
    ])
    #expect(throws: ArchiveError.self) { _ = try unpack(archive, in: folder) }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/outside.jpg"))
  }

  @Test func `more bytes than allowed are refused, claimed or not`() throws {
    let folder = try TemporaryFolder()
    let limits = UnpackingRules.Limits(byteCountMax: 1_000, entryCountMax: 10)
    let honest = ArchiveWriting.tar([Item("a/1", [UInt8](repeating: 0, count: 1_001))])
    #expect(throws: ArchiveError.self) { _ = try unpack(honest, in: folder, limits: limits) }
    let fits = ArchiveWriting.tar([
      Item("a/1", [UInt8](repeating: 0, count: 500)),
      Item("a/2", [UInt8](repeating: 0, count: 500)),
    ])
    #expect(try unpack(fits, in: folder, limits: limits) == ["a", "a/1", "a/2"])
    let together = ArchiveWriting.tar([
      Item("a/1", [UInt8](repeating: 0, count: 500)),
      Item("a/2", [UInt8](repeating: 0, count: 501)),
    ])
    #expect(throws: ArchiveError.self) { _ = try unpack(together, in: folder, limits: limits) }
  }

  @Test func `a bomb of zeros stops at the limit`() throws {
    let folder = try TemporaryFolder()
    try folder.write([UInt8](repeating: 0, count: 32 << 20), to: "from/zeros")
    let made = try RunningCommand.run(
      "/usr/bin/env", ["tar", "-czf", folder.path + "/bomb.tgz", "-C", folder.path + "/from", "."])
    try #require(made.exitCode == 0, "\(made)")
    let bomb = try folder.read("bomb.tgz")
    #expect(bomb.count < 100_000)
    #expect(throws: ArchiveError.self) { _ = try unpack(bomb, in: folder) }
    let unpacked = folder.path + "/unpacked"
    for name in try FileManager.default.subpathsOfDirectory(atPath: unpacked) {
      let file = try FileManager.default.attributesOfItem(atPath: "\(unpacked)/\(name)")
      #expect((file[.size] as? Int ?? .max) <= Self.limits.byteCountMax)
    }
  }

  @Test func `what an archive claims of its size doesn't count, what comes out of it does`() throws
  {
    for claimed in [nil, 10] as [Int?] {
      var rules = UnpackingRules(.init(byteCountMax: 1_000, entryCountMax: 10))
      #expect(try rules.admit(ArchiveEntry(path: "a", kind: .file, byteCount: claimed)) != nil)
      try rules.take(byteCount: 1_000)
      let error = #expect(throws: ArchiveError.self) { try rules.take(byteCount: 1) }
      #expect(error?.kind == .refused)
    }
    var rules = UnpackingRules(.init(byteCountMax: 1_000, entryCountMax: 10))
    for claimed in [1_001, .max] {
      #expect(throws: ArchiveError.self) {
        _ = try rules.admit(ArchiveEntry(path: "a", kind: .file, byteCount: claimed))
      }
    }
  }

  @Test func `more entries than allowed are refused`() throws {
    let folder = try TemporaryFolder()
    let limits = UnpackingRules.Limits(byteCountMax: 1_000, entryCountMax: 10)
    let many = (0..<11).map { Item("a/\($0)", [1]) }
    #expect(throws: ArchiveError.self) {
      _ = try unpack(ArchiveWriting.tar(many), in: folder, limits: limits)
    }
    #expect(try unpack(ArchiveWriting.zip(many.dropLast()), in: folder, limits: limits).count == 11)
  }

  @Test func `a damaged archive is told as such, wherever it is cut or changed`() throws {
    let folder = try TemporaryFolder()
    for archive in [
      ArchiveWriting.gzip(ArchiveWriting.tar(Self.items)), ArchiveWriting.zip(Self.items),
    ] {
      for count in [1, archive.count / 3, archive.count / 2, archive.count - 600] {
        #expect(throws: ArchiveError.self, "cut to \(count) bytes") {
          _ = try unpack(Array(archive.prefix(count)), in: folder)
        }
      }
    }
  }

  @Test func `a changed bit in a ZIP archive is noticed`() throws {
    let folder = try TemporaryFolder()
    var archive = ArchiveWriting.zip(Self.items)
    archive[archive.count / 2] ^= 0x40
    #expect(throws: ArchiveError.self) { _ = try unpack(archive, in: folder) }
  }

  @Test func `what is no archive is told as such`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ArchiveError.self) {
      _ = try unpack(Array("<!DOCTYPE html><html>a web page</html>".utf8), in: folder)
    }
  }

  @Test func `a folder that can't be written is named`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(ArchiveWriting.tar(Self.items), to: "archive")
    let error = #expect(throws: ArchiveError.self) {
      try Unpacking.unpack(file, into: folder.path + "/nowhere", limits: Self.limits)
    }
    #expect(error?.kind == .unwritable)
    #expect(error?.reason.contains("/nowhere") == true)
  }
}
