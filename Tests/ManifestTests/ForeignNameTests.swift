import Glibc
import Manifest
import TestSupport
import Testing

@Suite final class ForeignNameTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file below the folder, whose name is these bytes.
  private func make(_ name: [UInt8], _ content: [UInt8]) throws {
    let path = (Array("\(folder.path)/".utf8) + name + [0]).map { CChar(bitPattern: $0) }
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(write(descriptor, content, content.count) == content.count)
  }

  private let bad = Array("a/bad".utf8) + [0xff] + Array(".jpg".utf8)

  @Test func `a text stands for a name that isn't UTF-8 only where there is one`() throws {
    try folder.write(tinyPicture(1), to: "a/1.jpg")
    try folder.write(tinyPicture(2), to: "a/really\u{fffd}.jpg")
    try make(bad, tinyPicture(3))
    #expect(ForeignName.isMeant(by: "\(folder.path)/a/bad\u{fffd}.jpg"))
    for name in [
      "a/1.jpg", "a/none.jpg", "a/really\u{fffd}.jpg", "a/none\u{fffd}.jpg",
      "b\u{fffd}/bad\u{fffd}.jpg",
    ] {
      #expect(!ForeignName.isMeant(by: "\(folder.path)/\(name)"), "\(name)")
    }
  }

  @Test func `a name that isn't UTF-8 is left out of a dataset, and told to be renamed`() throws {
    try folder.write(tinyPicture(1), to: "a/1.jpg")
    try folder.write(tinyPicture(2), to: "b/1.jpg")
    try make(bad, tinyPicture(3))
    let dataset = try Dataset(reading: .init(folder.path), threads: 1)
    #expect(
      dataset.findings.map(\.description) == [
        "a/bad\u{fffd}.jpg is left out: its name is not UTF-8: rename it (convmv does that for whole folders)"
      ])
    #expect(dataset.manifest.entries.map(\.path) == ["a/1.jpg", "b/1.jpg"])
  }

  @Test func `several such names are told of as that, and a folder with all that is in it`() throws
  {
    try folder.write(tinyPicture(1), to: "a/1.jpg")
    try folder.write(tinyPicture(2), to: "b/1.jpg")
    try make(bad, tinyPicture(3))
    let inner = (Array("\(folder.path)/b/in".utf8) + [0xff, 0]).map { CChar(bitPattern: $0) }
    try #require(mkdir(inner, 0o700) == 0)
    try make(Array("b/in".utf8) + [0xff] + Array("/2.jpg".utf8), tinyPicture(4))
    let findings = try Dataset(reading: .init(folder.path), threads: 1).findings
    #expect(
      findings.map(\.description).contains(
        "b/in\u{fffd} is left out with all that is in it: its name is not UTF-8: rename it (convmv does that "
          + "for whole folders)"))
    #expect(
      Finding.summaries(of: findings).map(\.text) == [
        "2 files or folders have names that aren't UTF-8, are too long or have control characters, and are "
          + "left out with all that is in them (rename them; convmv does that for whole folders): "
          + "a/bad\u{fffd}.jpg, b/in\u{fffd}"
      ])
    #expect(
      try PictureSearch(in: folder.path).findings.map(\.reason) == [.closedFolder(isUTF8: false)])
  }
}
