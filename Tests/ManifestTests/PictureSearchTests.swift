import Foundation
import Glibc
import Manifest
import TestSupport
import Testing

/// The pictures of a folder for which nobody has labels.
@Suite final class PictureSearchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func found(_ path: String) throws -> [String] {
    try PictureSearch(in: path).paths.map { String($0.dropFirst(folder.path.count + 1)) }
  }

  @Test
  func `links to folders are followed, the folder itself may be one, and slashes end nothing`()
    throws
  {
    try folder.write(tinyPicture(1), to: "elsewhere/1.jpg")
    try folder.write(tinyPicture(2), to: "photos/2.jpg")
    for (link, destination) in [("photos/more", "../elsewhere"), ("link", "photos")] {
      try #require(symlink(destination, "\(folder.path)/\(link)") == 0)
    }
    #expect(try found("\(folder.path)/photos") == ["photos/2.jpg", "photos/more/1.jpg"])
    for end in ["", "/", "//"] {
      #expect(try found("\(folder.path)/link\(end)") == ["link/2.jpg", "link/more/1.jpg"])
    }
  }

  @Test func `a link that leads back is left out and told of`() throws {
    try folder.write(tinyPicture(1), to: "a/b/1.jpg")
    try #require(symlink("..", "\(folder.path)/a/b/up") == 0)
    try #require(symlink(".", "\(folder.path)/a/b/here") == 0)
    let search = try PictureSearch(in: "\(folder.path)/a")
    #expect(search.paths == ["\(folder.path)/a/b/1.jpg"])
    #expect(
      search.findings
        == ["here", "up"].map {
          Finding(path: "\(folder.path)/a/b/\($0)", reason: .loop)
        })
  }

  @Test func `pictures of kinds that aren't read are told of, documents aren't`() throws {
    try folder.write(tinyPicture(1), to: "x/1.jpg")
    for (name, text) in [
      ("2.cr2", "II*\0\u{10}\0\0\0CR\u{2}\0"), ("3.pgm", "P5\n1 1\n255\n0"), ("4.pdf", "%PDF-1.7"),
    ] {
      try folder.write(Array(text.utf8), to: "x/\(name)")
    }
    let search = try PictureSearch(in: "\(folder.path)/x")
    #expect(search.paths.count == 1 && search.isWhole)
    #expect(search.findings.map { $0.path.suffix(5) } == ["2.cr2", "3.pgm"])
    #expect(search.findings.first?.description.contains("raw file; develop it") == true)
  }

  @Test func `names and first bytes make pictures, hidden files and rubbish make none`() throws {
    for name in ["a.HEIC", "b.avif", "c.jfif", "empty.jpg", "text.png"] {
      try folder.write([], to: "x/\(name)")
    }
    try folder.write(tinyPicture(1), to: "x/without-ending")
    for name in [".hidden.jpg", ".git/1.jpg", "@eaDir/1.jpg", "__MACOSX/1.jpg"] {
      try folder.write(tinyPicture(2), to: "x/\(name)")
    }
    for name in ["notes.txt", "jpg"] { try folder.write(Array("text".utf8), to: "x/\(name)") }
    // Told of by whoever can't read them.
    try #require(symlink("nowhere", "\(folder.path)/x/gone.jpg") == 0)
    try #require(mkfifo("\(folder.path)/x/pipe.jpg", 0o600) == 0)
    try #require(mkfifo("\(folder.path)/x/pipe", 0o600) == 0)
    #expect(
      try found("\(folder.path)/x")
        == [
          "a.HEIC", "b.avif", "c.jfif", "empty.jpg", "gone.jpg", "pipe.jpg", "text.png",
          "without-ending",
        ].map { "x/\($0)" })
  }

  @Test func `paths are in the order of their bytes, whatever folder they are in`() throws {
    for name in ["a/1.jpg", "a.jpg", "a-b.jpg", "B.jpg", "é.jpg"] {
      try folder.write(tinyPicture(1), to: "x/\(name)")
    }
    #expect(
      try found("\(folder.path)/x")
        == ["B.jpg", "a-b.jpg", "a.jpg", "a/1.jpg", "é.jpg"].map { "x/\($0)" })
  }

  @Test func `a folder that isn't there is named`() {
    let path = "\(folder.path)/nowhere"
    #expect(throws: ManifestError.unreadableFolder(path, errorNumber: ENOENT)) {
      try PictureSearch(in: path)
    }
  }
}
