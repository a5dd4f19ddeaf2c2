import Foundation
import Manifest
import TestSupport
import Testing

private func picture(_ number: UInt8) -> [UInt8] { [0xff, 0xd8, 0xff, 0xe0, number] }

struct FolderErrorTests {
  private func error(of path: String) -> ManifestError? {
    do {
      _ = try Manifest.read(folder: path, threads: 2)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a missing folder and a file in its place are named`() throws {
    let folder = try TemporaryFolder()
    let missing = "\(folder.path)/missing"
    #expect(error(of: missing) == .unreadableFolder(missing, errorNumber: ENOENT))
    let file = try folder.write(picture(1), to: "file")
    #expect(error(of: file) == .unreadableFolder(file, errorNumber: ENOTDIR))
    #expect(error(of: file)?.description.contains(file) == true)
  }

  @Test func `no class, one class and an empty class are errors`() throws {
    let folder = try TemporaryFolder()
    #expect(error(of: folder.path) == .noClasses(folder: folder.path))
    try folder.write(picture(1), to: "a/1.jpg")
    #expect(error(of: folder.path) == .oneClass("a", folder: folder.path))
    try folder.write(Array("text".utf8), to: "b/notes.txt")
    #expect(error(of: folder.path) == .emptyClass("b"))
  }

  @Test func `the same content in two classes names both files`() throws {
    let folder = try TemporaryFolder()
    try folder.write(picture(1), to: "a/1.jpg")
    try folder.write(picture(2), to: "b/1.jpg")
    try folder.write(picture(1), to: "b/2.jpg")
    #expect(error(of: folder.path) == .contentInTwoClasses("a/1.jpg", "b/2.jpg"))
  }

  @Test func `folders too deep inside each other are refused`() throws {
    let folder = try TemporaryFolder()
    try folder.write(picture(1), to: "a/1.jpg")
    let allowed = "b/" + String(repeating: "f/", count: ManifestLimits.depthMax)
    try folder.write(picture(2), to: "\(allowed)1.jpg")
    #expect(error(of: folder.path) == nil)
    try folder.write(picture(3), to: "\(allowed)f/1.jpg")
    #expect(error(of: folder.path) == .tooDeep("\(allowed)f"))
  }

  @Test func `a class with an unprintable name is refused`() throws {
    let folder = try TemporaryFolder()
    try folder.write(picture(1), to: "a\nb/1.jpg")
    #expect(error(of: folder.path) == .invalidClassName("a\nb"))
    #expect(error(of: folder.path)?.description.contains("\n") == false)
  }
}
